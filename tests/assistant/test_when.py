"""What residents say about when, on Wednesday 25 November 2026 at ten in the morning."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scale import scaled

from lifecircle.assistant.when import TimeSpan, lunar, parse, parse_all
from lifecircle.assistant.when.holidays import festival
from lifecircle.assistant.when.spans import Grain
from lifecircle.catalogue.text import traditional

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=SHANGHAI)

DAYS = {
    "今天": "11-25",
    "明天": "11-26",
    "后天": "11-27",
    "大后天": "11-28",
    "明儿": "11-26",
    "听日": "11-26",
    "昨天": "11-24",
    "前天": "11-23",
    "周三": "11-25",
    "星期二": "12-01",
    "礼拜天": "11-29",
    "周日": "11-29",
    "星期5": "11-27",
    "这个星期五": "11-27",
    "本周一": "11-23",
    "下周三": "12-02",
    "下个礼拜六": "12-05",
    "下下周一": "12-07",
    "上周日": "11-22",
    "每周六": "11-28",
    "5号": "12-05",
    "十五号": "12-15",
    "三十一号": "12-31",
    "廿八号": "11-28",
    "本月15号": "11-15",
    "下个月5号": "12-05",
    "12月3日": "12-03",
    "12月3": "12-03",
    "十二月二十五号": "12-25",
    "12/3": "12-03",
    "12.24号": "12-24",
    "12月3日(周四)": "12-03",
    "2026-12-01": "12-01",
    "2026年12月1号": "12-01",
    "二零二六年十二月一日": "12-01",
    "12月第一个周一": "12-07",
    "下个月最后一个周五": "12-25",
    "两天后": "11-27",
    "过两天": "11-27",
    "一周后": "12-02",
    "两周后的周三": "12-09",
    "半个月后": "12-10",
    "一个月以后": "12-25",
}
FAR_DAYS = {
    "3月8号": "2027-03-08",
    "2月29号": "2028-02-29",
    "5月第二个星期日": "2027-05-09",
    "明年1月1号": "2027-01-01",
    "27年1月1日": "2027-01-01",
    "半年后": "2027-05-25",
    "五一": "2027-05-01",
    "国庆": "2027-10-01",
    "今年国庆": "2026-10-01",
    "国庆第二天": "2027-10-02",
    "国庆5号": "2027-10-05",
    "国庆假期最后一天": "2027-10-07",
    "这个月最后一天": "2026-11-30",
    "春节初二": "2027-02-07",
    "十一那天": "2027-10-01",
    "元旦": "2027-01-01",
    "圣诞节": "2026-12-25",
    "圣诞节前一天": "2026-12-24",
    "双十二": "2026-12-12",
    "感恩节": "2026-11-26",
    "母亲节": "2027-05-09",
    "复活节": "2027-03-28",
    "春节": "2027-02-06",
    "除夕": "2027-02-05",
    "大年三十": "2027-02-05",
    "大年初三": "2027-02-08",
    "元宵": "2027-02-20",
    "清明": "2027-04-05",
    "端午": "2027-06-09",
    "七夕": "2027-08-08",
    "中秋": "2027-09-15",
    "八月十五": "2027-09-15",
    "重阳节": "2027-10-08",
    "冬至": "2026-12-22",
    "腊八": "2027-01-15",
    "小年": "2027-01-30",
    "农历腊月二十三": "2027-01-30",
    "农历十二月初八": "2027-01-15",
    "正月十五": "2027-02-20",
    "闰六月初一": "2036-07-23",
    "冬月初一": "2026-12-09",
    "周日, 二月十号": "2027-02-10",  # a Wednesday: a wrong weekday is not listened to
}
CLOCKS = {
    "明天上午十点": "11-26 10:00",
    "明早七点半": "11-26 07:30",
    "今晚8点": "11-25 20:00",
    "晚8点": "11-25 20:00",
    "二十点": "11-25 20:00",
    "周三早八点": "12-02 08:00",
    "下午三点20平米的房子": "11-25 15:00",
    "周六晚上7点": "11-28 19:00",
    "后天凌晨五点": "11-27 05:00",
    "大后天早上9点半": "11-28 09:30",
    "下周三下午三点一刻": "12-02 15:15",
    "三天后上午十点": "11-28 10:00",
    "周三三点": "11-25 15:00",
    "周三上午九点": "12-02 09:00",
    "周三一点": "11-25 13:00",
    "十点一刻": "11-25 10:15",
    "三点三刻": "11-25 15:45",
    "差十分三点": "11-25 14:50",
    "三点差五分": "11-25 14:55",
    "八点过五分": "11-25 20:05",
    "下午三点零五": "11-25 15:05",
    "下午三点十五": "11-25 15:15",
    "晏昼三点三": "11-25 15:15",
    "下午三时": "11-25 15:00",
    "15时30分": "11-25 15:30",
    "10:30": "11-25 10:30",
    "10：30": "11-25 10:30",
    "08:05": "11-26 08:05",
    "3pm": "11-25 15:00",
    "3:15 PM": "11-25 15:15",
    "2026-12-01T14:30": "12-01 14:30",
    "2026年12月24日18:30": "12-24 18:30",
    "中午十二点": "11-25 12:00",
    "中午一点半": "11-25 13:30",
    "中午11点半": "11-25 11:30",
    "下午12点半": "11-25 12:30",
    "十二点": "11-25 12:00",
    "一点半": "11-25 13:30",
    "今晚12点": "11-26 00:00",
    "24点": "11-26 00:00",
    "明天0点": "11-26 00:00",
    "凌晨十二点半": "11-26 00:30",
    "夜里两点": "11-26 02:00",
    "周五半夜一点": "11-28 01:00",
    "今晚凌晨一点": "11-26 01:00",
    "明天三点": "11-26 15:00",
    "明天八点半": "11-26 08:30",
    "三点": "11-25 15:00",
    "九点": "11-25 21:00",
    "上午九点": "11-26 09:00",
    "今天早上九点": "11-25 09:00",
    "半小时后": "11-25 10:30",
    "一个小时以后": "11-25 11:00",
    "一个半小时后": "11-25 11:30",
    "一小时三十分钟后": "11-25 11:30",
    "再过一刻钟": "11-25 10:15",
    "90分钟后": "11-25 11:30",
    "三点开始": "11-25 15:00",
    "下午三点以后": "11-25 15:00",
}
SPANS = {
    "明天早上": "11-26 04:00/11-26 12:00 part_of_day",
    "后天中午": "11-27 12:00/11-27 14:00 part_of_day",
    "下午": "11-25 12:00/11-25 18:00 part_of_day",
    "凌晨": "11-26 00:00/11-26 06:00 part_of_day",
    "周五晚": "11-27 18:00/11-28 00:00 part_of_day",
    "大年初二中午": "2027-02-07 12:00/2027-02-07 14:00 part_of_day",
    "今晚": "11-25 18:00/11-26 00:00 part_of_day",
    "这周末": "11-28 00:00/11-30 00:00 weekend",
    "周六日": "11-28 00:00/11-30 00:00 weekend",
    "下周": "11-30 00:00/12-07 00:00 week",
    "下个月": "12-01 00:00/2027-01-01 00:00 month",
    "明年": "2027-01-01 00:00/2028-01-01 00:00 year",
    "第二季度": "2027-04-01 00:00/2027-07-01 00:00 quarter",
    "明年春天": "2027-03-01 00:00/2027-06-01 00:00 season",
    "月底": "11-25 00:00/12-01 00:00 day",
    "12月中旬": "12-11 00:00/12-21 00:00 day",
    "年底": "12-01 00:00/2027-01-01 00:00 month",
    "正月": "2027-02-06 00:00/2027-03-08 00:00 month",
    "国庆假期": "2027-10-01 00:00/2027-10-08 00:00 day",
    "今年国庆假期": "10-01 00:00/10-08 00:00 day",
    "明后天": "11-26 00:00/11-28 00:00 day",
    "最近三天": "11-25 00:00/11-28 00:00 day",
    "后三天": "11-26 00:00/11-29 00:00 day",
    "前两天": "11-23 00:00/11-25 00:00 day",
    "三天内": "11-25 10:00/11-28 10:00 day",
    "20分钟之内": "11-25 10:00/11-25 10:20 minute",
    "本周内": "11-25 10:00/11-30 00:00 week",
    "晚上八点前": "11-25 10:00/11-25 20:00 hour",
    "周五之前": "11-25 10:00/11-27 00:00 day",
    "月底前": "11-25 10:00/12-01 00:00 day",
    "周五下班前": "11-25 10:00/11-27 18:00 hour",
    "下周三下午三点半到五点": "12-02 15:30/12-02 17:00 minute",
    "上午9点到11点半": "11-25 09:00/11-25 11:30 minute",
    "周五下午2-4点": "11-27 14:00/11-27 16:00 hour",
    "上午九点到下午五点": "11-25 09:00/11-25 17:00 hour",
    "明天10点到12点之间": "11-26 10:00/11-26 12:00 hour",
    "晚上10点到2点": "11-25 22:00/11-26 02:00 hour",
    "9：00—17：00": "11-25 09:00/11-25 17:00 minute",
    "下午三四点": "11-25 15:00/11-25 16:00 hour",
    "周一到周五": "11-30 00:00/12-05 00:00 day",
    "周一至五": "11-30 00:00/12-05 00:00 day",
    "5到7号": "12-05 00:00/12-08 00:00 day",
    "12月30号到2号": "12-30 00:00/2027-01-03 00:00 day",
    "明天到后天": "11-26 00:00/11-28 00:00 day",
    "11月30日晚上8点到12月1日早上8点": "11-30 20:00/12-01 08:00 hour",
}
SENTENCES = {
    "明天帮我约个保洁,上午十点": "11-26 10:00",
    "我想预约后天上午九点半的体检": "11-27 09:30",
    "麻烦下个礼拜六晚上六点半订一桌,八个人": "12-05 18:30",
    "2个小时的保洁,周五下午2点开始": "11-27 14:00",
    "电话13800138000,后天下午两点": "11-27 14:00",
    "我家在3号楼2单元501,110平米,明天上午十点来": "11-26 10:00",
    "帮我约个明天下午的家政阿姨,大概三点,两个小时": "11-26 15:00",
    "下周找人修空调，周三上午十点": "12-02 10:00",
    "十点,明天": "11-26 10:00",
    "早上好,明天上午十点": "11-26 10:00",
    "从下周一开始每天早上八点": "11-30 08:00",
    "周三下午三点的预约改到周五上午十点": "11-27 10:00",
    "把明天上午十点改到下午三点": "11-26 15:00",
    "现在想约明天上午十点的保洁": "11-26 10:00",
    "周四不行,周五上午十点吧": "11-27 10:00",
    "昨天说好的,后天下午两点": "11-27 14:00",
}
ONLY_LIKE_TIMES = {
    "a little, or points": "一点也不好吃 便宜一点 早一点来 买一点水果 差点忘了 我有三点建议 四点要求 两点之间 三点五折",
    "amounts": "打8折 110平米的房子 三个人 第二家店 300元 9.9元 3.5点 一百二十点 三点五公里 16:9 1/2杯 三室一厅",
    "places": "十里铺小学 五道口 中山路12号 长安街1号 3号楼 12号线 18号技师 5号桌 302号房 五一路的店 八一小学",
    "numbers": "13812345678 01088886666 订单20261203001",
    "lengths": "两小时的保洁 住一晚 80元一小时 三天两夜 24小时营业 一周三次 每周一次 一日三餐 六个月的宝宝",
    "names": "七天酒店 7天无理由退货 周六福珠宝 周杰伦演唱会 一年级数学 初一数学辅导",
    "everyday words": "下午茶 早上好 晚安 最后三天 提前两天 后备箱 到店付款 什么时候有空 星期几 几点开门",
}
NO_TIMES = [text for texts in ONLY_LIKE_TIMES.values() for text in texts.split()]


def when(text: str, now: datetime = NOW) -> TimeSpan:
    span = parse(text, now)
    assert span is not None, text
    return span


def moment(text: str) -> datetime:
    """A moment as the tables write it, of 2026 unless they say otherwise."""
    dated = text if text[:2] == "20" else f"2026-{text}"
    return datetime.fromisoformat(dated).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(("text", "day"), (DAYS | FAR_DAYS).items())
def test_a_day_lasts_from_midnight_to_midnight(text: str, day: str) -> None:
    assert when(text) == TimeSpan(moment(day), moment(day) + timedelta(days=1), Grain.DAY)


@pytest.mark.parametrize(("text", "start"), (CLOCKS | SENTENCES).items())
def test_a_clock_is_a_point_without_an_end(text: str, start: str) -> None:
    span = when(text)
    assert (span.start, span.end) == (moment(start), None)


@pytest.mark.parametrize(("text", "expected"), SPANS.items())
def test_a_span_has_its_start_its_end_and_its_grain(text: str, expected: str) -> None:
    bounds, grain = expected.rsplit(" ", 1)
    start, end = bounds.split("/")
    assert when(text) == TimeSpan(moment(start), moment(end), Grain(grain))


@pytest.mark.parametrize("text", [*DAYS, *FAR_DAYS, *CLOCKS, *SPANS, *SENTENCES, *NO_TIMES])
def test_traditional_script_means_the_same(text: str) -> None:
    assert parse_all(traditional(text), NOW) == parse_all(text, NOW)


@pytest.mark.parametrize("text", NO_TIMES)
def test_quantities_places_names_and_idioms_are_no_times(text: str) -> None:
    assert parse_all(text, NOW) == []


def test_now_may_be_in_any_zone() -> None:
    late_in_london = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)  # already Thursday in Shanghai
    assert when("今天", late_in_london).start == moment("11-26")
    assert when("半小时后", late_in_london).start == moment("11-26 04:30")


def test_now_is_a_point_to_the_second() -> None:
    assert when("现在") == TimeSpan(NOW, None, Grain.SECOND)


def test_a_weekday_settles_the_year_even_a_past_one() -> None:
    assert when("周日, 二月十号", datetime(2013, 2, 12, tzinfo=SHANGHAI)).start == moment("2013-02-10")


def test_every_time_of_a_text_is_found_in_order() -> None:
    found = parse_all("明天上午十点或者下午三点,下周三或者周四", NOW)
    starts = [moment("11-26 10:00"), moment("11-26 15:00"), moment("12-02"), moment("12-03")]
    assert [span.start for span in found] == starts


def test_days_named_together_share_the_clock_said_last() -> None:
    found = parse_all("周一、周二和周四晚上七点", NOW)
    assert [span.start for span in found] == [moment("11-30 19:00"), moment("12-01 19:00"), moment("11-26 19:00")]


def test_a_span_knows_where_it_stands_in_the_folded_text() -> None:
    span = when("你好,本周五下午4点上门")
    assert "你好,本周五下午4点上门"[span.begin : span.stop] == "本周五下午4点"


def test_until_ends_a_point_with_its_own_unit() -> None:
    assert when("下午三点").until == moment("11-25 16:00")
    assert when("下午三点半").until == moment("11-25 15:31")


@pytest.mark.parametrize(
    "text", ["", " ", "。", "9999年后", "九千九百九十九个月后", "2月31号", "农历二月三十一", "25:00", "十三月"]
)
def test_impossible_times_are_none(text: str) -> None:
    assert parse(text, NOW) is None


HOSTILE = [
    "1",
    "点",
    "三点",
    "明天",
    "下",
    "1:",
    "1-",
    "12/",
    "三天后",
    "初八",
    "闰",
    "九点到",
    "国庆假期",
    "😀",
    "明 ",
    "一",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_no_longer_than_a_twentieth_of_a_second(piece: str) -> None:
    parse("明天", NOW)  # the patterns are compiled on first use
    text = (piece * 10_000)[:10_000]
    times = []
    for _ in range(3):
        started = time.perf_counter()
        parse_all(text, NOW)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.05


WORDS = [
    *DAYS,
    *FAR_DAYS,
    *CLOCKS,
    *SPANS,
    "到",
    "前",
    "后",
    "的",
    ",",
    "或者",
    "农历",
    "闰",
    "第",
    "三",
    "99",
    "每",
    "内",
]


@pytest.mark.fuzz
@settings(max_examples=scaled(50, 300), deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), max_size=8),
    now=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_whatever_is_said_a_span_never_ends_before_it_starts(words: list[str], now: datetime) -> None:
    for span in parse_all("".join(words), now):
        assert span.start.tzinfo == SHANGHAI
        assert span.end is None or span.end >= span.start


@pytest.mark.fuzz
@settings(max_examples=scaled(33, 200), deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    parse_all(text, NOW)


@pytest.mark.parametrize(
    ("year", "new_year"),
    [(1901, "1901-02-19"), (1985, "1985-02-20"), (2024, "2024-02-10"), (2033, "2033-01-31"), (2100, "2100-02-09")],
)
def test_lunar_years_begin_where_the_almanac_says(year: int, new_year: str) -> None:
    assert lunar.solar(year, 1, 1) == date.fromisoformat(new_year)


def test_a_repeated_lunar_month_follows_its_first() -> None:
    assert lunar.solar(2025, 6, 1) == date(2025, 6, 25)
    assert lunar.solar(2025, 6, 1, leap=True) == date(2025, 7, 25)
    assert lunar.solar(2026, 6, 1, leap=True) is None


@pytest.mark.parametrize(("year", "day"), [(2024, 4), (2025, 4), (2026, 5), (2027, 5), (2028, 4), (2100, 5)])
def test_qingming_falls_on_the_fourth_or_fifth_of_april(year: int, day: int) -> None:
    assert festival("清明", year) == date(year, 4, day)
