"""Minutes as one DataFrame, against the same sums done slowly by hand."""

import math
import random

import pandas as pd
import pytest

from dashboard.data import COLUMNS, CONTRACT_COLUMNS, Range, statistics, totals
from dashboard.table import Table
from metrics.schema import COUNTS, GAUGES, METRICS, Minute, add_latencies, percentile_ms

NOON = 1_795_435_200  # 2026-11-23T12:00:00Z


def minute(at: int, instance: str = "a", hits: int = 0, misses: int = 0, latency=None, period: int = 60, **values):
    """A report, ``at`` minutes after noon."""
    zeros = dict.fromkeys((metric.name for metric in METRICS), 0)
    counted = {"requests": hits + misses, "hits": hits, "misses": misses}
    return Minute(instance, NOON + at * 60, zeros | counted | values, latency or {}, period)


def hour(period: int = 60, **kwargs) -> Range:
    return Range(NOON, NOON + 3600, period)


def drawn(seed: int, instances: str = "abc", length: int = 180) -> list[Minute]:
    """Minutes as instances report them, with gaps."""
    draw = random.Random(seed)
    return [
        minute(
            at,
            name,
            hits=draw.choice([0, draw.randrange(10_000)]),
            misses=draw.choice([0, draw.randrange(10_000)]),
            latency={draw.randrange(137): draw.randrange(1, 100) for _ in range(draw.randrange(6))},
            **{name: draw.randrange(1 << 45) for name in (*GAUGES, "bytes_served", "evictions", "origin_reads")},
            config_version=draw.randrange(5),
        )
        for at in range(length)
        for name in instances
        if draw.random() < 0.8
    ]


def by_hand(minutes: list[Minute], of: Range, instance: str) -> list[dict]:
    rows = []
    names = sorted({m.instance for m in minutes}) if instance == "each" else [instance]
    for start in range(of.start, of.end, of.period_seconds):
        for name in names:
            held = [m for m in minutes if start <= m.time < start + of.period_seconds and name in ("all", m.instance)]
            if held:
                rows.append({"time": start, "instance": name} | _added(held))
    return rows


def _added(held: list[Minute]) -> dict:
    last = {m.instance: m for m in sorted(held, key=lambda m: m.time)}
    row = {name: sum(m.values[name] for m in held) for name in COUNTS}
    row |= {name: sum(m.values[name] for m in last.values()) for name in GAUGES}
    row["config_version"] = min(m.values["config_version"] for m in held)
    row["hit_rate"] = row["hits"] / row["requests"] if row["requests"] else None
    row["miss_rate"] = row["misses"] / row["requests"] if row["requests"] else None
    latency = add_latencies(m.latency for m in held)
    row |= {f"p{percent}_ms": percentile_ms(latency, percent) for percent in (50, 95, 99)}
    row["reported"] = len(last)
    row["caches"] = sum(m.values["capacity_bytes"] > 0 for m in last.values())
    return row


def as_rows(frame: pd.DataFrame) -> list[dict]:
    rows = frame.drop(columns=["period_seconds", "unfinished"]).to_dict("records")
    return [
        {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}
        | {"time": int(row["time"].timestamp())}
        for row in rows
    ]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("instance", ["all", "each", "b"])
@pytest.mark.parametrize("period", [60, 120, 300, 420, 3600, 7200])
def test_every_number_is_what_adding_by_hand_gives(seed, instance, period):
    minutes = drawn(seed)
    of = Range(NOON + 600, NOON + 600 + 7200, period)
    expected = by_hand([m for m in minutes if of.start <= m.time < of.end], of, instance)
    assert as_rows(statistics(minutes, of, instance)) == expected


def test_the_columns_are_those_of_the_contract_in_its_order():
    frame = statistics([minute(0, hits=1)], hour())
    assert tuple(frame.columns) == COLUMNS
    assert COLUMNS[: len(CONTRACT_COLUMNS)] == CONTRACT_COLUMNS
    assert ",".join(CONTRACT_COLUMNS) == (
        "time,period_seconds,instance,requests,hits,misses,hit_rate,miss_rate,items,size_bytes,capacity_bytes,"
        "evictions,bytes_served,bytes_missed,p50_ms,p95_ms,p99_ms,config_version"
    )


def test_without_minutes_the_frame_is_empty_and_has_all_columns_and_types():
    frame = statistics([], hour(), "each", now=NOON)
    assert len(frame) == 0
    assert tuple(frame.columns) == COLUMNS
    assert str(frame["time"].dtype).endswith("UTC]")


def test_a_rate_is_divided_once_at_the_end_and_not_a_mean_of_rates():
    frame = statistics([minute(0, "a", hits=99, misses=1), minute(0, "b", hits=0, misses=900)], hour())
    assert frame["hit_rate"].tolist() == [99 / 1000]


def test_no_requests_is_no_rate_and_no_report_no_row():
    frame = statistics([minute(0), minute(2, hits=3)], hour())
    assert frame["time"].dt.minute.tolist() == [0, 2]
    assert frame["hit_rate"].isna().tolist() == [True, False]
    assert frame["requests"].tolist() == [0, 3]


def test_gauges_are_each_instances_last_of_the_period_added_over_instances():
    frame = statistics([minute(0, "a", items=5), minute(4, "a", items=7), minute(2, "b", items=100)], hour(300))
    assert frame["items"].tolist() == [107]


def test_the_end_is_exclusive_and_the_start_inclusive():
    minutes = [minute(at, hits=1) for at in (-1, 0, 59, 60)]
    assert statistics(minutes, hour())["time"].dt.minute.tolist() == [0, 59]


def test_a_report_of_an_hour_stands_at_its_hour_and_says_how_long_it_is():
    frame = statistics([minute(0, hits=600, period=3600)], hour(60))
    assert frame[["period_seconds", "requests"]].to_numpy().tolist() == [[3600, 600]]
    assert statistics([minute(0, hits=600, period=3600)], Range(NOON, NOON + 86_400, 86_400))[
        "period_seconds"
    ].tolist() == [86_400]


def test_counts_beyond_what_a_float_holds_are_exact():
    large = (1 << 60) + 1
    assert statistics([minute(0, bytes_served=large)], hour())["bytes_served"].tolist() == [large]


def test_a_metric_that_an_older_service_does_not_know_counts_as_zero():
    old = Minute("a", NOON, {"requests": 2, "hits": 2, "misses": 0})
    assert statistics([old], hour())[["requests", "too_large"]].to_numpy().tolist() == [[2, 0]]


class TestUnfinished:
    def unfinished(self, minutes, period=60, now=NOON + 605, **kwargs):
        frame = statistics(minutes, hour(period), now=now, **kwargs)
        return frame.loc[frame["unfinished"], "time"].dt.minute.tolist()

    def test_a_period_still_running_is(self):
        assert self.unfinished([minute(at) for at in range(10)], period=900) == [0]

    def test_a_period_that_all_have_sent_is_not(self):
        assert self.unfinished([minute(at, name) for at in range(10) for name in "ab"]) == []

    def test_a_minute_that_one_heard_lately_has_not_sent_yet_is(self):
        minutes = [minute(at, "a") for at in range(10)] + [minute(at, "b") for at in range(8)]
        assert self.unfinished(minutes) == [8, 9]

    def test_nobody_waits_for_one_silent_over_five_minutes_or_for_one_that_stopped(self):
        minutes = [minute(at, "a") for at in range(10)]
        assert self.unfinished([*minutes, *(minute(at, "b") for at in range(4))]) == []
        assert self.unfinished([*minutes, *(minute(at, "b") for at in range(8))], stopped={"b"}) == []

    def test_a_gap_of_one_that_has_spoken_since_is_not(self):
        minutes = [minute(at, "a") for at in range(10)] + [minute(at, "b") for at in (0, 1, 9)]
        assert self.unfinished(minutes) == []

    def test_each_instance_waits_for_itself_only(self):
        minutes = [minute(at, "a") for at in range(10)] + [minute(at, "b") for at in range(8)]
        frame = statistics(minutes, hour(600), "each", now=NOON + 605)
        assert frame[["instance", "unfinished"]].to_numpy().tolist() == [["a", False], ["b", True]]


class TestTotals:
    def test_a_range_nobody_reported_has_none(self):
        assert totals([], hour()) is None

    def test_counts_add_rates_divide_and_percentiles_merge(self):
        minutes = drawn(9)
        of = Range(NOON, NOON + 10_800, 60)
        (expected,) = by_hand(minutes, Range(NOON, NOON + 10_800, 10_800), "all")
        total = totals(minutes, of)
        for name in ("requests", "hits", "misses", "hit_rate", "miss_rate", "evictions", "p50_ms", "p95_ms", "p99_ms"):
            assert getattr(total, name) == expected[name], name

    def test_requests_a_minute_is_the_mean_over_minutes_that_were_reported(self):
        minutes = [minute(at, name, hits=30) for at in (0, 1, 50) for name in "ab"]
        assert totals(minutes, hour()).requests_a_minute == 60
        assert totals(minutes, hour()).minutes == 3

    def test_gauges_are_of_the_last_finished_minute_not_of_instances_long_gone(self):
        minutes = [minute(0, "gone", items=1000), *(minute(at, "a", items=at) for at in range(10))]
        minutes += [minute(at, "b", items=100) for at in range(9)]
        assert totals(minutes, hour(), now=NOON + 605).items == 108

    def test_no_requests_is_no_rate(self):
        assert totals([minute(0)], hour()).hit_rate is None


class TestTable:
    def test_joining_the_days_is_the_whole(self):
        minutes = drawn(3, "ab") + [Minute("z", m.time + 86_400, m.values, m.latency) for m in drawn(4, "ca")]
        joined = Table.joined([Table.of(minutes[:250]), Table.of([]), Table.of(minutes[250:])])
        of = Range(NOON, NOON + 2 * 86_400, 300)
        pd.testing.assert_frame_equal(statistics(joined, of, "each"), statistics(minutes, of, "each"))

    def test_order_of_arrival_does_not_matter(self):
        minutes = drawn(5)
        shuffled = random.Random(1).sample(minutes, len(minutes))
        pd.testing.assert_frame_equal(statistics(minutes, hour(300)), statistics(shuffled, hour(300)))
