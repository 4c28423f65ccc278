"""The pages What-if and Activity without a browser: each callback asked as its page asks."""

import csv
import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from plotly.utils import PlotlyJSONEncoder

from cache.config import DEFAULT, MIB, edited
from dashboard.app import create_app
from dashboard.pages import activity, statistics, what_if
from dashboard.ranges import iso
from dashboard.reader import Reader
from dashboard.settings import Settings
from dashboard.whatif.api import ABOUT
from dashboard.whatif.curves import Curves
from dashboard.whatif.outlooks import Outlooks
from dashboard.whatif.verdicts import Score, score_words
from dashboard.window import read_window
from metrics.channel import Announcement, ChannelUnavailable
from metrics.prices import Prices
from metrics.sqlite_channel import SqliteChannel
from tests import whatif_days
from tests.dash_calls import Calls
from tests.test_configuration_page import words
from tests.whatif_days import small

POLICIES = ("lru", "random", "gdsf")


@pytest.fixture(scope="module")
def trace() -> list[dict]:
    """Forty minutes from second 0 on, LRU, then thirty of GDSF, of three policies."""
    return [*whatif_days.story(0, 40, 30, policies=POLICIES)]


class Manager:
    def __init__(self, folder):
        self.channel = SqliteChannel(str(folder / "channel.db"))
        self.app = create_app(Settings(data_dir=folder), self.channel)
        self.client = self.app.server.test_client()
        self._calls = Calls(self.app)
        self.now = int(time.time()) // 60 * 60

    def fill(self, told, version=0):
        first = self.now - 60 * len(told) - told[0]["start"]
        moved = [document | {"start": document["start"] + first, "since": first} for document in told]
        whatif_days.fill(self.channel, moved, version)
        return moved

    def window(self, changed=f"{what_if.VIEW}.data", **view):
        return self._calls.call(f"{what_if.WINDOW}.data", changed, {f"{what_if.VIEW}.data": view})

    def shown(self, output, changed=what_if.WINDOW, **values):
        window = self.window()[f"{what_if.WINDOW}.data"]
        return self._calls.call(output, f"{changed}.data", {f"{what_if.WINDOW}.data": window} | values)

    def outlook(self, **address):
        window, problems = read_window(address, self.now)
        assert not problems
        reader = Reader(self.channel, lambda: self.now)
        return Outlooks(reader, Curves(self.channel), Prices()).over(window)

    def activity(self, which="all", text=""):
        given = {f"{activity.WHICH}.value": which, f"{activity.FILTER}.value": text}
        return self._calls.call(f"{activity.ROWS}.children", f"{activity.TICK}.n_intervals", given)


@pytest.fixture
def manager(tmp_path):
    return Manager(tmp_path)


@pytest.fixture
def full(manager, trace):
    manager.fill(trace[:40])
    return manager


def test_the_answer_comes_first_then_three_suggestions(full):
    shown = full.shown(f"{what_if.SENTENCE}.children")
    assert words(shown[f"{what_if.SENTENCE}.children"]).startswith("Yes: same memory, better policy. GDSF at 100\xa0MB")
    cards = [words(card) for card in shown[f"{what_if.CARDS}.children"]]
    assert [card.split("  ")[0].split(" GDSF")[0] for card in cards[:2]] == ["Same memory", "Less memory"]
    assert "Exact: all 24,000 requests since" in words(shown[f"{what_if.CONFIDENCE}.children"])
    assert shown[f"{what_if.REASONS}.children"].startswith("Of 100 misses: ")
    assert shown[f"{what_if.BODY}.hidden"] is False


def test_apply_leads_to_configuration_filled_in_with_a_reason_and_applies_nothing(full):
    cards = json.dumps(full.shown(f"{what_if.SENTENCE}.children")[f"{what_if.CARDS}.children"])
    assert f"/configuration?policy=gdsf&capacity_bytes={100 * MIB}&reason=What-if%3A+GDSF+at+100+MB" in cards
    assert full.channel.newest() == DEFAULT


def reason_at(manager, window):
    given = {f"{what_if.WINDOW}.data": window}
    cards = manager._calls.call(f"{what_if.SENTENCE}.children", f"{what_if.WINDOW}.data", given)
    [first, *_] = re.findall(r"/configuration\?([^\"]*)", json.dumps(cards[f"{what_if.CARDS}.children"]))
    return parse_qs(first)["reason"][0]


def test_the_reason_says_of_which_instance_and_up_to_when_its_rates_are(full):
    day = f"{datetime.fromtimestamp(full.now, UTC).day} {datetime.fromtimestamp(full.now, UTC):%b %H:%M} UTC"
    window = full.window()[f"{what_if.WINDOW}.data"]
    assert reason_at(full, window).endswith(f" of 24,000 requests to {day}")
    window = full.window(instance="host")[f"{what_if.WINDOW}.data"]
    assert reason_at(full, window).endswith(f" of 24,000 requests of host to {day}")


def test_the_table_has_the_present_cell_and_the_best_of_each_column(full):
    shown = full.shown(f"{what_if.GRID}.children")
    cells = json.dumps(shown[f"{what_if.GRID}.children"])
    assert '"data-point": "lru 104857600"' in cells
    assert re.search(r'"LRU at 100 MB: [\d.]+ %, now"', cells)
    assert ", best" in cells
    assert shown[f"{what_if.ORDER}.data"][0] == "gdsf"


def test_rows_stay_where_they_were(full):
    order = ["random", "lru", "gdsf"]
    shown = full.shown(f"{what_if.GRID}.children", **{f"{what_if.ORDER}.data": order})
    assert shown[f"{what_if.ORDER}.data"] == order


def test_a_point_that_is_chosen_is_told_in_full(full):
    shown = full.shown(f"{what_if.GRID}.children", what_if.CHOSEN, **{f"{what_if.CHOSEN}.data": f"lru {64 * MIB}"})
    told = words(shown[f"{what_if.PANEL}.children"])
    assert told.startswith("LRU at 64 MB")
    for row in ("Hit rate", "Reads of the store a minute", "Bytes from the store a minute", "Cost a month, about"):
        assert row in told


def test_the_figure_has_a_line_a_policy_where_we_are_and_the_ceiling(full):
    shown = full.shown(f"{what_if.GRAPH}.figure", **{f"{what_if.LIT}.data": ["random"]})
    figure = shown[f"{what_if.GRAPH}.figure"]
    lines = {trace["meta"]["policy"]: trace for trace in figure["data"] if trace["meta"]["role"] == "policy"}
    assert lines.keys() == set(POLICIES)
    assert lines["gdsf"]["line"]["width"] == lines["lru"]["line"]["width"] == 3
    assert "reads of the store a minute" in lines["random"]["text"][0]
    assert [trace["meta"]["role"] for trace in figure["data"]].count("here") == 1
    assert any(shape.get("name") == "ceiling" for shape in figure["layout"]["shapes"])
    assert "Now LRU at 100 MB" in shown[f"{what_if.FRAME}.aria-label"]


@pytest.mark.parametrize(
    ("show", "head"), [("miss", "Miss rate by capacity"), ("bytes", "Bytes from the store by capacity")]
)
def test_what_is_shown_is_one_choice_away(full, show, head):
    window = full.window(show=show)[f"{what_if.WINDOW}.data"]
    shown = full._calls.call(
        f"{what_if.GRAPH}.figure", f"{what_if.WINDOW}.data", {f"{what_if.WINDOW}.data": window}
    )  # fmt: skip
    assert shown[f"{what_if.TITLE}.children"].startswith(head)


def test_where_misses_are_shown_the_answer_speaks_of_misses(full):
    window = full.window(show="miss")[f"{what_if.WINDOW}.data"]
    given = {f"{what_if.WINDOW}.data": window}
    shown = full._calls.call(f"{what_if.SENTENCE}.children", f"{what_if.WINDOW}.data", given)
    assert "100\xa0MB would have missed" in words(shown[f"{what_if.SENTENCE}.children"])


@pytest.mark.parametrize(
    ("text", "target", "told"),
    [
        ("99.9", 99.9, ""),
        ("80.04", 80.0, ""),
        ("99.96", 90.0, "A target is between 1 and 99.9 %, not '99.96'; showing 90 %."),
        ("100", 90.0, "A target is between 1 and 99.9 %, not '100'; showing 90 %."),
        ("-inf", 90.0, "A target is between 1 and 99.9 %, not '-inf'; showing 90 %."),
        ("nan", 90.0, "A target of 'nan' is no percentage; showing 90 %."),
    ],
)
def test_a_target_is_what_its_field_can_take(text, target, told):
    assert what_if.target_of({"target": text}) == (target, told)


@pytest.mark.parametrize(
    ("typed", "target"), [(85, "85"), (99.5, "99.5"), ("85.", "85."), ("85.0", "85.0"), ("085", "085"), ("", "")]
)
def test_a_target_that_is_still_being_typed_is_taken_as_it_stands(manager, typed, target):
    given = {f"{what_if.PRESET}.value": "1h", f"{what_if.INSTANCE}.value": "all", f"{what_if.SHOW}.value": "hit"}
    changed = f"{what_if.TARGET}.value"
    view = manager._calls.call(f"{what_if.VIEW}.data", changed, given | {changed: typed})[f"{what_if.VIEW}.data"]
    assert view["target"] == target
    assert what_if.target_of(view) == (float(typed or 90), "")


def test_an_instance_that_did_not_report_falls_back_to_all_with_a_notice(full):
    chosen = full.window(instance="nobody")
    told = words(chosen[f"{what_if.NOTICE}.children"])
    assert told == "nobody did not report in this hour; showing all instances."
    assert chosen[f"{what_if.WINDOW}.data"]["instance"] == "all"


@pytest.mark.parametrize("changed", [f"{what_if.VIEW}.data", f"{what_if.TICK}.n_intervals"])
def test_a_bad_address_falls_back_with_notices_that_no_minute_takes_away(full, changed):
    chosen = full.window(changed, show="x", target="lots", **{"from": "yesterday"})
    told = words(chosen[f"{what_if.NOTICE}.children"])
    assert "show 'x' is not one of" in told
    assert "A target of 'lots' is no percentage" in told
    assert "'yesterday' is not a time" in told


def test_a_few_requests_suggest_nothing(manager, trace):
    manager.fill(trace[:10])
    shown = manager.shown(f"{what_if.SENTENCE}.children")
    assert words(shown[f"{what_if.SENTENCE}.children"]).startswith("Too early: 6,000 of the 20,000 requests needed.")
    assert shown[f"{what_if.CARDS}.children"] == []


def test_how_long_to_wait_is_told_by_the_last_minutes_and_not_where_the_range_is_over(manager, trace):
    idle = [document | {"requests": 0, "hits": 0, "bytes": 0, "bytes_hit": 0, "points": []} for document in trace[:30]]
    moved = manager.fill([*idle, *trace[30:40]])  # 6,000 in the last ten minutes of forty
    told = words(manager.shown(f"{what_if.SENTENCE}.children")[f"{what_if.SENTENCE}.children"])
    assert re.search(r"of the 20,000 requests needed. About 24 min more", told)
    over = {"from": iso(moved[30]["start"]), "to": iso(moved[34]["start"])}
    window = manager.window(**over)[f"{what_if.WINDOW}.data"]
    given = {f"{what_if.WINDOW}.data": window}
    shown = manager._calls.call(f"{what_if.SENTENCE}.children", f"{what_if.WINDOW}.data", given)
    assert words(shown[f"{what_if.SENTENCE}.children"]).strip().endswith("requests needed.")


def changed_and_restarted(manager, trace, capacity_bytes):
    """Eleven minutes at 100 MB; then another capacity, and a service that began anew two minutes ago."""
    after = whatif_days.Instance(capacity_bytes=capacity_bytes, policies=POLICIES)
    later = [after.minute(60 * n, whatif_days.zipf(32, seed=1, keys=8)) for n in (11, 12)]
    moved = manager.fill([*trace[:11], *later])
    for document in moved[-2:]:
        manager.channel.send_curve(document | {"since": float(moved[-2]["start"])})
    manager.channel.publish(edited(DEFAULT, {"capacity_bytes": capacity_bytes}, now=datetime.now(UTC)))
    return datetime.fromtimestamp(moved[0]["start"], UTC), datetime.fromtimestamp(moved[-2]["start"], UTC)


def test_after_a_change_of_capacity_and_a_restart_now_is_not_a_point_that_saw_few_requests(manager, trace):
    began, anew = changed_and_restarted(manager, trace, 81 * MIB)
    told = words(manager.shown(f"{what_if.SENTENCE}.children")[f"{what_if.CONFIDENCE}.children"])
    assert f"Exact: 6,664 requests since {began:%H:%M} UTC." in told
    assert f"The shadows began anew, with nothing, at {anew:%H:%M} UTC." in told
    told = manager.shown(f"{what_if.GRAPH}.figure")[f"{what_if.TELLS}.children"]
    assert re.search(r"Now LRU at 81\sMB: [3-6]\d\.\d\s%\.", told)
    grid = json.dumps(manager.shown(f"{what_if.GRID}.children")[f"{what_if.GRID}.children"])
    assert re.search(r'"LRU at about 81 MB: [3-6]\d\.\d %, now', grid)


def test_where_nothing_was_looked_at_around_the_new_capacity_counting_starts_with_it(manager, trace):
    _, changed = changed_and_restarted(manager, trace, 4096 * MIB)
    shown = manager.shown(f"{what_if.SENTENCE}.children")
    since = f"since {changed:%H:%M} UTC, when the capacity changed"
    assert words(shown[f"{what_if.SENTENCE}.children"]).startswith(
        f"Too early: 64 of the 20,000 requests needed, counted {since}."
    )
    assert f"Exact: all 64 requests {since}." in words(shown[f"{what_if.CONFIDENCE}.children"])


def test_a_range_that_is_too_short_for_enough_requests_says_so(manager, trace):
    manager.fill(trace[:20])
    window = manager.window(**{"from": "now-15m", "to": "now"})[f"{what_if.WINDOW}.data"]
    given = {f"{what_if.WINDOW}.data": window}
    shown = manager._calls.call(f"{what_if.SENTENCE}.children", f"{what_if.WINDOW}.data", given)
    assert words(shown[f"{what_if.SENTENCE}.children"]).strip().endswith("hold so many: choose a longer one.")


def test_memory_is_paid_for_as_many_caches_as_there_are_and_not_for_those_that_are_gone(manager):
    """Two instances that two others replaced half an hour ago, and one more since five minutes."""
    start = manager.now - 3600
    there = {"a": range(30), "b": range(30), "c": range(30, 60), "d": range(30, 60), "e": range(55, 60)}
    told = [small(name, start + 60 * n, capacity_bytes=MIB) for name, minutes in there.items() for n in minutes]
    whatif_days.fill(manager.channel, told)
    assert manager.outlook().caches == 3
    assert manager.outlook(**{"from": iso(start), "to": iso(manager.now - 300)}).caches == 2
    assert manager.outlook(instance="d").caches == 1
    manager.now += 1800  # nobody lives
    assert manager.outlook().caches == 2


def test_a_capacity_that_no_minute_tells_of_yet_is_what_an_undo_goes_back_from(full):
    full.channel.publish(edited(DEFAULT, {"capacity_bytes": 80 * MIB}, now=datetime.now(UTC)))
    assert full.outlook().now == ("lru", 80 * MIB)
    undone = full.client.put("/api/configuration", json={"capacity_bytes": 100 * MIB}).json
    assert undone["prediction"]["before"] < undone["prediction"]["after"]


def test_on_a_machine_with_too_little_memory_what_it_has_is_what_is_in_force(manager):
    told = [small("a", manager.now - 60 * n, capacity_bytes=2 * MIB) for n in range(1, 10)]
    whatif_days.fill(manager.channel, told)
    assert manager.outlook().now == ("lru", 100 * MIB)
    manager.channel.announce(Announcement("a", manager.now, 0, "lru", 2 * MIB, capped=True))
    assert manager.outlook().now == ("lru", 2 * MIB)


def test_an_empty_page_says_what_to_do(manager):
    shown = manager.shown(f"{what_if.SENTENCE}.children")
    assert words(shown[f"{what_if.SENTENCE}.children"]).startswith("No statistics yet.")
    assert shown[f"{what_if.BODY}.hidden"] is True


def test_a_channel_that_fails_is_said_and_a_script_is_told(full, monkeypatch):
    def fail(self, *asked):
        raise ChannelUnavailable("disk on fire")

    monkeypatch.setattr(SqliteChannel, "curves", fail)
    shown = full.shown(f"{what_if.SENTENCE}.children")
    assert "disk on fire" in words(shown[f"{what_if.SENTENCE}.children"])
    assert full.client.get("/api/what-if").status_code == 503


@pytest.mark.parametrize("estimated", [False, True])
def test_why_requests_missed_says_where_it_is_estimated(manager, trace, estimated):
    manager.fill([document | {"estimated": estimated} for document in trace[:40]])
    told = manager.shown(f"{what_if.SENTENCE}.children")[f"{what_if.REASONS}.children"]
    assert told.startswith("Of 100 misses, in part estimated: " if estimated else "Of 100 misses: ")
    calls = Calls(manager.app, matched="reasons")
    view = {f"{statistics.VIEW}.data": {}}
    window = calls.call(f"{statistics.WINDOW}.data", f"{statistics.VIEW}.data", view)
    part = json.dumps(statistics.of_chart("sentence", "reasons"), sort_keys=True, separators=(",", ":"))
    of_graph = part.replace("sentence", "graph")
    given = {f"{statistics.WINDOW}.data": window[f"{statistics.WINDOW}.data"]}
    given[f"{of_graph}.id"] = statistics.of_chart("graph", "reasons")
    shown = calls.call('{"chart":["MATCH"],"part":"graph"}.figure', f"{statistics.WINDOW}.data", given)
    assert ("These shares are in part estimated" in shown[f"{part}.children"]) == estimated


def test_json_and_csv_hold_the_same_counts(full):
    told = full.client.get("/api/what-if?from=now-2h").json
    assert told["exact"] is True
    assert len(told["points"]) == len(POLICIES) * 11
    assert {point["requests"] for point in told["points"]} == {24_000}
    lines = full.client.get("/export/what-if.csv?from=now-2h").text.split("\r\n")
    assert lines[0].startswith("policy,capacity_bytes,requests,hits,misses,hit_rate")
    assert len(lines) == len(told["points"]) + 2
    first = told["points"][0]
    assert lines[1].startswith(f"{first['policy']},{first['capacity_bytes']},{first['requests']},{first['hits']},")


def alike_from_the_sixth_minute(manager, trace):
    """Forty minutes, in whose first five one of the capacities was not looked at yet."""
    large = max(capacity for _, capacity, *_ in trace[0]["points"])
    before = [d | {"points": [point for point in d["points"] if point[1] != large]} for d in trace[:5]]
    return manager.fill([*before, *trace[5:40]])


def exported(manager, **view):
    """The rows of the page's own link by policy and capacity, and the link."""
    given = {f"{what_if.WINDOW}.data": manager.window(**view)[f"{what_if.WINDOW}.data"]}
    shown = manager._calls.call(f"{what_if.SENTENCE}.children", f"{what_if.WINDOW}.data", given)
    address = shown[f"{what_if.CSV}.href"]
    rows = csv.DictReader(manager.client.get(address).text.splitlines())
    return {(row["policy"], int(row["capacity_bytes"])): row for row in rows}, parse_qs(address.partition("?")[2])


def test_the_csv_of_the_page_has_the_rates_of_its_table_and_another_range_is_whole(manager, trace):
    moved = alike_from_the_sixth_minute(manager, trace)
    rows, asked = exported(manager)
    assert asked["from"] == [iso(moved[5]["start"])]
    assert {row["requests"] for row in rows.values()} == {"21000"}
    grid = json.dumps(manager.shown(f"{what_if.GRID}.children")[f"{what_if.GRID}.children"])
    assert f"GDSF at 100 MB: {float(rows['gdsf', 100 * MIB]['hit_rate']) * 100:.1f} %" in grid
    whole = manager.client.get(f"/api/what-if?from={iso(moved[0]['start'])}").json["points"]
    assert {point["requests"] for point in whole} == {21_000, 24_000}


def test_the_csv_of_a_whole_day_ends_with_the_minute_that_the_page_ends_with(full):
    rows, asked = exported(full, **{"from": "now-24h"})
    assert {row["requests"] for row in rows.values()} == {"24000"}
    assert asked["period"] == ["60"]


def test_without_anything_counted_json_has_the_same_members_as_null(full):
    told = full.client.get("/api/what-if").json
    none = full.client.get("/api/what-if?instance=nobody").json
    assert none.keys() == told.keys()
    assert {name for name, value in none.items() if value is None} == {*ABOUT}


def said_after(folder, told, chosen=None):
    folder.mkdir()
    manager = Manager(folder)
    if told:
        manager.fill(told)
    return manager.shown(f"{what_if.SAID}.children", **{f"{what_if.CHOSEN}.data": chosen})[f"{what_if.SAID}.children"]


def test_what_is_read_aloud_changes_with_the_answer_and_the_chosen_point_alone(tmp_path, trace):
    assert said_after(tmp_path / "none", []) == "Nothing was counted in this range."
    assert said_after(tmp_path / "early", trace[:10]) == "Too early to tell."
    answer = said_after(tmp_path / "before", trace[:39])
    assert answer == "Yes: same memory, better policy, GDSF at 100 MB."
    assert said_after(tmp_path / "after", trace[:40]) == answer
    chosen = said_after(tmp_path / "chosen", trace[:40], f"lru {64 * MIB}")
    assert chosen == f"{answer} LRU at 64 MB is told in full below the table."


def test_nothing_that_each_minute_writes_anew_is_read_aloud():
    page = json.loads(json.dumps(what_if.layout(), cls=PlotlyJSONEncoder))
    assert sorted(live_in(page)) == [what_if.NOTICE, what_if.SAID]


def live_in(part):
    """The ids of all that a screen reader reads whenever it changes."""
    if isinstance(part, list):
        return [found for each in part for found in live_in(each)]
    if not isinstance(part, dict):
        return []
    given = part.get("props", {})
    own = [given.get("id")] if given.get("role") in ("status", "alert") or "aria-live" in given else []
    return own + live_in(given.get("children"))


def test_an_instance_that_is_none_has_nothing(full):
    assert full.client.get("/api/what-if?instance=nobody").json["points"] == []


def test_a_change_by_a_script_keeps_what_it_is_expected_to_do(full):
    document = full.client.put("/api/configuration", json={"policy": "gdsf"}).json
    assert document["prediction"]["after"] > document["prediction"]["before"]
    assert full.client.put("/api/configuration", json={"reason": "nothing"}).json["prediction"] is None


def test_a_verdict_is_told_with_the_four_numbers(manager, trace):
    moved = manager.fill(trace)
    manager.channel.send_curve(moved[0])
    at = datetime.fromtimestamp(moved[40]["start"] - 2, UTC)
    promised = {"start": 0, "end": 60, "requests": 24_000, "before": 0.70, "after": 0.77, "error": 0.005}
    change = edited(DEFAULT, {"policy": "gdsf", "author": "maria"}, now=at)
    manager.channel.publish(type(change).model_validate(change.model_dump() | {"prediction": promised}))
    told = words(manager.activity()[f"{activity.ROWS}.children"])
    assert "LRU → GDSF 70.0 % 77.0 % ±0.5" in told
    assert "The shadows promise" in told
    answer = manager.client.get("/api/activity").json
    assert answer["score"]["judged"] == 1
    [change] = answer["changes"]
    assert change["verdict"]["kind"] in ("came true", "worse", "traffic changed")
    assert abs(change["verdict"]["off"]) < 0.03
    assert change["verdict"]["unchanged_hit_rate"] < change["verdict"]["hit_rate"]
    assert words(manager.activity(text="nobody")[f"{activity.ROWS}.children"]) == activity.NONE_MATCHES


def test_a_script_is_told_no_verdict_while_curves_cannot_be_read(manager, monkeypatch):
    def fail(self, *asked):
        raise ChannelUnavailable("disk on fire")

    promised = {"start": 0, "end": 60, "requests": 24_000, "before": 0.70, "after": 0.77, "error": 0.005}
    change = edited(DEFAULT, {"policy": "gdsf"}, now=datetime.fromtimestamp(manager.now - 600, UTC))
    manager.channel.publish(type(change).model_validate(change.model_dump() | {"prediction": promised}))
    monkeypatch.setattr(SqliteChannel, "curves", fail)
    for path in ("/api/activity", "/export/activity.csv"):
        answer = manager.client.get(path)
        assert (answer.status_code, "disk on fire" in answer.json["detail"]) == (503, True)


def test_a_prediction_that_waits_for_its_verdict_is_not_asked_for_once_more():
    nothing_yet = Score(0, 0, None, 0)
    assert "Apply a suggestion" in score_words(nothing_yet)
    assert score_words(replace(nothing_yet, waiting=1)) == "1 prediction waits for its verdict."
    assert score_words(replace(nothing_yet, waiting=2)) == "2 predictions wait for their verdict."


def test_activity_begins_empty(manager):
    shown = manager.activity()
    assert words(shown[f"{activity.ROWS}.children"]).startswith("No changes yet")
    assert "No prediction has been put to the test yet." in shown[f"{activity.SCORE}.children"]


def test_capacity_stands_over_miss_rate_with_each_change_marked(manager, trace):
    moved = manager.fill(trace[:50])
    at = datetime.fromtimestamp(moved[30]["start"], UTC)
    manager.channel.publish(edited(DEFAULT, {"policy": "gdsf"}, now=at))
    shown = manager._calls.call(f"{activity.GRAPH}.figure", f"{activity.SPAN}.value", {f"{activity.SPAN}.value": "3h"})
    figure = shown[f"{activity.GRAPH}.figure"]
    assert [(trace["name"], trace["yaxis"]) for trace in figure["data"]] == [("Capacity", "y"), ("Miss rate", "y2")]
    assert None in figure["data"][1]["y"]
    assert [shape["name"] for shape in figure["layout"]["shapes"]] == ["change v1"]
    assert shown[f"{activity.TELLS}.children"].startswith("Capacity 100 MB; miss rate ")


@pytest.mark.parametrize(
    ("minutes_ago", "span"), [(3, "15m"), (42, "1h"), (100, "3h"), (600, "24h"), (1440, "24h"), (None, "24h")]
)
def test_the_timeline_begins_with_the_shortest_range_that_holds_all_there_is(minutes_ago, span):
    assert activity.span_from(None if minutes_ago is None else 1_800_000_000 - 60 * minutes_ago, 1_800_000_000) == span


def test_a_young_system_fills_the_timeline(full):
    assert full._calls.call(f"{activity.SPAN}.value", f"{activity.SPAN}.id", {}) == {f"{activity.SPAN}.value": "1h"}


def test_without_statistics_the_timeline_says_so(manager):
    shown = manager._calls.call(f"{activity.GRAPH}.figure", f"{activity.SPAN}.value", {f"{activity.SPAN}.value": "24h"})
    assert shown[f"{activity.TELLS}.children"] == "No statistics in this range."
