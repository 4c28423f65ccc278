"""Conditions and ranges, as RFC 9110 means them."""

from datetime import UTC, datetime

import pytest

from image_service.conditions import (
    Part,
    RangeNotSatisfiable,
    may_write,
    not_modified,
    only_if_new,
    wanted_part,
)

ETAG = "abc"
MODIFIED = datetime(2026, 11, 23, 20, 0, 0, tzinfo=UTC)
BEFORE, SAME, AFTER = (f"Mon, 23 Nov 2026 {time} GMT" for time in ("19:59:59", "20:00:00", "20:00:01"))


@pytest.mark.parametrize(
    ("headers", "unchanged"),
    [
        ({}, False),
        ({"If-None-Match": '"abc"'}, True),
        ({"If-None-Match": 'W/"abc"'}, True),
        ({"If-None-Match": '"x", "abc"'}, True),
        ({"If-None-Match": "*"}, True),
        ({"If-None-Match": '"x"'}, False),
        ({"If-None-Match": ""}, False),
        ({"If-Modified-Since": BEFORE}, False),
        ({"If-Modified-Since": SAME}, True),
        ({"If-Modified-Since": AFTER}, True),
        ({"If-Modified-Since": "yesterday"}, False),
        ({"If-None-Match": '"x"', "If-Modified-Since": AFTER}, False),
        ({"If-None-Match": '"abc"', "If-Modified-Since": BEFORE}, True),
    ],
)
def test_a_client_that_holds_the_answer_need_not_get_it_again(headers, unchanged):
    assert not_modified(headers, ETAG, MODIFIED) is unchanged


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-9", Part(0, 9)),
        ("bytes=0-0", Part(0, 0)),
        ("bytes=99-99", Part(99, 99)),
        ("bytes=10-", Part(10, 99)),
        ("bytes=0-", Part(0, 99)),
        ("bytes=50-1000", Part(50, 99)),
        ("bytes=-10", Part(90, 99)),
        ("bytes=-1000", Part(0, 99)),
        ("Bytes=0-9", Part(0, 9)),
        ("bytes=9-0", None),
        ("bytes=0-9,20-29", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=0x0-9", None),
        ("bytes 0-9", None),
        ("seconds=0-9", None),
        ("bytes=--5", None),
        (f"bytes=0-{'9' * 5000}", None),
        ("", None),
    ],
)
def test_one_range_is_a_part_and_anything_else_the_whole(header, part):
    assert wanted_part({"Range": header}, ETAG, MODIFIED, 100) == part


@pytest.mark.parametrize(("header", "length"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=500-600", 100)])
def test_a_range_behind_the_end_cannot_be_satisfied(header, length):
    with pytest.raises(RangeNotSatisfiable):
        wanted_part({"Range": header}, ETAG, MODIFIED, length)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [('"abc"', True), ('"x"', False), ('W/"abc"', False), (SAME, True), (BEFORE, False), (AFTER, False), ("?", False)],
)
def test_a_range_is_given_only_of_what_the_client_has_begun_with(condition, holds):
    part = wanted_part({"Range": "bytes=0-9", "If-Range": condition}, ETAG, MODIFIED, 100)
    assert (part == Part(0, 9)) is holds


@pytest.mark.parametrize(
    ("headers", "etag", "allowed"),
    [
        ({}, ETAG, True),
        ({}, None, True),
        ({"If-None-Match": "*"}, None, True),
        ({"If-None-Match": "*"}, ETAG, False),
        ({"If-None-Match": '"abc"'}, ETAG, False),
        ({"If-None-Match": '"x"'}, ETAG, True),
        ({"If-Match": "*"}, ETAG, True),
        ({"If-Match": "*"}, None, False),
        ({"If-Match": '"abc"'}, ETAG, True),
        ({"If-Match": '"x", "abc"'}, ETAG, True),
        ({"If-Match": '"x"'}, ETAG, False),
        ({"If-Match": 'W/"abc"'}, ETAG, False),
    ],
)
def test_a_write_goes_ahead_only_on_what_the_client_has_seen(headers, etag, allowed):
    assert may_write(headers, etag) is allowed


@pytest.mark.parametrize(
    ("headers", "new"), [({"If-None-Match": "*"}, True), ({"If-None-Match": '"a"'}, False), ({}, False)]
)
def test_only_a_star_asks_for_what_is_new(headers, new):
    assert only_if_new(headers) is new
