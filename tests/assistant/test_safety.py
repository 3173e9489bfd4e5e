"""Which sentences are cries for help, which tell of a swindle, and which only talk of such things."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
import yaml
from scale import scaled

from lifecircle.assistant.replies import Hotline, Reply, ReplyKind
from lifecircle.assistant.safety import caution, numbers_beside, reply_to, with_caution
from lifecircle.assistant.safety.firsts import listener
from lifecircle.assistant.safety.guard import heard
from lifecircle.assistant.safety.model import model
from lifecircle.assistant.safety.spelling import respelled
from lifecircle.catalogue.text import fold, traditional

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


SWINDLES = [
    *(
        "有人打电话说我养老金要停了让我报验证码",
        "对方让我共享屏幕做养老认证",
        "认证要交两百块手续费是真的吗",
        "他要远程帮我刷脸",
    ),
    *("自称社保局的让我转账到安全账户", "短信里的链接让我填银行卡密码", "我刚把验证码告诉别人了"),
    "對方要我開螢幕分享",
]
NO_SWINDLES = [
    *(
        "认证要钱吗",
        "收不到验证码怎么办",
        "人脸识别总是失败",
        "手机怎么投屏",
        "防诈骗讲座几点",
        "社保卡密码忘了",
        "怎么转账交物业费",
    ),
    *("可以视频认证吗", "帮我妈做养老认证", "换银行卡领养老金", "96110是什么电话"),
]


def numbers_for(text: str) -> list[str]:
    reply = reply_to(fold(text))
    return [card.number for card in reply.cards if isinstance(card, Hotline)] if reply else []


def development(name: str) -> list[tuple[str, str]]:
    source = files("lifecircle.assistant.safety").joinpath(name).read_text(encoding="utf-8")
    return [(kind, line) for kind, block in yaml.safe_load(source).items() for line in block.splitlines() if line]


@pytest.mark.parametrize(("number", "cry"), [(number, cry) for number, cries in CRIES.items() for cry in cries])
def test_a_cry_for_help_is_heard(number: str, cry: str) -> None:
    reply = reply_to(fold(cry))
    assert reply is not None
    assert reply.kind is ReplyKind.EMERGENCY
    assert numbers_for(cry)[0] == number
    assert number in reply.text
    assert len(reply.text.split("\n\n")) <= 4


@pytest.mark.parametrize("sentence", ONLY_TALK)
def test_talking_of_danger_is_no_cry(sentence: str) -> None:
    assert reply_to(fold(sentence)) is None


@pytest.mark.parametrize("told", SWINDLES)
def test_whoever_tells_of_a_swindle_is_warned_and_not_sent_to_an_ambulance(told: str) -> None:
    reply = reply_to(fold(told))
    assert reply is not None
    assert reply.kind is ReplyKind.ANSWER
    assert numbers_for(told) == ["96110", "12333", "110"]


@pytest.mark.parametrize("sentence", NO_SWINDLES)
def test_asking_about_codes_faces_and_fees_is_no_swindle(sentence: str) -> None:
    assert reply_to(fold(sentence)) is None


@pytest.mark.parametrize(
    ("cry", "number"),
    [
        *(("wo ma yun dao le", "120"), ("jiali zhaohuole", "119"), ("jiu ming", "110"), ("lao gong da wo", "110")),
        *(
            ("家里着伙了", "119"),
            ("快叫救户车", "120"),
            ("煤器泄漏了", "119"),
            ("着!火!了!", "119"),
            ("我的媽走失了", "110"),
        ),
        *(("my house is on fire", "119"), ("call an ambulance", "120"), ("我屋企火燭", "119"), ("阿妈晕低咗", "120")),
    ],
)
def test_a_cry_is_heard_however_it_is_typed(cry: str, number: str) -> None:
    assert numbers_for(cry)[0] == number


@pytest.mark.parametrize("word", ["期货", "重度残疾", "紫砂壶", "运到了吗", "股票走势", "背景", "端午食堂"])
def test_words_that_sound_like_danger_stay_what_they_are(word: str) -> None:
    assert respelled(word) == word
    assert reply_to(fold(word)) is None


def test_a_swindle_that_speaks_of_an_accident_brings_both_kinds_of_numbers() -> None:
    numbers = numbers_for("有人打电话说我儿子出车祸了要马上转账")
    assert numbers[0] == "122"
    assert "96110" in numbers


def test_the_first_danger_is_answered_and_the_numbers_of_the_others_stand_beside() -> None:
    assert numbers_for("家里着火了我爸晕倒了") == ["119", "120"]


@pytest.mark.slow
def test_almost_all_development_cries_are_heard_in_both_scripts() -> None:
    """Every third of them in `make test`."""
    cries = [text for _, text in development("cries.yaml")][:: scaled(3, 1)]
    for script in (str, traditional):
        missed = [text for text in cries if not heard(fold(script(text)))]
        assert len(missed) <= 0.01 * len(cries), missed


def test_almost_no_development_near_miss_is_a_false_alarm() -> None:
    misses = [text for _, text in development("near_misses.yaml")]
    alarms = [text for text in misses if heard(fold(text))]
    assert len(alarms) <= 0.005 * len(misses), alarms


@pytest.mark.parametrize("filler", ["我想问一下养老金怎么认证，", "。", "一", "着", "😀", "wo ", "(", "救 "])
def test_ten_thousand_characters_have_a_sane_answer(filler: str) -> None:
    long = (filler * 10_000)[:10_000]
    assert "119" in numbers_for(f"{long}。我家着火了快来人")
    assert "119" in numbers_for(f"我家着火了快来人。{long}")


def test_the_model_reads_the_same_every_time() -> None:
    readings = {model().reading("老人突然说不出话了") for _ in range(3)}
    assert len(readings) == 1


def test_patterns_found_by_their_first_character_are_the_patterns_found_by_trying_all() -> None:
    sources = {
        "a": "着火|(?:煤|燃)?气漏|^救|[一二]氧化碳|(?<!不)见了",
        "b": "(?:爸|妈|他)[^,]{0,3}(?:晕|倒)|\\d+度|(?:了|咗)*完|x{0,2}y",
    }
    listening = listener(sources)
    texts = [
        "家里着火",
        "气漏了",
        "煤气漏",
        "呼救",
        "救",
        "二氧化碳",
        "不见了",
        "看见了",
        "我妈突然倒",
        "妈,倒",
        "烧到40度",
        "了了完",
        "y",
        "",
    ]
    for text in texts:
        assert listening.names_in(text) == {name for name, source in sources.items() if re.search(source, text)}, text


@pytest.mark.parametrize("cry", ["我不想活了", "活着没意思", "想跳楼"])
def test_who_wants_to_die_is_also_given_somebody_to_talk_to(cry: str) -> None:
    reply = reply_to(fold(cry))
    assert reply is not None
    assert "12356" in reply.text
    assert Hotline("心理援助", "12356") in reply.cards


def test_a_calm_question_about_violence_brings_numbers_beside_its_answer() -> None:
    assert [line.number for line in numbers_beside("家暴怎么申请法律援助")] == ["110", "12338"]
    assert numbers_beside("低保怎么申请") == ()


def test_who_may_be_in_danger_gets_an_answer_and_a_number_before_it() -> None:
    reply = Reply("第一段。\n\n第二段。\n\n第三段。\n\n第四段。", ReplyKind.ANSWER, cards=(Hotline("热线", "12345"),))
    careful = with_caution(reply, Hotline("急救", "120"))
    assert careful.text.startswith("如果现在有人有危险，请马上拨打 120（急救）。\n\n第一段。")
    assert careful.text.count("\n\n") == 3
    assert careful.text.endswith("第四段。")
    assert [card.number for card in careful.cards if isinstance(card, Hotline)] == ["12345", "120"]


@pytest.mark.parametrize("text", ["我妈好像有点迷糊，说话慢，要不要紧", "楼道里好像有股怪味，说不上来"])
def test_doubtful_danger_is_heard_or_cautioned(text: str) -> None:
    assert reply_to(fold(text)) or caution(fold(text))


@pytest.mark.parametrize(
    "text", ["明天上午十点约保洁", "养老金怎么认证", "附近有什么药店", "最近的公厕在哪", "119路公交站在哪"]
)
def test_plain_sentences_carry_no_caution(text: str) -> None:
    assert caution(fold(text)) is None
