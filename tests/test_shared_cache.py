"""A cache that instances share, as the manager sees it: one cache, and only what its engine can do."""

from dataclasses import replace

import pytest

from cache.config import DEFAULT, MIB, EditRefused, edited
from cache.engines import ENGINE_POLICIES
from dashboard import caches, changes
from dashboard.choices import ANY, Choices, choices
from dashboard.editing import edited_within
from dashboard.fleet import fleet
from dashboard.forms import draft_from_address, draft_of, is_change, read_draft
from dashboard.ranges import utc
from dashboard.status import status
from tests.shared_cache import AWAY, FIXED, NAMES, minute, word

NOW = 1_795_435_500
V1 = edited(DEFAULT, {"capacity_bytes": 400 * MIB, "author": "maria"}, now=utc(NOW - 600))
REDIS = Choices("Redis")
ITS_OWN = Choices("Redis", FIXED, ("lru", 400 * MIB))


def sharing(each=None, names=NAMES, holder=NAMES[0], newest=V1, **more):
    said = [word(name, NOW - 1, newest, **(more | (each or {}).get(name, {}))) for name in names]
    last = {name: minute(name, NOW - 60, newest.version, holds=name == holder) for name in names}
    return fleet(newest, said, last, NOW)


# --- one cache --------------------------------------------------------------------------------------------------------


def test_what_all_share_is_one_cache_however_many_they_are():
    four = sharing()
    assert (four.engine, four.caches, four.shared, len(four.alive)) == ("Redis", 1, True, 4)
    own = fleet(V1, [word(name, NOW, V1, engine="") for name in NAMES], {}, NOW)
    assert (own.engine, own.caches, own.shared) == ("", 4, False)


def test_while_some_still_have_a_cache_of_their_own_each_of_these_counts():
    mixed = sharing({NAMES[2]: {"engine": ""}, NAMES[3]: {"engine": ""}})
    assert (mixed.engine, mixed.caches, mixed.shared) == ("Redis", 3, False)


def test_while_nobody_lives_it_is_still_known_what_they_shared():
    gone = sharing(stopped=True)
    assert (gone.alive, gone.engine, gone.caches) == ((), "Redis", 0)


def test_it_is_told_as_one_cache_and_never_multiplied():
    assert caches.in_force(sharing()) == "In force: v1, LRU, 400 MB, shared by 4 instances."
    assert caches.in_force(sharing(names=NAMES[:1])) == "In force: v1, LRU, 400 MB, in Redis."
    assert caches.held(sharing()) == "9,724 images, 387 MB in the shared cache, by the last minute."
    assert caches.held(sharing(holder="")) == "What the shared cache holds is not known just now."


def test_what_shrinking_and_clearing_drop_is_dropped_once():
    assert changes.clearing(sharing()) == "Clearing drops 387 MB (9,724 images) from the shared cache."
    assert changes.shrinking(sharing(), 200 * MIB) == (
        "Shrinking to 200 MB drops about 187 MB (4,699 images) from the shared cache."
    )


def test_of_two_that_told_of_the_cache_in_turn_the_later_counts():
    four = sharing()
    before = replace(four.instances[1], last=minute(NAMES[1], NOW - 120, holds=True))
    both = replace(four, instances=(four.instances[0], before, *four.instances[2:]))
    assert [instance.name for instance in both.holders] == [NAMES[0]]


# --- what may be chosen -----------------------------------------------------------------------------------------------


def test_an_engine_can_do_what_its_table_says_and_it_is_said_why_not_the_others():
    assert REDIS.policies == ENGINE_POLICIES["Redis"]
    assert REDIS.why_not("lfu") == ""
    assert REDIS.why_not("gdsf") == "Redis evicts by LRU, Random or LFU; GDSF is for memory: only."
    assert REDIS.why_not_these() == (
        "Redis evicts by LRU, Random or LFU; FIFO, SIEVE, S3-FIFO and GDSF are for memory: only."
    )
    assert ANY.why_not_these() == ""


def test_the_form_refuses_a_policy_that_the_engine_has_not():
    draft = replace(draft_of(V1), policy="gdsf")
    assert read_draft(draft, V1)[1] == {}
    assert read_draft(draft, V1, REDIS)[1] == {"policy": REDIS.why_not("gdsf")}


def test_a_link_that_asks_for_one_is_left_out_with_a_notice():
    draft, notices = draft_from_address({"policy": "gdsf", "capacity_bytes": str(200 * MIB)}, V1, REDIS)
    assert (draft.policy, draft.capacity) == ("lru", "200")
    assert notices == [f"The link asks for GDSF. {REDIS.why_not('gdsf')} It was left out."]
    assert draft_from_address({"policy": "lfu"}, V1, REDIS)[0].policy == "lfu"


def test_where_the_server_has_its_own_the_form_shows_these_and_changes_neither():
    draft, notices = draft_from_address({"capacity_bytes": str(200 * MIB)}, DEFAULT, ITS_OWN)
    assert (draft.policy, draft.capacity) == ("lru", "400")
    assert notices == [
        f"The link asks for another policy or capacity, which are the server's. {FIXED}. It was left out."
    ]
    assert not is_change(draft, DEFAULT, ITS_OWN)
    edit, errors = read_draft(replace(draft, policy="noeviction", capacity=""), DEFAULT, ITS_OWN)
    assert (edit["policy"], edit["capacity_bytes"], errors) == ("lru", 100 * MIB, {})


@pytest.mark.parametrize(
    ("may_be", "edit", "refused"),
    [
        (ANY, {"policy": "gdsf"}, {}),
        (REDIS, {"policy": "lfu", "capacity_bytes": MIB}, {}),
        (REDIS, {"policy": "gdsf"}, {"policy": f"can't be gdsf: {REDIS.why_not('gdsf')[:-1]}"}),
        (ITS_OWN, {"policy": "lfu"}, {"policy": f"can't be changed from here: {FIXED}"}),
        (ITS_OWN, {"capacity_bytes": MIB}, {"capacity_bytes": f"can't be changed from here: {FIXED}"}),
        (ITS_OWN, {"autoscale": {"mode": "cost"}}, {"autoscale.mode": f"can't be other than manual: {FIXED}"}),
        (ITS_OWN, {"purge": {"generation": 1}}, {}),
        (ITS_OWN, {"policy": "lru", "autoscale": {"mode": "manual"}}, {}),
    ],
)
def test_an_edit_is_refused_field_by_field_where_the_cache_could_not_take_it_up(may_be, edit, refused):
    assert errors_of(edit, may_be) == refused


def errors_of(edit, may_be):
    try:
        edited_within(V1, edit, utc(NOW), may_be)
    except EditRefused as error:
        return error.errors
    return {}


def test_the_servers_own_policy_and_capacity_are_shown_in_its_words():
    own = sharing(fixed=FIXED, policy="lru", capacity_bytes=500 * MIB)
    assert (own.fixed, own.setting) == (FIXED, ("lru", 500 * MIB))
    assert caches.in_force(own) == (
        "In force: v1. Policy and capacity are the server's: LRU (allkeys-lru), 500 MB, shared by 4 instances."
    )
    without = sharing(fixed=FIXED, policy="noeviction", capacity_bytes=0)
    assert "noeviction, no limit, shared by 4 instances." in caches.servers_own(without)
    assert choices(without) == Choices("Redis", FIXED, ("noeviction", 0))


# --- no answer --------------------------------------------------------------------------------------------------------


def test_whom_the_shared_cache_does_not_answer_and_why_is_said_in_the_status_line():
    away = {"cache_problem": AWAY}
    assert caches.unanswered(sharing({NAMES[1]: away, NAMES[2]: away})) == (
        f"The shared cache fails 2 of 4 instances: {AWAY}."
    )
    two = sharing({NAMES[1]: away, NAMES[2]: {"cache_problem": "no answer in 0.1 s."}})
    assert status(two, None, "SQLite").details[-1] == (
        f"The shared cache fails 2 of 4 instances: {AWAY}; no answer in 0.1 s."
    )
    assert caches.unanswered(sharing()) == ""
