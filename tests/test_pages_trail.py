"""The way through a paged list: Next, Back and First page."""

from urllib.parse import parse_qs, urlsplit

from image_service.trail import MAX_TRAIL_LETTERS, Ways


def follow(address: str | None, next_after: str | None) -> Ways:
    """What the page at an address offers."""
    assert address is not None
    query = parse_qs(urlsplit(address).query, keep_blank_values=True)
    return Ways.on(
        query.get("prefix", [""])[0], query.get("after", [None])[0], query.get("back", []), next_after=next_after
    )


def test_the_only_page_leads_nowhere() -> None:
    assert Ways.on("", None, (), None) == Ways(None, None, None)


def test_back_returns_step_by_step_to_the_very_pages_one_came_from() -> None:
    first = Ways.on("", None, (), "f")
    second = follow(first.next, "m")
    third = follow(second.next, None)
    assert third.next is None
    assert third.back == first.next
    assert follow(third.back, "m").back == "/"
    assert third.first == "/"


def test_the_prefix_goes_along_and_every_letter_of_a_key_survives() -> None:
    prefix, key = "a&b/", "a&b/ü +%?#.jpg"
    ways = follow(Ways.on(prefix, None, (), key).next, "z")
    query = parse_qs(urlsplit(ways.next or "").query, keep_blank_values=True)
    assert query == {"prefix": [prefix], "after": ["z"], "back": ["", key]}
    assert ways.first == "/?prefix=a%26b%2F"


def test_a_long_way_forgets_its_oldest_steps_and_stays_an_address() -> None:
    ways = Ways.on("", None, (), "0" * 255)
    for page in range(1, 40):
        ways = follow(ways.next, f"{page:03}" * 85)
        assert len(ways.next or "") < MAX_TRAIL_LETTERS + 1000
    assert ways.back is not None


def test_who_came_by_a_link_to_the_middle_can_go_to_the_first_page_only() -> None:
    ways = Ways.on("", "m", (), None)
    assert (ways.first, ways.back) == ("/", None)
