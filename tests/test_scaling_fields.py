"""The fields of auto-scaling: what matters to a mode is read, and what is wrong is said at its field."""

import pytest

from cache.config import DEFAULT, MIB, Autoscale, edited
from dashboard.changes import what_changed
from dashboard.editing import moved_onto, save
from dashboard.forms import draft_of, is_change, read_capacity, read_draft
from dashboard.ranges import utc
from dashboard.scaling.fields import of_mode, read_scale, rows, rules_of, scale_texts
from dashboard.scaling.modes import FIELDS, MODES
from metrics.sqlite_channel import SqliteChannel

NOW = utc(1_795_435_500)


def read(base=None, **texts):
    base = base or Autoscale()
    return read_scale(scale_texts(base) | texts, base, read_capacity)


def test_every_mode_of_the_document_is_offered_and_every_field_is_one_of_its_members():
    assert list(MODES) == ["manual", "miss_rate", "target", "cost"]
    assert {field.name for field in FIELDS} < set(Autoscale.model_fields)


@pytest.mark.parametrize("mode", MODES)
def test_what_stands_in_the_fields_reads_back_as_it_was(mode):
    rules = Autoscale(mode=mode, grow_above=0.333, min_bytes=65_537, max_bytes=3 * MIB, shrink_ratio=0.7)
    edit, errors = read(rules)
    assert errors == {}
    assert rules_of(rules, edit) == rules


def test_only_the_fields_of_the_mode_are_read():
    edit, errors = read(mode="target", target_miss_rate="25", grow_above="nonsense")
    assert errors == {}
    assert edit["target_miss_rate"] == 0.25
    assert "grow_above" not in edit


@pytest.mark.parametrize(
    ("texts", "field", "words"),
    [
        ({"mode": "target", "target_miss_rate": "150"}, "target_miss_rate", "from 0 to 100 %"),
        ({"mode": "target", "target_miss_rate": "abc"}, "target_miss_rate", "from 0 to 100 %"),
        ({"mode": "cost", "cooldown_seconds": "1.5"}, "cooldown_seconds", "from 0 to 86,400 seconds"),
        ({"mode": "cost", "cooldown_seconds": ""}, "cooldown_seconds", "from 0 to 86,400 seconds"),
        ({"mode": "cost", "grow_ratio": "1"}, "grow_ratio", "above 1, 16 at most"),
        ({"mode": "cost", "shrink_ratio": "1"}, "shrink_ratio", "between 0 and 1"),
        ({"mode": "cost", "min_bytes": "0"}, "min_bytes", "from 64 KB to 1 TB"),
        ({"mode": "cost", "min_bytes": "200", "max_bytes": "100"}, "max_bytes", "must not be below the smallest"),
        ({"mode": "miss_rate", "grow_above": "10", "shrink_below": "20"}, "shrink_below", "must not begin above"),
        ({"mode": "magic"}, "mode", "Choose a mode"),
    ],
)
def test_what_does_not_hold_is_said_at_its_field(texts, field, words):
    _, errors = read(**texts)
    assert list(errors) == [field]
    assert words in errors[field]


def test_what_is_read_makes_a_valid_document():
    for mode in MODES:
        edit, errors = read(mode=mode, grow_ratio="16", shrink_ratio="0.01", cooldown_seconds="0", min_bytes="64 KB")
        assert errors == {}
        assert edited(DEFAULT, {"autoscale": edit}, now=NOW).autoscale.mode == mode


def test_the_panel_shows_the_mode_and_what_matters_to_the_new_one():
    told = rows(Autoscale(), Autoscale(mode="target"))
    assert told[0] == ("Auto-scaling", "Manual", "Target")
    assert [label for label, *_ in told[1:]] == [field.label for field in of_mode("target")]
    assert rows(Autoscale(mode="cost"), Autoscale(mode="cost", max_bytes=2 * MIB, min_bytes=MIB))[1:] == [
        ("Never larger than", "1 GB", "2 MB")
    ]


def test_a_mode_alone_is_a_change_and_is_told_in_the_history():
    draft = draft_of(DEFAULT)
    draft = type(draft)(draft.policy, draft.capacity, scale={**draft.scale, "mode": "target"})
    assert is_change(draft, DEFAULT)
    assert not is_change(draft_of(DEFAULT), DEFAULT)
    edit, _ = read_draft(draft, DEFAULT)
    after = edited(DEFAULT, edit, now=NOW)
    assert what_changed(DEFAULT, after) == "auto-scaling Manual → Target"


def test_what_i_changed_is_put_on_what_another_saved(tmp_path):
    theirs = edited(DEFAULT, {"autoscale": {"mode": "cost", "max_bytes": 50 * MIB}}, now=NOW)
    draft = draft_of(DEFAULT)
    mine = type(draft)(draft.policy, draft.capacity, scale={**draft.scale, "cooldown_seconds": "900"})
    moved = moved_onto(theirs, DEFAULT, mine)
    assert (moved.scale["mode"], moved.scale["max_bytes"], moved.scale["cooldown_seconds"]) == ("cost", "50", "900")


def test_an_edit_of_auto_scaling_that_came_second_is_told(tmp_path):
    channel = SqliteChannel(str(tmp_path / "channel.db"))
    theirs = edited(DEFAULT, {"autoscale": {"mode": "cost"}}, now=NOW)
    channel.publish(theirs)
    mine = {"policy": "lru", "capacity_bytes": 100 * MIB, "autoscale": {"mode": "target"}}
    assert save(channel, DEFAULT, mine, NOW).overtaken == theirs
    assert save(channel, DEFAULT, mine | {"autoscale": {"mode": "cost"}}, NOW).saved == theirs
