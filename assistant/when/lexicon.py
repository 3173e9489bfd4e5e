"""The words as data: what they are called, what they mean, and what only looks like a time."""

from __future__ import annotations

from lifecircle.assistant.when.frames import Edge
from lifecircle.assistant.when.spans import Grain


def _by_word(names: dict[str, str]) -> dict[str, str]:
    """From a name and its words, written apart by spaces, to each word's name."""
    return {word: name for name, words in names.items() for word in words.split()}


DAY_SHIFTS = {
    "大前天": -3, "大前日": -3, "大前儿": -3, "前天": -2, "前日": -2, "前儿": -2, "昨天": -1, "昨日": -1, "昨儿": -1,
    "寻日": -1, "琴日": -1, "今天": 0, "今日": 0, "今儿": 0, "明天": 1, "明日": 1, "明儿": 1, "听日": 1,
    "隔天": 1, "后天": 2, "后日": 2, "后儿": 2, "大后天": 3, "大后日": 3, "大后儿": 3, "大大后天": 4,
}  # fmt: skip
DAY_PREFIXES = {"大后": 3, "后": 2, "明": 1, "听": 1, "今": 0, "当": 0, "昨": -1, "寻": -1, "琴": -1, "前": -2}

# Half-open hours of each part of the day, as duckling's Chinese corpus has them where it has them, and the hour from
# which a bare one is counted: 下午三点 is the first 3, 15 or 27 o'clock not before 12.
PARTS = {
    "凌晨": (0, 6, 0), "清晨": (5, 9, 1), "早上": (4, 12, 1), "上午": (8, 12, 1), "中午": (12, 14, 10),
    "午后": (12, 18, 12), "下午": (12, 18, 12), "傍晚": (17, 20, 15), "晚上": (18, 24, 17), "深夜": (22, 26, 18),
    "白天": (8, 18, 6),
}  # fmt: skip
PART_WORDS = _by_word(
    {
        "凌晨": "凌晨 后半夜",
        "清晨": "清晨 清早 大清早 一大早 一早 大早上 拂晓 黎明",
        "早上": "早上 早晨 早间 朝早 朝头早",
        "上午": "上午 上昼 午前 前晌 头晌 头午 上半晌 上半天 am a",
        "中午": "中午 正午 晌午 晌午头 午间",
        "午后": "午后",
        "下午": "下午 晏昼 下昼 后晌 下半晌 下半天 pm p",
        "傍晚": "傍晚 黄昏 傍黑 天擦黑 擦黑",
        "晚上": "晚上 晚间 夜晚 夜间 晚黑 前半夜",
        "深夜": "夜里 深夜 半夜 午夜 大半夜",
        "白天": "白天",
    }
)
SHORT_PARTS = {"早": "早上", "晨": "清晨", "朝": "早上", "晚": "晚上", "夜": "晚上", "午": "中午"}

WEEKDAYS = {char: day for day, char in enumerate("一二三四五六日")} | {"天": 6}
WEEKDAYS |= {str(day + 1): day for day in range(6)}

HOLIDAY_WORDS = _by_word(
    {
        "元旦": "元旦节 元旦 阳历新年",
        "情人节": "情人节 圣瓦伦丁节",
        "妇女节": "三八妇女节 妇女节 女神节 三八节",
        "植树节": "植树节",
        "消费者权益日": "国际消费者权益日 消费者权益日 三一五",
        "愚人节": "愚人节",
        "劳动节": "五一国际劳动节 国际劳动节 五一劳动节 劳动节",
        "青年节": "五四青年节 青年节",
        "护士节": "护士节",
        "儿童节": "六一国际儿童节 国际儿童节 六一儿童节 儿童节",
        "建党节": "七一建党节 建党节",
        "建军节": "八一建军节 建军节",
        "教师节": "教师节",
        "国庆节": "国庆节 国庆",
        "万圣节": "万圣节 万圣夜",
        "记者节": "记者节",
        "双十一": "双十一 双11 光棍节",
        "双十二": "双十二 双12",
        "澳门回归日": "澳门回归纪念日",
        "平安夜": "平安夜",
        "圣诞节": "圣诞节 圣诞",
        "跨年": "跨年夜 跨年",
        "春节": "农历新年 新春佳节 春节 新春 过年 大年初一 年初一 正月正时 正月朔日",
        "除夕": "除夕夜 除夕 大年三十 年三十 大年夜 年夜",
        "元宵节": "元宵节 元宵 上元节",
        "龙抬头": "龙抬头",
        "端午节": "端午节 端午 端阳",
        "七夕": "七夕节 七夕",
        "中元节": "中元节 七月半 鬼节",
        "中秋节": "中秋节 中秋 八月节",
        "重阳节": "重阳节 重阳",
        "腊八节": "腊八节 腊八",
        "小年": "小年夜 小年",
        "母亲节": "母亲节",
        "父亲节": "父亲节",
        "感恩节": "感恩节",
        "复活节": "复活节",
        "清明": "清明节 清明",
        "冬至": "冬至",
        "立春": "立春",
        "立夏": "立夏",
        "立秋": "立秋",
        "立冬": "立冬",
        "夏至": "夏至",
        "春分": "春分",
        "秋分": "秋分",
        "惊蛰": "惊蛰",
        "谷雨": "谷雨",
        "小满": "小满",
        "芒种": "芒种",
        "小暑": "小暑",
        "大暑": "大暑",
        "处暑": "处暑",
        "白露": "白露",
        "寒露": "寒露",
        "霜降": "霜降",
        "小寒": "小寒",
        "大寒": "大寒",
    }
)
# Bare numbers that name a festival: 五一, 十一, 六一. Easily a part of a longer number, a road or a shop.
HOLIDAY_NUMBERS = {
    "三八": "妇女节", "五四": "青年节", "五一": "劳动节", "六一": "儿童节", "七一": "建党节", "八一": "建军节",
    "十一": "国庆节",
}  # fmt: skip

EDGES = {
    "初": Edge.EARLY, "头": Edge.EARLY, "中": Edge.MIDDLE, "底": Edge.LATE, "末": Edge.LATE, "尾": Edge.LATE,
    "上旬": Edge.FIRST_THIRD, "中旬": Edge.SECOND_THIRD, "下旬": Edge.LAST_THIRD,
}  # fmt: skip
# First and last day of the month; days past its end mean its last day.
MONTH_EDGES = {
    Edge.EARLY: (1, 5), Edge.MIDDLE: (11, 20), Edge.LATE: (25, 31),
    Edge.FIRST_THIRD: (1, 10), Edge.SECOND_THIRD: (11, 20), Edge.LAST_THIRD: (21, 31),
}  # fmt: skip
YEAR_EDGES = {Edge.EARLY: (1, 1), Edge.MIDDLE: (6, 7), Edge.LATE: (12, 12)}

SEASONS = {"春": 0, "夏": 1, "秋": 2, "冬": 3}
YEAR_SHIFTS = {"大前": -3, "前": -2, "去": -1, "上": -1, "今": 0, "本": 0, "这": 0, "这一": 0, "当": 0, "明": 1,
               "来": 1, "下": 1, "下一": 1, "后": 2, "大后": 3}  # fmt: skip

UNITS = {
    "秒钟": Grain.SECOND, "秒": Grain.SECOND, "分钟": Grain.MINUTE, "分": Grain.MINUTE, "小时": Grain.HOUR,
    "钟头": Grain.HOUR, "钟": Grain.HOUR, "天": Grain.DAY, "日": Grain.DAY, "周": Grain.WEEK, "星期": Grain.WEEK,
    "礼拜": Grain.WEEK, "月": Grain.MONTH, "年": Grain.YEAR,
}  # fmt: skip

# Read before any rule, so that the words inside are never taken for times.
NUMBER = r"[一二两三四五六七八九十\d]"
NOT_TIMES = (
    # a little, and points that are made or scored
    r"[一1]点(?:也|都|儿|点|一滴|击|没|不)",
    r"(?:早|晚|快|慢|便宜|有|大|小|多|少|好|贵|差)一?点(?!半|钟|整|[过零])",
    rf"{NUMBER}点(?:建议|意见|要求|问题|原因|理由|说明|注意|想法|看法|好处|共识|希望|需求|积分|经验|体会|声明|一线|式|水)",
    r"两点之间|零点(?:乐队|几|[一二三四五六七八九](?![十刻]))",
    # greetings, food and the rest of daily life
    r"(?:早上|上午|中午|下午|晚上)好|[早晚]安|早教|夜市|下午茶",
    r"(?:吃|买|煮|包|卖|做|黑芝麻|汤圆)元宵|元宵(?:馅|皮|礼盒)|端午粽|中秋月饼|圣诞(?:树|老人)|春节联欢晚会|清明上河",
    r"小满[足意分]|小年轻|大暑假|跨年度|最后(?!一[个天])|提前|推后|前后|(?:过去|以前|从前)的",
    rf"三八线|大年夜饭|九月小姐|明天系|一月一[次换]|一日[一二三两](?![十号日点])|{NUMBER}月龄|周[一二三四五六日](?=[次回趟遍])|一(?:上午|下午|早上|晚上|整天)",
    # names of shops, places and works
    r"(?:七|7)天(?:酒店|连锁|优品|假日|无理由|鲜)|周六福|今日头条|[一1]号店|十点读书|半天妖|五月花|八月桂花|六月雪",
    r"十月(?:妈咪|怀胎)|明日之[星后]|昨日重现|春天里|国庆(?:路|街|小区|新村|村)|五四(?:路|大街|广场)|以色列国庆节?",
    # words that begin like a limit or a range
    r"内的?[宝婴孩小新幼部容衣科环地向心饰裤外墙胎存服]",
    r"后(?:备箱|[院门台厨面续边勤悔排座视])|前[台面门往提列排座端方]|(?<![点半刻分整])前来",
    r"到[底位家店场期货处达了访手]|起[来床飞步诉点码送价名]",
)
