"""A cache that instances share, on the pages and for scripts, without a browser."""

import json
import time

import pytest

from cache.config import DEFAULT, MIB, edited
from dashboard.app import create_app
from dashboard.charts import CHARTS
from dashboard.pages import configuration as page
from dashboard.pages import statistics, what_if
from dashboard.pages.configuration_saving import of_question
from dashboard.pages.parts import TABLE_COLUMNS
from dashboard.ranges import utc
from dashboard.settings import Settings
from metrics.program import VERSION
from metrics.schema import OF_ENGINE
from metrics.sqlite_channel import SqliteChannel
from tests import shared_cache, whatif_days
from tests.dash_calls import Calls
from tests.shared_cache import AWAY, CAPACITY_BYTES, FIXED, NAMES
from tests.test_configuration_page import words

NOT_IN_REDIS = ("fifo", "sieve", "s3fifo", "gdsf")


class Manager:
    """The app on a channel with four instances that share a cache of 400 MB, and what its pages show."""

    def __init__(self, folder):
        self.channel = SqliteChannel(str(folder / "channel.db"))
        app = create_app(Settings(data_dir=folder), self.channel)
        self.calls, self.client = Calls(app), app.server.test_client()
        self.document = DEFAULT

    def publish(self, **edit):
        self.document = edited(self.document, {"capacity_bytes": CAPACITY_BYTES} | edit, now=utc(time.time() - 900))
        self.channel.publish(self.document)
        return self

    def fill(self, **more):
        shared_cache.fill(self.channel, time.time(), self.document, **more)
        return self

    def statistics(self, output, **view):
        window = self.calls.call(
            f"{statistics.WINDOW}.data", f"{statistics.VIEW}.data", {f"{statistics.VIEW}.data": view}
        )
        return self.calls.call(output, f"{statistics.WINDOW}.data", window)

    def follow(self):
        return self.calls.call(f"{page.SEEN}.data", f"{page.TURN}.data", {})

    def allowed(self):
        return self.calls.call(f"{page.POLICY}.description", f"{page.SEEN}.data", {})

    def form(self, **address):
        return self.calls.call(f"{page.BASE}.data", f"{page.SEEN}.data", {f"{page.ADDRESS}.data": address})

    def preview(self, policy="lru", capacity="400"):
        given = {f"{page.POLICY}.value": policy, f"{page.CAPACITY}.value": capacity}
        base = {f"{page.BASE}.data": self.document.model_dump()}
        return self.calls.call(f"{page.PANEL}.children", f"{page.CAPACITY}.value", given | base)

    def what_if(self, output, changed=what_if.WINDOW, **values):
        window = self.window()
        return self.calls.call(output, f"{changed}.data", {f"{what_if.WINDOW}.data": window} | values)

    def point(self, policy):
        chosen = {f"{what_if.CHOSEN}.data": f"{policy} {64 * MIB}"}
        return self.what_if(f"{what_if.GRID}.children", what_if.CHOSEN, **chosen)

    def window(self, **view):
        shown = self.calls.call(f"{what_if.WINDOW}.data", f"{what_if.VIEW}.data", {f"{what_if.VIEW}.data": view})
        self.chosen = shown
        return shown[f"{what_if.WINDOW}.data"]

    def put(self, **edit):
        return self.client.put("/api/configuration", json=edit)


@pytest.fixture
def manager(tmp_path):
    return Manager(tmp_path).publish()


def cards(manager, **view):
    shown = manager.statistics(f"{statistics.CARDS}.children", **view)
    return [words(card) for card in shown[f"{statistics.CARDS}.children"]]


# --- Statistics -------------------------------------------------------------------------------------------------------


def test_the_card_of_the_cache_counts_it_once(manager):
    manager.fill()
    [size] = [card for card in cards(manager) if card.startswith("Cache size")]
    assert "387 MB  of 400 MB" in size
    assert "96.8 % full, shared by 4" in size


def test_the_card_of_one_that_does_not_tell_of_the_cache_says_where_it_is_told(manager):
    manager.fill()
    [size] = [card for card in cards(manager, instance=NAMES[2]) if card.startswith("Cache size")]
    assert size.endswith("shared: told for all instances")


def test_a_cache_without_a_limit_is_no_missing_number(manager):
    end = int(time.time()) // 60 * 60
    manager.channel.send(
        [shared_cache.minute(NAMES[0], end - 60 * n, holds=True, capacity_bytes=0) for n in range(1, 4)]
    )
    [size] = [card for card in cards(manager) if card.startswith("Cache size")]
    assert "387 MB" in size
    assert "no limit of its own" in size


def test_the_banner_tells_whom_the_shared_cache_does_not_answer(manager):
    manager.fill(each={NAMES[1]: {"cache_problem": AWAY}, NAMES[3]: {"cache_problem": AWAY}})
    shown = manager.statistics(f"{statistics.CARDS}.children")
    assert words(shown[f"{statistics.CACHE}.children"]) == (
        f"The shared cache fails 2 of 4 instances: {AWAY}. What it does not give comes from the store."
    )
    manager.fill()
    manager.put(reason="so that the channel is read anew")
    shown = manager.statistics(f"{statistics.CARDS}.children", **{"from": "now-15m"})
    assert shown[f"{statistics.CACHE}.children"] == []


def test_the_fleet_stands_as_a_table_with_what_is_shared_told_once(manager):
    manager.fill(each={NAMES[1]: {"program": "0.0.9"}, NAMES[2]: {"cache_problem": AWAY}})
    table = manager.statistics(f"{statistics.INSTANCES}.children")[f"{statistics.INSTANCES}.children"]
    head, body = table["props"]["children"]
    assert [words(cell) for cell in head["props"]["children"]["props"]["children"]] == [
        "Instance", "State", "Program", "Configuration", "Policy", "Last minute", "Requests a minute", "Hit rate",
        "Fill", "Items",
    ]  # fmt: skip
    rows = [[words(cell) for cell in row["props"]["children"]] for row in body["props"]["children"]]
    minute = f"{utc(time.time() // 60 * 60 - 60):%H:%M}"
    assert [row[5] for row in rows] == [minute] * 5
    assert [row[:5] + row[6:] for row in rows] == [
        [NAMES[0], "Reports", VERSION, "v1", "LRU", "300", "80.0 %", "96.8 % of 400 MB", "9,724"],
        [NAMES[1], "Reports", "0.0.9", "v1", "LRU", "300", "80.0 %", "shared", "shared"],
        [NAMES[2], "Cache fails", VERSION, "v1", "LRU", "300", "80.0 %", "shared", "shared"],
        [NAMES[3], "Reports", VERSION, "v1", "LRU", "300", "80.0 %", "shared", "shared"],
        ["All 4", "4 of 4 report", "2 versions", "v1 on 4 of 4", "LRU", "1,200", "80.0 %",
         "96.8 % of 400 MB", "9,724"],
    ]  # fmt: skip


def test_caches_of_their_own_add_up_in_the_total(manager):
    manager.fill(engine="")
    end = int(time.time()) // 60 * 60
    manager.channel.send([shared_cache.minute(name, end - 60, holds=True, config_version=1) for name in NAMES])
    table = manager.statistics(f"{statistics.INSTANCES}.children")[f"{statistics.INSTANCES}.children"]
    last = words(table["props"]["children"][1]["props"]["children"][-1])
    assert last.endswith("96.8 % of 1.56 GB 38,896")


# --- Configuration ----------------------------------------------------------------------------------------------------


def test_what_the_engine_has_not_can_not_be_pressed_and_it_is_said_why(manager):
    shown = manager.fill().allowed()
    off = {name for name in (*NOT_IN_REDIS, "lru", "random", "lfu") if shown[f"{page.POLICY}-{name}.disabled"]}
    assert off == set(NOT_IN_REDIS)
    assert shown[f"{page.POLICY}.description"].startswith("Redis evicts by LRU, Random or LFU; FIFO, ")
    assert shown[f"{page.CAPACITY}.label"] == "Shared capacity"
    assert not shown[f"{page.CAPACITY}.disabled"]


def test_with_caches_of_their_own_everything_can_be_chosen(manager):
    shown = manager.fill(engine="").allowed()
    assert not any(disabled for name, disabled in shown.items() if name.endswith("disabled"))
    assert (shown[f"{page.POLICY}.description"], shown[f"{page.CAPACITY}.label"]) == ("", "Capacity an instance")


def test_what_only_a_shared_cache_counts_stands_in_no_table_or_chart_of_statistics():
    shown = {column["field"] for column in TABLE_COLUMNS} | {line.column for chart in CHARTS for line in chart.lines}
    assert not shown & {*OF_ENGINE}


def test_what_changes_is_of_one_cache(manager):
    shown = manager.fill().preview(capacity="800")
    told = words(shown[f"{page.PANEL}.children"])
    assert "Shared capacity 400 MB 800 MB" in told
    assert "In all" not in told
    assert "× 4" not in told
    assert shown[f"{page.IN_ALL}.children"] == ""


def test_a_policy_that_the_engine_has_not_can_not_be_applied(manager):
    shown = manager.fill().preview(policy="gdsf")
    assert shown[f"{page.APPLY}.disabled"] is True
    assert shown[f"{page.WHY_NOT}.children"] == "Redis evicts by LRU, Random or LFU; GDSF is for memory: only."


def test_where_all_is_the_servers_own_the_page_shows_it_and_nothing_can_be_changed(manager):
    manager.fill(fixed=FIXED, capacity_bytes=500 * MIB)
    in_force = words(manager.follow()[f"{page.IN_FORCE}.children"])
    assert "Policy and capacity are the server's: LRU (allkeys-lru), 500 MB, shared by 4 instances." in in_force
    allowed = manager.allowed()
    assert all(allowed[f"{page.POLICY}-{name}.disabled"] for name in (*NOT_IN_REDIS, "lru", "random", "lfu"))
    assert [allowed[f"{page.MODE}-{mode}.disabled"] for mode in ("manual", "miss_rate", "target", "cost")] == [
        False, True, True, True,
    ]  # fmt: skip
    assert allowed[f"{page.CAPACITY}.disabled"] is allowed[f"{page.SLIDER}.disabled"] is True
    form = manager.form(policy="lfu")
    assert (form[f"{page.POLICY}.value"], form[f"{page.CAPACITY}.value"]) == ("lru", "500")
    assert "which are the server's" in words(form[f"{page.NOTICES}.children"])
    shown = manager.preview(capacity="500")
    assert words(shown[f"{page.PANEL}.children"]).startswith("Nothing can be changed from here")
    assert (shown[f"{page.APPLY}.disabled"], shown[f"{page.DISCARD}.disabled"]) == (True, True)


def test_undoing_goes_back_to_nothing_that_the_engine_has_not(manager):
    manager.publish(policy="gdsf").publish(policy="lru").fill()
    undo = {f"{page.TO_SAVE}.data": {"button": {"undo": 3}}, f"{page.BASE}.data": manager.document.model_dump()}
    shown = manager.calls.call(f"{page.PENDING}.data", f"{page.TO_SAVE}.data", undo)
    assert "can't be gdsf: Redis evicts by LRU, Random or LFU" in words(shown[f"{page.NOTICES}.children"])
    assert shown[f"{of_question('shrink', 'dialog')}.opened"] is False
    assert manager.channel.newest().version == 3


# --- for scripts ------------------------------------------------------------------------------------------------------


def test_scripts_are_refused_in_the_same_words(manager):
    manager.fill()
    answer = manager.put(policy="gdsf")
    assert answer.status_code == 422
    assert answer.json["errors"] == {
        "policy": "can't be gdsf: Redis evicts by LRU, Random or LFU; GDSF is for memory: only"
    }
    assert manager.put(policy="lfu", capacity_bytes=MIB).status_code == 200


def test_scripts_can_not_change_what_is_the_servers_own(manager):
    manager.fill(fixed=FIXED)
    for edit, field in (
        ({"policy": "lfu"}, "policy"),
        ({"capacity_bytes": MIB}, "capacity_bytes"),
        ({"autoscale": {"mode": "target"}}, "autoscale.mode"),
    ):
        answer = manager.put(**edit)
        assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
        assert FIXED in answer.json["detail"]
    assert manager.put(purge={"generation": 1}).status_code == 200


def test_scripts_see_the_fleet_and_its_cache_as_one(manager):
    manager.fill(fixed=FIXED, each={NAMES[1]: {"cache_problem": AWAY}})
    told = manager.client.get("/api/instances").json
    assert told["cache"] == {
        "engine": "Redis", "fixed": FIXED, "caches": 1, "items": 9724, "size_bytes": 387 * MIB,
        "capacity_bytes": CAPACITY_BYTES,
    }  # fmt: skip
    assert [(one["program"], one["engine"], one["cache_problem"]) for one in told["instances"]] == [
        (VERSION, "Redis", AWAY if name == NAMES[1] else "") for name in NAMES
    ]


# --- What-if ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def curves():
    """Forty minutes from second 0 on, of two policies that Redis has and one that it has not."""
    return [*whatif_days.documents(0, 40, 600, policies=("lru", "lfu", "gdsf"))]


@pytest.fixture
def shown(manager, curves):
    """What-if of one cache of 100 MB, whose curve the first instance sent and then the second."""

    def show(**more):
        end = int(time.time()) // 60 * 60
        manager.publish(capacity_bytes=100 * MIB).fill(**more)
        for number, document in enumerate(curves):
            start, name = end - 60 * (40 - number), NAMES[number // 20]
            moved = document | {"start": start, "since": end - 2400, "instance": name}
            manager.channel.send_curve(moved)
            manager.channel.send([whatif_days.minute_of(moved, manager.document.version)])
        return manager

    return show


def test_only_what_the_engine_has_is_suggested_and_can_be_applied(shown):
    manager = shown()
    told = manager.what_if(f"{what_if.SENTENCE}.children")
    assert "gdsf" not in json.dumps(told[f"{what_if.CARDS}.children"]).lower()
    assert "/configuration?policy=lru" in json.dumps(told[f"{what_if.CARDS}.children"])
    point = manager.what_if(
        f"{what_if.GRID}.children", what_if.CHOSEN, **{f"{what_if.CHOSEN}.data": f"gdsf {64 * MIB}"}
    )
    assert "GDSF is for memory: only." in words(point[f"{what_if.PANEL}.children"])
    assert "/configuration?" not in json.dumps(point[f"{what_if.PANEL}.children"])
    point = manager.point("lfu")
    assert "/configuration?policy=lfu" in json.dumps(point[f"{what_if.PANEL}.children"])


def test_it_says_that_the_engine_samples_and_that_the_curve_is_of_all(shown):
    told = words(shown().what_if(f"{what_if.SENTENCE}.children")[f"{what_if.CONFIDENCE}.children"])
    assert "All instances share one cache, so this is of all their requests." in told
    assert "gives up the least lately used of five entries that it draws" in told


def test_the_figure_draws_the_others_too_over_the_capacity_of_the_shared_cache(shown):
    figure = shown().what_if(f"{what_if.GRAPH}.figure")[f"{what_if.GRAPH}.figure"]
    assert {trace["meta"].get("policy") for trace in figure["data"]} >= {"lru", "lfu", "gdsf"}
    assert figure["layout"]["xaxis"]["title"]["text"] == "Shared capacity, each step doubles"


def test_there_is_no_curve_of_a_single_instance(shown):
    manager = shown()
    assert manager.window(instance=NAMES[1])["instance"] == "all"
    assert "showing that of all" in words(manager.chosen[f"{what_if.NOTICE}.children"])
    assert manager.chosen[f"{what_if.INSTANCE}.display"] == "none"


def test_what_two_instances_told_in_turn_is_as_long_as_it_took(shown):
    manager = shown()
    answer = manager.client.get(f"/api/what-if?from=now-1h&instance={NAMES[1]}").json
    assert (answer["instance"], answer["really"]["requests"]) == ("all", 40 * 600)
    [now] = [p for p in answer["points"] if (p["policy"], p["capacity_bytes"]) == ("lru", 100 * MIB)]
    told = words(manager.point("lru")[f"{what_if.PANEL}.children"])
    assert f"Reads of the store a minute {(now['requests'] - now['hits']) / 40:.0f} " in told


def test_where_all_is_the_servers_own_nothing_can_be_applied(shown):
    manager = shown(fixed=FIXED, capacity_bytes=100 * MIB)
    told = manager.what_if(f"{what_if.SENTENCE}.children")
    assert "/configuration?" not in json.dumps(told[f"{what_if.CARDS}.children"])


def test_of_a_server_whose_policy_is_none_of_ours_nothing_is_promised(shown):
    manager = shown(fixed=FIXED, policy="noeviction", capacity_bytes=0)
    told = words(manager.what_if(f"{what_if.SENTENCE}.children")[f"{what_if.SENTENCE}.children"])
    assert told.startswith("The server evicts by noeviction, which What-if does not play")
    assert manager.what_if(f"{what_if.GRAPH}.figure")[f"{what_if.GRAPH}.figure"]["data"]
