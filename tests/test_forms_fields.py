"""Text in fields becomes an edit, or a sentence at the field."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cache.config import DEFAULT, MAX_CAPACITY_BYTES, MIB, MIN_CAPACITY_BYTES
from cache.policies import POLICIES
from dashboard import forms
from dashboard.forms import Draft, draft_from_address, is_change, megabytes, read_capacity, read_draft


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200", 200 * MIB), (" 200 ", 200 * MIB), ("200 MB", 200 * MIB), ("200mb", 200 * MIB), ("1.5", 3 * MIB // 2),
        ("1.5 GB", 3 << 29), ("1,024", 1 << 30), ("1,048,576", 1 << 40), ("64 KB", 65_536), ("65536 B", 65_536),
        ("0.0625", 65_536), (".5", MIB // 2), ("2.", 2 * MIB), ("1 TB", 1 << 40), ("+5", 5 * MIB), ("1e3", 1000 * MIB),
    ],
)  # fmt: skip
def test_a_capacity_is_in_megabytes_of_1048576_bytes_unless_it_says(text, expected):
    assert read_capacity(text) == expected


@pytest.mark.parametrize(
    "text", ["abc", "NaN", "inf", "1,5", "10 MiB", "1 2", "--1", "0x10", "٣", "10MB!", ".", "1.2.3"]
)
def test_what_is_no_number_is_said_to_be_none(text):
    with pytest.raises(ValueError, match=re.escape(f"{text} is not a number. {forms.CAPACITY_RANGE}")):
        read_capacity(text)


@pytest.mark.parametrize("text", ["", "  ", "0", "-1", "-200 MB", "1e30", "1e999999999", "9" * 400, "0.06", "1.1 TB"])
def test_a_number_out_of_bounds_is_told_the_bounds(text):
    with pytest.raises(ValueError, match=f"^{re.escape(forms.CAPACITY_RANGE)}$"):
        read_capacity(text)


@given(st.integers(MIN_CAPACITY_BYTES, MAX_CAPACITY_BYTES))
def test_a_capacity_in_its_field_reads_back_to_the_byte(capacity_bytes):
    assert read_capacity(megabytes(capacity_bytes)) == capacity_bytes


def test_round_capacities_look_round():
    assert [megabytes(n * MIB) for n in (1, 100, 8192)] == ["1", "100", "8192"]
    assert megabytes(3 * MIB // 2) == "1.5"
    assert megabytes(round(1.4 * MIB)) == "1.4"


def test_the_sliders_steps_go_up_and_hold_the_default():
    assert list(forms.STEPS_MB) == sorted(set(forms.STEPS_MB))
    assert DEFAULT.capacity_bytes // MIB in forms.STEPS_MB


def test_a_good_form_is_an_edit():
    edit, errors = read_draft(Draft("random", "200", " maria ", " to see "))
    assert errors == {}
    assert edit == {"policy": "random", "capacity_bytes": 200 * MIB, "author": "maria", "reason": "to see"}


def test_without_a_name_the_change_is_signed_as_nameless():
    assert read_draft(Draft("lru", "1"))[0]["author"] == forms.NAMELESS


def test_every_bad_field_is_named():
    _, errors = read_draft(Draft("clairvoyant", "abc", "a" * 81, "b" * 501))
    assert set(errors) == {"policy", "capacity_bytes", "author", "reason"}
    assert errors["author"] == "Your name may have 80 characters at most; it has 81."


@pytest.mark.parametrize(
    ("draft", "changes"),
    [
        (Draft("lru", "100"), False), (Draft("lru", "100.0 MB"), False), (Draft("lru", "100", "maria", "why"), False),
        (Draft("random", "100"), True), (Draft("lru", "101"), True), (Draft("lru", "abc"), True),
    ],
)  # fmt: skip
def test_only_what_takes_effect_is_a_change(draft, changes):
    assert is_change(draft, DEFAULT) is changes


@pytest.mark.parametrize("policy", POLICIES)
def test_a_link_fills_the_form_in(policy):
    address = {"policy": policy, "capacity_bytes": str(200 * MIB), "reason": "a link"}
    assert draft_from_address(address, DEFAULT) == (Draft(policy, "200", "", "a link"), [])


@pytest.mark.parametrize("capacity", ["0", "-1", "1e9", "abc", "", "9" * 30, "²"])
def test_a_bad_value_in_a_link_is_left_out_with_a_notice(capacity):
    draft, problems = draft_from_address({"policy": "clairvoyant", "capacity_bytes": capacity}, DEFAULT)
    assert draft == Draft("lru", "100")
    assert len(problems) == 2
    assert "clairvoyant" in problems[0]


def test_the_bounds_are_said_as_people_read_them():
    assert forms.CAPACITY_RANGE == "Capacity must be a number from 64 KB to 1 TB."
