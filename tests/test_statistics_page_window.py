"""Which stretch of time an address asks for, and what the page says of it in words."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from dashboard.app import create_app
from dashboard.cards import cards, sparkline
from dashboard.charts import CHARTS
from dashboard.data import statistics, totals
from dashboard.pages import statistics as page
from dashboard.pages.statistics_parts import banner
from dashboard.ranges import Range
from dashboard.sentences import missing, sentences
from dashboard.settings import Settings
from dashboard.window import PRESETS, Window, read_window
from metrics.schema import METRICS, Minute
from metrics.sqlite_channel import SqliteChannel
from tests.dash_calls import Calls
from tests.test_configuration_page import words

NOW = 1_795_523_080  # 2026-11-24 12:24:40 UTC
MINUTE_NOW = NOW // 60 * 60


def window(**address: str) -> Window:
    asked, problems = read_window(address, NOW)
    assert not problems
    return asked


def minute(time: int, hits: int = 80, misses: int = 20, **values: int) -> Minute:
    counts = {metric.name: 0 for metric in METRICS} | {"hits": hits, "misses": misses, "requests": hits + misses}
    counts |= {"items": 7, "size_bytes": 50 << 20, "capacity_bytes": 100 << 20} | values
    return Minute("a", time, counts, {10: hits + misses} if hits + misses else {})


def test_without_an_address_it_is_the_last_hour_by_minute_live():
    asked = window()
    assert asked.range == Range(MINUTE_NOW - 3600, MINUTE_NOW + 60, 60)
    assert (asked.live, asked.instance, asked.compare, asked.name) == (True, "all", "previous", "hour")


@pytest.mark.parametrize(("value", "words", "seconds"), PRESETS)
def test_each_preset_is_its_whole_length_and_the_running_period(value, words, seconds):
    asked = window(**{"from": f"now-{value}"})
    assert asked.live
    assert seconds <= asked.whole_seconds < seconds + asked.range.period_seconds
    assert asked.range.end >= NOW
    assert asked.range.seconds / asked.range.period_seconds <= 1500


def test_fixed_times_are_not_live():
    asked = window(**{"from": "2026-11-24 11:20", "to": "2026-11-24T11:34:00Z"})
    assert not asked.live
    assert asked.range.seconds == 14 * 60


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ({"from": "yesterday"}, "'yesterday' is not a time"),
        ({"from": "now", "to": "now-1h"}, "is not a minute long"),
        ({"period": "61"}, "A period of '61' does not fit"),
        ({"period": "abc"}, "A period of 'abc' does not fit"),
        ({"from": "now-30d", "period": "60"}, "A period of '60' does not fit"),
        ({"compare": "year"}, "compare 'year' is not one of"),
        ({"refresh": "1s"}, "refresh '1s' is not one of"),
        ({"from": "now-9999d"}, "455 days"),
    ],
)
def test_a_bad_value_falls_back_with_a_notice(address, problem):
    asked, problems = read_window(address, NOW)
    assert len(problems) == 1
    assert problem in problems[0]
    assert asked.compare == "previous"


def test_a_live_stretch_begins_at_the_very_minute_that_is_named():
    asked = window(**{"from": "2026-11-24T11:35:00Z"})
    assert asked.live
    assert asked.range == Range(MINUTE_NOW - 49 * 60, MINUTE_NOW + 60, 60)


@pytest.mark.parametrize("changed", [f"{page.VIEW}.data", f"{page.TICK}.n_intervals"])
def test_the_notice_is_there_whatever_the_page_was_drawn_for(tmp_path, changed):
    calls = Calls(create_app(Settings(data_dir=tmp_path), SqliteChannel(str(tmp_path / "channel.db"))))
    shown = calls.call(f"{page.WINDOW}.data", changed, {f"{page.VIEW}.data": {"from": "yesterday"}})
    assert "'yesterday' is not a time" in words(shown[f"{page.NOTICE}.children"])


def test_a_window_survives_its_way_through_the_browser():
    asked = window(instance="a", hide="miss_rate,hits", compare="week")
    assert Window.from_json(asked.as_json()) == asked


def test_the_csv_address_is_absolute():
    assert window().csv_address() == (
        "/export/statistics.csv?from=2026-11-24T11%3A24%3A00Z&to=2026-11-24T12%3A25%3A00Z&period=60&instance=all"
    )


def test_the_window_before_ends_where_this_one_begins():
    asked = window()
    assert asked.compared_whole == Range(asked.range.start - 3600, asked.range.start, 60)
    assert asked.compared_name == "hour before"
    assert replace(asked, compare="off").compared is None
    assert replace(asked, compare="day").compared.start == asked.range.start - 86_400


def looked(this: list[Minute], before: list[Minute]):
    asked = window()
    frame = statistics(this, asked.range)
    now, then = totals(this, asked.range), totals(before, asked.compared_whole)
    return asked, frame, now, then


def test_cards_say_the_value_the_change_and_whether_it_is_better():
    asked = window()
    this = [minute(asked.range.start + 60 * i) for i in range(60)]
    before = [minute(asked.compared_whole.start + 60 * i, hits=50, misses=50) for i in range(60)]
    asked, frame, now, then = looked(this, before)
    hit_rate, requests, items, size, p95 = cards(frame, now, then, asked)
    assert (hit_rate.value, hit_rate.change.amount, hit_rate.change.verdict) == ("80.0 %", "30.0 points", "better")
    assert hit_rate.change.than == "10:24-11:24"
    assert (requests.value, requests.change.direction) == ("100", 0)
    assert (items.value, size.value, size.of, size.fill) == ("7", "50 MB", "of 100 MB", 0.5)
    assert size.note == "50.0 % full, 1 cache"
    assert p95.change.direction == 0


def test_cards_without_data_say_so_and_never_zero_or_nan():
    asked, frame, now, then = looked([], [])
    assert [card.value for card in cards(frame, now, then, asked)] == ["–"] * 5


def test_cards_without_requests_have_no_rate():
    asked = window()
    asked, frame, now, then = looked([minute(asked.range.start, hits=0, misses=0)], [])
    values = {card.name: card.value for card in cards(frame, now, then, asked)}
    assert (values["hit_rate"], values["p95"], values["requests"]) == ("–", "–", "0")


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_every_chart_has_its_sentence(chart):
    asked = window()
    this = [minute(asked.range.start + 60 * i, hits=80 - i % 3, evictions=i) for i in range(60) if i not in (14, 15)]
    before = [minute(asked.compared_whole.start + 60 * i, hits=50, misses=50) for i in range(60)]
    asked, frame, now, then = looked(this, before)
    said, around = sentences(chart, frame, now, then, asked, [])
    assert said.endswith(".")
    assert "nan" not in said.lower()
    assert around == "No data 11:38-11:40."


def test_what_a_shared_cache_left_unanswered_or_gave_back_spoilt_is_told_where_it_did():
    first = window().range.start

    def said(*minutes):
        asked, frame, now, then = looked([*minutes], [])
        return sentences(CHARTS[0], frame, now, then, asked, [])[0]

    assert said(minute(first)) == "Hit rate 80.0 %."
    assert said(minute(first, cache_failures=1204), minute(first + 60, cache_rubbish=1)).endswith(
        ". The shared cache gave no answer 1,204 times. 1 entry was not as stored and counted as a miss."
    )
    assert said(minute(first, cache_rubbish=2)).endswith(" 2 entries were not as stored and counted as misses.")


def test_the_sentence_of_the_rates_names_value_change_and_lowest():
    asked = window()
    this = [
        minute(asked.range.start + 60 * i, hits=40 if i == 7 else 80, misses=60 if i == 7 else 20) for i in range(60)
    ]
    before = [minute(asked.compared_whole.start + 60 * i, hits=76, misses=24) for i in range(60)]
    asked, frame, now, then = looked(this, before)
    said, _ = sentences(CHARTS[0], frame, now, then, asked, [])
    assert said == "Hit rate 79.3 %, up 3.3 points on the hour before; lowest 40.0 % at 11:31."


def test_alive_without_traffic_is_said_in_words():
    asked = window()
    asked, frame, now, then = looked([minute(asked.range.start + 60 * i, hits=0, misses=0) for i in range(60)], [])
    said, _ = sentences(CHARTS[0], frame, now, then, asked, [])
    assert said == "Alive, but no requests in this hour, so there is no rate."


def test_what_is_still_to_come_is_no_gap():
    asked = window()
    frame = statistics([minute(asked.range.start + 60 * i) for i in range(58)], asked.range)
    assert missing(frame, asked) == []


def test_a_sparkline_breaks_at_gaps():
    assert sparkline([1, 2, None, 3, 4]).count("M") == 2
    assert sparkline([1, None]) == ""


@pytest.mark.parametrize(("failed", "told"), [(False, "No statistics yet."), (True, "Nothing could be read yet.")])
def test_a_source_that_never_answered_is_not_taken_for_a_service_that_never_ran(failed, told):
    nothing = SimpleNamespace(now=None)
    assert told in str(banner(nothing, SimpleNamespace(last_complete=None), failed))
