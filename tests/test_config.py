"""The configuration document: what an edit may say, and what is refused in words."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from cache.config import DEFAULT, MIB, Configuration, EditRefused, edited
from cache.policies import POLICIES

NOW = datetime(2026, 11, 23, 12, 4, tzinfo=UTC)


def test_version_0_is_lru_with_100_mib():
    assert (DEFAULT.version, DEFAULT.policy, DEFAULT.capacity_bytes) == (0, "lru", 100 * MIB)
    assert DEFAULT.autoscale.mode == "manual"


def test_an_edit_sends_what_it_changes_and_the_rest_stays():
    first = edited(DEFAULT, {"policy": "random", "author": "maria", "reason": "to compare"}, now=NOW)
    second = edited(first, {"capacity_bytes": 200 * MIB, "autoscale": {"cooldown_seconds": 60}}, now=NOW)
    assert (first.version, first.parent, first.author, first.reason) == (1, 0, "maria", "to compare")
    assert (second.version, second.parent, second.policy) == (2, 1, "random")
    assert (second.author, second.reason) == ("api", "")
    assert (second.autoscale.cooldown_seconds, second.autoscale.grow_ratio) == (60, 2.0)
    assert second.created_at == "2026-11-23T12:04:00.000Z"
    assert first.id != second.id


def test_a_document_that_was_read_can_be_sent_back_whole():
    first = edited(DEFAULT, {"policy": "random"}, now=NOW)
    whole = json.loads(first.model_dump_json()) | {"policy": "lru"}
    again = edited(first, whole, now=NOW)
    assert (again.version, again.parent, again.policy) == (2, 1, "lru")
    assert again.purge == first.purge


def test_a_new_purge_generation_clears_all_unless_it_names_keys():
    keys = edited(DEFAULT, {"purge": {"generation": 1, "keys": ["a"]}}, now=NOW)
    everything = edited(keys, {"purge": {"generation": 2}}, now=NOW)
    assert keys.purge.keys == ["a"]
    assert everything.purge.keys == []
    assert edited(everything, {"policy": "random"}, now=NOW).purge == everything.purge


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"capacity_bytes": 0}, "capacity_bytes"),
        ({"capacity_bytes": -1}, "capacity_bytes"),
        ({"capacity_bytes": float("nan")}, "capacity_bytes"),
        ({"capacity_bytes": 1e30}, "capacity_bytes"),
        ({"capacity_bytes": 10**30}, "capacity_bytes"),
        ({"capacity_bytes": 65_535}, "capacity_bytes"),
        ({"capacity_bytes": 2**40 + 1}, "capacity_bytes"),
        ({"capacity_bytes": True}, "capacity_bytes"),
        ({"capacity_bytes": "104857600"}, "capacity_bytes"),
        ({"capacity_bytes": None}, "capacity_bytes"),
        ({"policy": "optimal"}, "policy"),
        ({"policy": None}, "policy"),
        ({"policy": ["lru"]}, "policy"),
        ({"colour": "red"}, "colour"),
        ({"autoscale": {"speed": 1}}, "autoscale.speed"),
        ({"autoscale": {"mode": "magic"}}, "autoscale.mode"),
        ({"autoscale": {"grow_above": float("inf")}}, "autoscale.grow_above"),
        ({"autoscale": {"min_bytes": 2**30, "max_bytes": 2**20}}, "autoscale"),
        ({"autoscale": {"shrink_below": 0.9}}, "autoscale"),
        ({"autoscale": 3}, "autoscale"),
        ({"purge": {"generation": -1}}, "purge.generation"),
        ({"purge": {"generation": 1, "keys": [1]}}, "purge.keys.0"),
        ({"author": ""}, "author"),
        ({"author": "\ud800"}, "author"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_a_bad_edit_is_refused_and_names_the_field(edit, field):
    with pytest.raises(EditRefused) as refused:
        edited(DEFAULT, edit, now=NOW)
    assert list(refused.value.errors) == [field]
    assert refused.value.errors[field]


def test_every_bad_field_is_named_at_once():
    with pytest.raises(EditRefused) as refused:
        edited(DEFAULT, {"policy": "optimal", "capacity_bytes": 0}, now=NOW)
    assert set(refused.value.errors) == {"policy", "capacity_bytes"}


def test_a_purge_generation_never_falls():
    purged = edited(DEFAULT, {"purge": {"generation": 3}}, now=NOW)
    with pytest.raises(EditRefused):
        edited(purged, {"purge": {"generation": 2}}, now=NOW)


@pytest.mark.parametrize("mode", ["manual", "miss_rate", "target", "cost"])
def test_every_mode_of_auto_scaling_can_be_configured(mode):
    assert edited(DEFAULT, {"autoscale": {"mode": mode}}, now=NOW).autoscale.mode == mode


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_can_be_configured(policy):
    assert edited(DEFAULT, {"policy": policy}, now=NOW).policy == policy


def test_a_reader_ignores_members_it_does_not_know_and_refuses_bad_values():
    later = json.loads(DEFAULT.model_dump_json()) | {"introduced_later": 1}
    assert Configuration.model_validate(later) == DEFAULT
    with pytest.raises(ValidationError):
        Configuration.model_validate(later | {"policy": "introduced-later"})
