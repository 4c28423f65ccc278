"""Which documents are in force: whatever order they are read in, and however often each."""

import json

from hypothesis import given
from hypothesis import strategies as st

from cache.config import DEFAULT, edited
from metrics.chain import Draft, in_force
from tests.test_channel_contract import NOW


def draft(version, id="a", author="maria", parent=None):
    parent = version - 1 if parent is None else parent
    return Draft(version, parent, id, author, f"{version} {id} {author}")


def test_there_is_nothing_without_a_document():
    assert in_force([]) == ()


def test_each_follows_its_parent():
    assert in_force([draft(1), draft(3), draft(2)]) == (draft(1), draft(2), draft(3))


def test_the_oldest_kept_is_taken_as_it_is():
    assert in_force([draft(8), draft(7)]) == (draft(7), draft(8))


def test_what_follows_a_document_that_nobody_wrote_is_not_in_force():
    assert in_force([draft(1), draft(2), draft(4)]) == (draft(1), draft(2))


def test_a_person_goes_before_the_autoscaler_and_then_the_smaller_id():
    machine, person, other = draft(1, "a", "autoscaler"), draft(1, "c"), draft(1, "b")
    assert in_force([machine, person]) == (person,)
    assert in_force([person, other, machine]) == (other,)
    assert in_force([draft(1, "z", "autoscaler"), machine]) == (machine,)


def test_whoever_builds_on_the_loser_follows_the_winner():
    assert in_force([draft(1, "b"), draft(1, "a"), draft(2, "x")]) == (draft(1, "a"), draft(2, "x"))


drafts = st.builds(draft, st.integers(1, 6), st.sampled_from("abc"), st.sampled_from(["maria", "jonas", "autoscaler"]))


@given(st.lists(drafts, max_size=20), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(written, random):
    again = written + [each for each in written if random.random() < 0.5]
    random.shuffle(again)
    assert in_force(again) == in_force(written)


@given(st.lists(drafts, min_size=1, max_size=20))
def test_there_is_one_of_each_version_from_the_oldest_on_without_a_hole(written):
    valid = in_force(written)
    assert [each.version for each in valid] == list(range(valid[0].version, valid[0].version + len(valid)))
    assert valid[0].version == min(each.version for each in written)


def test_a_document_is_read_with_whatever_else_it_holds():
    document = edited(DEFAULT, {"policy": "random"}, now=NOW)
    text = json.dumps(document.model_dump() | {"policy": "introduced-later", "colour": "blue"})
    read = Draft.read(text)
    assert (read.version, read.parent, read.id, read.author, read.text) == (1, 0, document.id, "api", text)


def test_what_is_no_document_is_none():
    good = {"version": 1, "parent": 0, "id": "a", "author": "b"}
    bad = [{"version": True}, {"version": 2}, {"parent": None}, {"id": 7}, {"version": 0, "parent": -1}, {"author": []}]
    assert Draft.read(json.dumps(good))
    for text in ("", "{", "null", "[]", "7", "[" * 100_000, *(json.dumps(good | each) for each in bad)):
        assert Draft.read(text) is None
