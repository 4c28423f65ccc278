"""The CSV and the JSON of a frame: RFC 4180, plain numbers, and nothing a spreadsheet would run."""

import csv
import io
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.data import CONTRACT_COLUMNS, EXPORTED_COLUMNS, Range, statistics
from dashboard.exports import csv_text, file_name, json_text, pieces
from dashboard.ranges import DAY
from metrics.schema import LATENCY_VALUES_MS, METRICS, Minute

START = 1_795_435_200  # 2026-11-23T12:00:00Z
HOUR = Range(START, START + 3600, 60)


def minute(instance="a", at=0, hits=0, misses=0, **values) -> Minute:
    zeros = dict.fromkeys((metric.name for metric in METRICS), 0)
    counted = {"requests": hits + misses, "hits": hits, "misses": misses}
    return Minute(instance, START + 60 * at, zeros | counted | values, {10: hits} if hits else {})


def written(*minutes, instance="each") -> str:
    return "".join(csv_text([statistics(minutes, HOUR, instance)]))


def read(text: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_header_is_the_contracts_columns_first_and_stands_there_without_rows_too():
    (header,) = csv.reader(io.StringIO(written()))
    assert header == list(EXPORTED_COLUMNS)
    assert tuple(header[: len(CONTRACT_COLUMNS)]) == CONTRACT_COLUMNS


def test_lines_end_as_rfc_4180_says():
    text = written(minute(), minute(at=1))
    assert text.count("\r\n") == 3 == text.count("\n")
    assert text.endswith("\r\n")


def test_times_are_utc_ints_are_ints_and_rates_are_fractions():
    (row,) = read(written(minute(hits=3, misses=1, bytes_served=(1 << 53) + 1)))
    assert row["time"] == "2026-11-23T12:00:00Z"
    assert row["period_seconds"] == "60"
    assert (row["requests"], row["hits"], row["misses"]) == ("4", "3", "1")
    assert (row["hit_rate"], row["miss_rate"]) == ("0.75", "0.25")
    assert row["bytes_served"] == "9007199254740993"
    assert float(row["p50_ms"]) == LATENCY_VALUES_MS[10]


def test_without_requests_rates_and_percentiles_are_empty():
    (row,) = read(written(minute()))
    assert {row[name] for name in ("hit_rate", "miss_rate", "p50_ms", "p95_ms", "p99_ms")} == {""}
    assert row["requests"] == "0"


@pytest.mark.parametrize(("hits", "misses", "text"), [(1, 99_999, "0.00001"), (1, 0, "1"), (0, 1, "0")])
def test_a_rate_is_never_in_scientific_notation(hits, misses, text):
    assert read(written(minute(hits=hits, misses=misses)))[0]["hit_rate"] == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_name_that_a_spreadsheet_would_run_is_guarded(start):
    (row,) = read(written(minute(start + "1+1")))
    assert row["instance"] == "'" + start + "1+1"


def test_a_negative_number_stays_a_number():
    assert read(written(minute(items=-5)))[0]["items"] == "-5"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(lambda name: name != "each"))
def test_any_name_reads_back_as_it_was_or_guarded(name):
    (row,) = read(written(minute(name)))
    assert row["instance"] in (name, "'" + name)


def test_rates_read_back_as_the_very_same_number():
    minutes = [minute(at=at, hits=at * 7, misses=at * 3 + 1) for at in range(50)]
    rates = statistics(minutes, HOUR)["hit_rate"].tolist()
    assert [float(row["hit_rate"]) for row in read(written(*minutes, instance="all"))] == rates


def test_json_says_the_same_as_csv():
    frame = statistics([minute(hits=2, misses=1), minute(at=1), minute("=b", at=1)], HOUR, "each")
    document = json.loads("".join(json_text([frame, frame], {"instance": "each"})))
    assert document["instance"] == "each"
    assert document["statistics"][:3] == document["statistics"][3:]
    assert list(document["statistics"][0]) == list(EXPORTED_COLUMNS)
    assert document["statistics"][0]["hit_rate"] == 2 / 3
    assert document["statistics"][2]["hit_rate"] is None
    assert document["statistics"][1]["instance"] == "=b"  # nobody runs JSON
    assert json.loads("".join(json_text([], {"a": 1}))) == {"a": 1, "statistics": []}


@pytest.mark.parametrize("period", [60, 300, 7 * 60, 3600, DAY, 3 * DAY])
def test_pieces_add_up_to_the_range_and_share_no_period(period):
    whole = Range(START // period * period, START // period * period + 40 * period * 60, period)
    parts = list(pieces(whole))
    assert parts[0].start == whole.start
    assert parts[-1].end == whole.end
    assert all(a.end == b.start for a, b in pairwise(parts))
    assert all((part.start - whole.start) % period == 0 for part in parts)


def test_the_file_is_named_after_its_range():
    assert file_name(HOUR) == "hitrate-statistics-20261123T1200Z-20261123T1300Z.csv"
