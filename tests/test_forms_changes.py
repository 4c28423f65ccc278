"""A change of the configuration in words."""

import pytest

from cache.config import DEFAULT, MIB, edited
from dashboard import caches, changes
from dashboard.fleet import fleet
from dashboard.ranges import utc
from metrics.channel import Announcement
from metrics.schema import Minute

NOW = 1_795_435_500
MAKE = {"now": utc(NOW)}
V1 = edited(DEFAULT, {"author": "maria"}, **MAKE)


def running(newest, *sizes_and_items, **more):
    """A fleet of instances that run on it, each with so many bytes in so many items."""
    names = [f"ip-{number}" for number in range(len(sizes_and_items))]
    said = [Announcement(name, NOW, newest.version, newest.policy, newest.capacity_bytes, **more) for name in names]
    minutes = {
        name: Minute(name, NOW - 60, {"size_bytes": size, "items": items})
        for name, (size, items) in zip(names, sizes_and_items, strict=True)
    }
    return fleet(newest, said, minutes, NOW)


FOUR = running(V1, *[(97 * MIB, 2434)] * 4)


def test_what_is_in_force_says_what_it_comes_to_in_all():
    assert caches.in_force(FOUR) == "In force: v1, LRU, 100 MB an instance × 4 = 400 MB."
    assert caches.in_force(running(V1, (1, 1))) == "In force: v1, LRU, 100 MB an instance."
    assert caches.in_force(running(DEFAULT)) == "In force: v0, LRU, 100 MB an instance."


def test_applied_by_n_of_m():
    assert changes.applied(FOUR) == "Applied by 4 of 4."
    assert changes.applied(running(V1)) == "No instance is running; the next one to start takes it up."


def test_a_capacity_above_what_a_machine_has_is_said():
    said = [Announcement("a", NOW, 1, "lru", 60 * MIB, capped=True), Announcement("b", NOW, 1, "lru", 100 * MIB)]
    assert changes.applied(fleet(V1, said, {}, NOW)) == (
        "Applied by 2 of 2. Capped at 60 MB on 1 of 2: 70 % of the memory there."
    )


def test_who_refuses_and_why_is_said():
    said = [
        Announcement("a", NOW, 0, "lru", 1, refused_version=1, problem="policy: unknown"),
        Announcement("b", NOW, 1, "", 1),
    ]
    assert changes.applied(fleet(V1, said, {}, NOW)) == "Applied by 1 of 2. Refused by a: policy: unknown."


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"policy": "random"}, "LRU → Random"),
        ({"capacity_bytes": 50 * MIB}, "100 MB → 50 MB"),
        ({"policy": "random", "capacity_bytes": 1 << 30}, "LRU → Random, 100 MB → 1 GB"),
        ({"purge": {"generation": 1}}, "cache cleared"),
        ({"purge": {"generation": 1, "keys": ["a", "b"]}}, "2 images dropped from the cache"),
        ({"reason": "again"}, "nothing changed"),
    ],
)
def test_what_changed(edit, words):
    assert changes.what_changed(V1, edited(V1, edit, **MAKE)) == words
    assert changes.what_changed(None, DEFAULT) == "LRU, 100 MB"


def test_shrinking_says_what_it_drops_from_each_cache():
    assert changes.shrinking(FOUR, 50 * MIB) == "Shrinking to 50 MB drops about 47 MB (1,179 images) from each cache."
    one = running(V1, (97 * MIB, 2434))
    assert changes.shrinking(one, 50 * MIB) == "Shrinking to 50 MB drops about 47 MB (1,179 images) from the cache."


def test_shrinking_to_what_is_not_full_loses_nothing():
    assert changes.shrinking(running(V1, (10 * MIB, 100)), 50 * MIB) is None
    assert changes.shrinking(running(V1), 50 * MIB) is None


def test_shrinking_counts_only_the_caches_that_lose():
    lost = changes.loss(running(V1, (80 * MIB, 80), (10 * MIB, 10)), 40 * MIB)
    assert (lost.bytes_each, lost.items_each, lost.bytes_all, lost.items_all) == (40 * MIB, 40, 40 * MIB, 40)


def test_clearing_says_how_much_there_is():
    assert changes.clearing(FOUR) == "Clearing drops 388 MB (9,736 images) from 4 caches."
    assert changes.clearing(running(V1, (MIB, 1))) == "Clearing drops 1 MB (1 image) from the cache."
    assert "No instance has reported" in changes.clearing(running(V1))


@pytest.mark.parametrize(
    ("megabytes", "caches", "words"),
    [(200, 4, "+100 MB × 4 = +400 MB"), (50, 4, "-50 MB × 4 = -200 MB"), (200, 1, "+100 MB"), (100, 4, "")],
)
def test_the_difference_in_all(megabytes, caches, words):
    assert changes.difference_in_all(V1, megabytes * MIB, caches) == words


def test_a_clash_is_what_both_changed_and_not_to_the_same():
    theirs = edited(V1, {"capacity_bytes": 150 * MIB, "policy": "random"}, **MAKE)
    policy, capacity = changes.clashes(V1, theirs, "lru", 200 * MIB)
    assert (policy.started, policy.now, policy.yours, policy.clash) == ("LRU", "Random", "LRU", False)
    assert (capacity.started, capacity.now, capacity.yours, capacity.clash) == ("100 MB", "150 MB", "200 MB", True)
    assert not changes.clashes(V1, theirs, "random", 150 * MIB)[1].clash
    assert changes.clashes(V1, theirs, "random", None)[1].yours == "–"


def test_who_was_first_is_said_with_what_and_why():
    theirs = edited(V1, {"capacity_bytes": 150 * MIB, "author": "jonas", "reason": "target 90 %"}, **MAKE)
    assert changes.overtaken(V1, theirs) == (
        "Not applied. jonas saved v2 (100 MB → 150 MB: “target 90 %”) while you were editing v1."
    )
    assert ", after 1 other change, while" in changes.overtaken(V1, theirs, [V1])
