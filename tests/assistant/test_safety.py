"""Which sentences are cries for help, and which only talk of such things."""

from __future__ import annotations

import pytest

from lifecircle.assistant.replies import Hotline
from lifecircle.assistant.safety import emergency, numbers_beside
from lifecircle.catalogue.text import fold

CRIES = {
    "119": [
        *(
            "我买了火灾保险，现在家里着火了",
            "厨房起火了",
            "闻到煤气味",
            "瓦斯外洩",
            "瓦斯漏氣",
            "煤气漏了",
            "被困电梯里了",
        ),
        *("我们困在电梯里", "楼下冒浓烟", "油锅着火了怎么办", "燃气泄漏怎么办", "打119", "邻居家冒烟了", "电梯困人了"),
    ],
    "120": [
        *(
            "刚上完急救课程，我爸昏倒了没呼吸",
            "胸口有点疼",
            "我妈突然说不出话来，半边身子不能动",
            "触电了",
            "有人溺水了",
        ),
        *("血流不止", "我奶奶没气了", "老爷子没反应了", "他喝了农药", "孩子发烧40度", "快叫救护车", "救护车"),
        *("噎住了", "我想死", "想跳楼", "活着没意思", "我不想活了", "我爸晕倒了医保卡在哪，快来人", "老伴摔倒起不来"),
        *(
            "孩子掉河里了",
            "我爸中风了",
            "误食了洗洁精",
            "鱼刺卡住喉咙",
            "喘不上气",
            "胸口疼得厉害",
            "叫不醒我妈",
            "我爸突然倒地了",
            "老人跌倒了爬不起来",
            "孩子吞了电池",
            "孩子烫伤了很严重",
            "孩子从楼上掉下来了",
            "他想不开",
        ),
    ],
    "110": [
        *("有小偷", "老人走失怎么办", "家里进贼了", "家里进贼了怎么办", "有人闖進我家", "孩子不见了", "老公打我"),
        *("有人拿刀", "我妈走丢了", "被抢了", "救命", "老公家暴我", "老头子走丢了", "救救我"),
    ],
    "122": ["出车祸了", "撞车了", "被车撞了"],
}
ONLY_TALK = [
    *("快递员打我电话没接到", "他打我手机我没听见", "煤气灶打不着火", "预约中风康复", "中风后遗症能办残疾证吗"),
    *("食物中毒怎么赔偿", "消防讲座", "附近的火锅店", "110平米打扫多少钱", "家暴怎么申请法律援助", "消防演练什么时候"),
    *("心梗怎么预防", "想听急救知识讲座", "我想学急救", "火灾保险怎么买", "急救课程在哪报名", "被车撞了医保给报吗"),
    *("上班路上被车撞了算工伤吗", "家里着火了政府管不管", "老人证丢了", "孩子丢了身份证", "轮胎没气了", "手机没反应了"),
    *("年轻生活真好", "想死你了", "跳楼价大甩卖", "送煤气", "煤气费怎么交", "防溺水宣传", "感动得说不出话", "热死了"),
    *(
        "我爸晕车",
        "送到青石路119号",
        "120块钱一次吗",
        "救护车怎么收费",
        "约保洁",
        "养老金怎么认证",
        "电瓶车充电",
        "天天骂我吓唬我算家暴吗",
        "电梯坏了",
        "家里没电了",
        "我要养老",
        "宽带多少钱",
        "药店",
    ),
]


@pytest.mark.parametrize(("number", "cry"), [(number, cry) for number, cries in CRIES.items() for cry in cries])
def test_a_cry_for_help_is_heard(number: str, cry: str) -> None:
    reply = emergency(fold(cry))
    assert reply is not None
    first = reply.cards[0]
    assert isinstance(first, Hotline)
    assert first.number == number
    assert number in reply.text
    assert len(reply.text.split("\n\n")) <= 4


@pytest.mark.parametrize("sentence", ONLY_TALK)
def test_talking_of_danger_is_no_cry(sentence: str) -> None:
    assert emergency(fold(sentence)) is None


@pytest.mark.parametrize("cry", ["我不想活了", "活着没意思", "想跳楼"])
def test_who_wants_to_die_is_also_given_somebody_to_talk_to(cry: str) -> None:
    reply = emergency(fold(cry))
    assert reply is not None
    assert "12356" in reply.text
    assert Hotline("心理援助", "12356") in reply.cards


def test_a_calm_question_about_violence_brings_numbers_beside_its_answer() -> None:
    assert [line.number for line in numbers_beside("家暴怎么申请法律援助")] == ["110", "12338"]
    assert numbers_beside("低保怎么申请") == ()
