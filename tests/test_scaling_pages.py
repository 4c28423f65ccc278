"""What the auto-scaler did and would do, on the pages and for scripts, without a browser."""

import csv
import io
from dataclasses import replace

import pytest

from cache.config import MIB
from dashboard.app import create_app
from dashboard.pages import activity
from dashboard.pages import configuration as page
from dashboard.settings import Settings
from tests.dash_calls import Calls
from tests.test_autoscaler import World
from tests.test_configuration_page import words


@pytest.fixture
def world(tmp_path):
    """Twenty minutes, an auto-scaler that grew, then one that held, and a manager of it all."""
    world = World(tmp_path / "channel.db")
    world.scale("miss_rate")
    world.report()
    grown = world.scaler().tick()
    held = replace(grown, id="held", time=grown.time + 1, action="hold", why="cooldown", applied_version=None,
                   chosen_bytes=grown.capacity_bytes, sentence="Held at 64 MB: =1+1 of 5 min left.")  # fmt: skip
    world.channel.send_decision(held)
    world.app = create_app(Settings(data_dir=tmp_path), world.channel)
    world.calls = Calls(world.app)
    world.client = world.app.server.test_client()
    return world


def shown(world, which="all", text=""):
    given = {f"{activity.WHICH}.value": which, f"{activity.FILTER}.value": text, f"{activity.SPAN}.value": "24h"}
    return words(world.calls.call(f"{activity.ROWS}.children", f"{activity.TICK}.n_intervals", given)[
        f"{activity.ROWS}.children"])  # fmt: skip


def test_a_change_by_the_autoscaler_stands_with_its_sentence_and_what_was_turned_down(world):
    told = shown(world, "changes")
    assert "“Grew 64 MB → 128 MB: " in told
    assert "Turned down 64 MB (misses more than the maximum, " in told
    assert "Held" not in told


def test_what_was_held_stands_there_too_and_can_be_filtered(world):
    assert "Held at 64 MB: =1+1" in shown(world)
    only = shown(world, "held")
    assert "Held at 64 MB" in only
    assert "Grew" not in only
    assert shown(world, "held", "nothing like it") == activity.NONE_MATCHES


def test_decisions_are_marks_on_the_capacity_and_thresholds_lie_across_the_miss_rate(world):
    figure = world.calls.call(f"{activity.GRAPH}.figure", f"{activity.SPAN}.value", {f"{activity.SPAN}.value": "3h"})[
        f"{activity.GRAPH}.figure"]  # fmt: skip
    traces = {trace["name"]: trace for trace in figure["data"]}
    assert list(traces) == ["Capacity", "Miss rate", "Maximum", "Minimum", "Grew", "Held"]
    assert {value for value in traces["Maximum"]["y"] if value is not None} == {0.2}
    assert traces["Grew"]["yaxis"] == "y"
    assert traces["Grew"]["text"][0].startswith("Grew 64 MB → 128 MB: ")


def test_both_are_in_the_export_with_formulas_guarded(world):
    answer = world.client.get("/export/activity.csv?from=now-1h")
    assert answer.content_type.startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert sorted((row["kind"], row["action"]) for row in rows if row["author"] == "autoscaler") == [
        ("change", ""), ("decision", "grow"), ("decision", "hold"),
    ]  # fmt: skip
    grown = next(row for row in rows if row["action"] == "grow")
    assert (grown["capacity_bytes"], grown["chosen_bytes"], grown["version"]) == (str(64 * MIB), str(128 * MIB), "2")


def test_scripts_get_the_decisions_with_what_they_rest_on(world):
    answer = world.client.get("/api/activity").json
    held, grown = answer["decisions"]
    assert (held["action"], grown["action"]) == ("hold", "grow")
    assert grown["inputs"]["requests"] == 3000
    assert grown["rejected"][0]["because"] == "misses more than the maximum"
    assert len(answer["changes"]) == 2


def preview(world, **scale):
    newest = world.channel.newest()
    texts = {f"{page.of_field(name)}.value": text for name, text in scale.items() if name != "mode"}
    given = {
        f"{page.BASE}.data": newest.model_dump(), f"{page.POLICY}.value": newest.policy,
        f"{page.CAPACITY}.value": str(newest.capacity_bytes // MIB), f"{page.MODE}.value": scale["mode"],
    }  # fmt: skip
    return world.calls.call(f"{page.PANEL}.children", f"{page.MODE}.value", given | texts)


def test_the_panel_says_what_changes_and_what_it_would_do_now(world):
    told = preview(world, mode="target", target_miss_rate="25")
    panel = words(told[f"{page.PANEL}.children"])
    assert "Auto-scaling Miss rate Target" in panel
    assert "Target miss rate" in panel
    assert "25.0 %" in panel
    assert "What it would do now Would hold at 128 MB: " in panel
    assert told[f"{page.APPLY}.disabled"] is False


def test_a_field_that_does_not_hold_keeps_from_applying(world):
    told = preview(world, mode="target", target_miss_rate="lots")
    assert told[f"{page.WHY_NOT}.children"] == "Auto-scaling is not right yet."
    assert told[f"{page.APPLY}.disabled"] is True


def test_manual_says_nothing_of_what_it_would_do(world):
    assert "would do now" not in words(preview(world, mode="manual")[f"{page.PANEL}.children"])


def test_only_the_fields_of_a_mode_are_in_sight(world):
    chosen = world.calls.call(f"{page.SCALE}.className", f"{page.MODE}.value", {f"{page.MODE}.value": "cost"})
    assert chosen == {f"{page.SCALE}.className": "scale scale-cost"}
