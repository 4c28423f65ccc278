"""The page Configuration without a browser: each callback asked as its page asks."""

import json
import time
from dataclasses import replace

import pytest
from dash import Dash

from cache.config import DEFAULT, MIB, edited
from dashboard.pages import configuration as page
from dashboard.pages import configuration_callbacks
from dashboard.pages.configuration import of_question
from dashboard.ranges import utc
from dashboard.reader import RETRY_SECONDS, Reader
from dashboard.whatif.curves import Curves
from dashboard.whatif.outlooks import Outlooks
from metrics.channel import Announcement, ChannelUnavailable
from metrics.prices import Prices
from metrics.schema import METRICS, Minute
from metrics.sqlite_channel import SqliteChannel
from tests.dash_calls import Calls
from tests.whatif_days import small

SAME = {f"{page.POLICY}.value": "lru", f"{page.CAPACITY}.value": "100", f"{page.AUTHOR}.value": "maria"}


class Manager:
    """The app on a channel with four instances of 97 MB each, and its callbacks by what they are for."""

    def __init__(self, path):
        self.channel = SqliteChannel(str(path))
        app = Dash("configuration")
        app.layout = page.layout()
        self.later = 0.0
        reader = Reader(self.channel, lambda: time.time() + self.later)
        outlooks = Outlooks(reader, Curves(self.channel), Prices())
        configuration_callbacks.register(app, reader, self.channel, outlooks)
        self._calls = Calls(app)
        self.report()

    def report(self, **more):
        newest, minute = self.channel.newest(), int(time.time()) // 60 * 60 - 60
        zeros = dict.fromkeys((metric.name for metric in METRICS), 0)
        held = {"items": 2434, "size_bytes": 97 * MIB, "capacity_bytes": newest.capacity_bytes}
        for name in ("ip-4", "ip-5", "ip-6", "ip-7"):
            said = Announcement(name, time.time(), newest.version, newest.policy, newest.capacity_bytes)
            self.channel.announce(replace(said, **more))
            self.channel.send([Minute(name, minute, zeros | held)])

    def publish(self, **edit):
        document = edited(self.channel.newest(), edit, now=utc(time.time()))
        self.channel.publish(document)
        return document

    def follow(self, **values):
        return self._calls.call(f"{page.SEEN}.data", f"{page.TURN}.data", values)

    def take_up(self, button=None, **values):
        """What the form takes up when this was pressed, or by itself."""
        changed, pressed = (page.TO_FILL, {"button": button}) if button else (page.SEEN, None)
        return self._calls.call(f"{page.BASE}.data", f"{changed}.data", {f"{page.TO_FILL}.data": pressed} | values)

    def preview(self, policy="lru", capacity="100", base=DEFAULT, **values):
        given = {
            f"{page.BASE}.data": base and base.model_dump(),
            f"{page.POLICY}.value": policy,
            f"{page.CAPACITY}.value": capacity,
        }
        return self._calls.call(f"{page.PANEL}.children", f"{page.CAPACITY}.value", given | values)

    def allow(self):
        return self._calls.call(f"{page.CAPACITY}.disabled", f"{page.SEEN}.data", {})

    def wait_for_the_channel(self):
        self.later += RETRY_SECONDS + 1

    def submit(self, button, base=DEFAULT, **values):
        given = SAME | {f"{page.BASE}.data": base.model_dump(), f"{page.TO_SAVE}.data": {"button": button}}
        return self._calls.call(f"{page.PENDING}.data", f"{page.TO_SAVE}.data", given | values)

    def clear(self, changed):
        given = {changed: 1, f"{page.AUTHOR}.value": "maria"}
        return self._calls.call(f"{of_question('clear', 'dialog')}.opened", changed, given)

    def check(self, changed, text, shown=None):
        given = {f"{page.CAPACITY}.value": text, f"{page.CAPACITY}.error": shown}
        return self._calls.call(f"{page.CAPACITY}.error", changed, given)


@pytest.fixture
def manager(tmp_path):
    return Manager(tmp_path / "channel.db")


def words(component) -> str:
    """The text of a component, or of several."""
    if isinstance(component, list):
        return " ".join(filter(None, map(words, component)))
    if isinstance(component, dict):
        return words(component["props"].get("children"))
    return "" if component is None else str(component)


class TestFollowing:
    def test_it_says_what_is_in_force_and_by_how_many(self, manager):
        shown = manager.follow()
        assert (
            words(shown[f"{page.IN_FORCE}.children"])
            .split("  ")[0]
            .startswith("In force: v0, LRU, 100 MB an instance × 4 = 400 MB.")
        )
        assert "Applied by 4 of 4." in words(shown[f"{page.IN_FORCE}.children"])
        assert shown[f"{page.HELD}.children"] == "9,736 images, 388 MB in 4 caches, by the last minute."
        assert shown[f"{page.LATEST}.children"] is None

    def test_what_has_been_drawn_is_not_drawn_again(self, manager):
        seen = manager.follow()[f"{page.SEEN}.data"]
        assert manager.follow(**{f"{page.SEEN}.data": seen}) == {}

    def test_a_fresh_change_shows_its_way_until_all_have_it(self, manager):
        manager.publish(policy="random", author="maria", reason="to see")
        latest = words(manager.follow()[f"{page.LATEST}.children"])
        assert "Saved as v1" in latest
        assert "Applied by 0 of 4." in latest
        assert "Undo v1" in latest

    def test_when_all_have_it_it_says_since_when(self, manager):
        manager.publish(policy="random")
        applied_at = time.time() - 100
        manager.report(applied_at=applied_at)
        told = words(manager.follow()[f"{page.LATEST}.children"])
        assert f"Applied by 4 of 4. In force everywhere {utc(applied_at):%H:%M:%S}" in told

    def test_the_history_is_newest_first_with_who_why_and_a_way_back(self, manager):
        manager.publish(policy="random", author="maria", reason="to see")
        manager.publish(capacity_bytes=50 * MIB, author="jonas")
        rows = [words(row) for row in manager.follow()[f"{page.HISTORY}.children"]]
        assert [row.split()[0] for row in rows] == ["v2", "v1", "v0"]
        assert "jonas 100 MB → 50 MB" in rows[0]
        assert "in force, applied by 0 of 4" in rows[0]
        assert "maria LRU → Random “to see” Go back to this" in rows[1]
        assert "the default LRU, 100 MB Go back to this" in rows[2]

    def test_of_a_long_history_twenty_are_shown_and_the_rest_on_demand(self, manager):
        for number in range(25):
            manager.publish(reason=str(number))
        shown = manager.follow()
        assert (len(shown[f"{page.HISTORY}.children"]), shown[f"{page.OLDER}.hidden"]) == (20, False)
        shown = manager.follow(**{f"{page.OLDER}.n_clicks": 1})
        assert (len(shown[f"{page.HISTORY}.children"]), shown[f"{page.OLDER}.hidden"]) == (26, True)

    def test_a_channel_that_fails_is_said_and_nothing_is_supposed(self, manager, monkeypatch):
        def fail(self):
            raise ChannelUnavailable("disk on fire")

        monkeypatch.setattr(SqliteChannel, "newest", fail)
        shown = manager.follow()
        assert words(shown[f"{page.IN_FORCE}.children"]) == "What is in force is not known yet."
        assert "Nothing can be saved until the channel answers again." in words(shown[f"{page.TROUBLE}.children"])
        assert (shown[f"{page.CLEAR}.disabled"], shown[f"{page.HISTORY}.children"]) == (True, [])
        assert (
            shown[f"{page.HELD}.children"]
            == "What is cached is not known yet; it can be cleared once the channel answers."
        )
        assert manager.take_up() == {}
        panel = manager.preview(base=None)
        assert "The channel has not answered since this manager began" in words(panel[f"{page.PANEL}.children"])
        assert (panel[f"{page.APPLY}.disabled"], panel[f"{page.WHY_NOT}.children"]) == (
            True, "What is in force is not known yet.",
        )  # fmt: skip
        allowed = manager.allow()
        assert {value for name, value in allowed.items() if name.endswith(".disabled")} == {True}
        monkeypatch.undo()
        manager.wait_for_the_channel()
        assert manager.follow()[f"{page.CLEAR}.disabled"] is False
        assert manager.allow()[f"{page.CAPACITY}.disabled"] is False


class TestForm:
    def test_it_begins_with_what_is_in_force(self, manager):
        newest = manager.publish(policy="random", capacity_bytes=3 * MIB // 2)
        filled = manager.take_up()
        assert filled[f"{page.BASE}.data"] == newest.model_dump()
        assert (filled[f"{page.POLICY}.value"], filled[f"{page.CAPACITY}.value"]) == ("random", "1.5")

    def test_a_link_fills_it_in_and_applies_nothing(self, manager):
        address = {"policy": "random", "capacity_bytes": str(50 * MIB), "reason": "a link"}
        filled = manager.take_up(**{f"{page.ADDRESS}.data": address})
        assert [filled[f"{each}.value"] for each in (page.POLICY, page.CAPACITY, page.REASON)] == [
            "random", "50", "a link",
        ]  # fmt: skip
        assert filled[f"{page.BASE}.data"] == manager.channel.newest().model_dump() == DEFAULT.model_dump()

    def test_a_bad_link_falls_back_with_a_notice(self, manager):
        filled = manager.take_up(**{f"{page.ADDRESS}.data": {"policy": "clairvoyant"}})
        assert filled[f"{page.POLICY}.value"] == "lru"
        assert "clairvoyant" in words(filled[f"{page.NOTICES}.children"])

    def test_untouched_it_goes_along_with_what_others_save(self, manager):
        newest = manager.publish(capacity_bytes=150 * MIB)
        filled = manager.take_up(**SAME | {f"{page.BASE}.data": DEFAULT.model_dump()})
        assert (filled[f"{page.CAPACITY}.value"], filled[f"{page.BASE}.data"]) == ("150", newest.model_dump())

    def test_in_work_it_stays_and_says_what_others_saved(self, manager):
        manager.publish(capacity_bytes=150 * MIB, author="jonas")
        typed = SAME | {f"{page.CAPACITY}.value": "50", f"{page.BASE}.data": DEFAULT.model_dump()}
        shown = manager.take_up(**typed)
        assert set(shown) == {f"{page.NOTICES}.children", f"{page.TO_FILL}.data"}
        assert "jonas saved v1 (100 MB → 150 MB) while you were editing v0." in words(shown[f"{page.NOTICES}.children"])

    def test_clearing_the_cache_takes_no_draft_away(self, manager):
        cleared = manager.publish(purge={"generation": 1})
        typed = SAME | {f"{page.CAPACITY}.value": "50", f"{page.BASE}.data": DEFAULT.model_dump()}
        filled = manager.take_up(**typed)
        assert (filled[f"{page.CAPACITY}.value"], filled[f"{page.BASE}.data"]) == ("50", cleared.model_dump())

    def test_discard_puts_back_what_is_in_force(self, manager):
        typed = {f"{page.CAPACITY}.value": "abc", f"{page.BASE}.data": DEFAULT.model_dump()}
        filled = manager.take_up(page.DISCARD, **SAME | typed)
        assert filled[f"{page.CAPACITY}.value"] == "100"
        assert filled[f"{page.TO_FILL}.data"] is None

    def test_going_back_fills_the_form_and_applies_nothing(self, manager):
        manager.publish(policy="random", capacity_bytes=50 * MIB)
        newest = manager.publish(policy="lru", capacity_bytes=100 * MIB)
        given = SAME | {f"{page.BASE}.data": newest.model_dump()}
        filled = manager.take_up({"back": 1}, **given)
        assert [filled[f"{each}.value"] for each in (page.POLICY, page.CAPACITY, page.REASON)] == [
            "random", "50", "Back to v1",
        ]  # fmt: skip
        assert filled[f"{page.BASE}.data"] == newest.model_dump() == manager.channel.newest().model_dump()

    def test_going_back_to_what_is_not_known_does_nothing_and_is_not_tried_again(self, manager):
        given = SAME | {f"{page.BASE}.data": DEFAULT.model_dump()}
        assert manager.take_up({"back": 7}, **given) == {f"{page.TO_FILL}.data": None}

    @pytest.mark.parametrize(("choice", "capacity"), [("mine", "50"), ("drop", "100")])
    def test_after_a_conflict_mine_moves_onto_the_newest_or_goes(self, manager, choice, capacity):
        theirs = manager.publish(policy="random")
        given = {
            f"{page.BASE}.data": DEFAULT.model_dump(),
            f"{page.CAPACITY}.value": "50",
            f"{page.CONFLICT}.data": {"newest": theirs.model_dump()},
        }
        filled = manager.take_up({"resolve": choice}, **SAME | given)
        assert (filled[f"{page.POLICY}.value"], filled[f"{page.CAPACITY}.value"]) == ("random", capacity)
        assert filled[f"{page.BASE}.data"] == theirs.model_dump()
        assert filled[f"{page.CONFLICT}.data"] is None

    def test_a_number_is_judged_when_it_is_left_and_not_while_it_is_typed(self, manager):
        error = f"{page.CAPACITY}.error"
        assert manager.check(f"{page.CAPACITY}.value", "ab") == {}
        assert manager.check(f"{page.CAPACITY}.n_blur", "abc")[error].startswith("abc is not a number.")
        assert manager.check(f"{page.CAPACITY}.n_submit", "0")[error].startswith("Capacity must be a number from")
        assert manager.check(f"{page.CAPACITY}.value", "200", "abc is not a number.")[error] is None


class TestPreview:
    def test_nothing_changed_is_why_there_is_nothing_to_apply(self, manager):
        shown = manager.preview()
        assert (shown[f"{page.APPLY}.disabled"], shown[f"{page.DISCARD}.disabled"]) == (True, True)
        assert shown[f"{page.WHY_NOT}.children"] == "Nothing changed yet."

    def test_beside_the_button_it_says_that_the_last_press_was_saved(self, manager):
        newest = manager.publish(policy="random")
        saved = {f"{page.SAVED}.data": {"version": newest.version, "fill": True, "at": 0.0}}
        assert manager.preview("random", "100", newest, **saved)[f"{page.WHY_NOT}.children"] == "Saved as v1."
        assert manager.preview("lru", "100", newest, **saved)[f"{page.WHY_NOT}.children"] == ""

    def test_now_and_new_stand_side_by_side(self, manager):
        shown = manager.preview("random", "200")
        panel = words(shown[f"{page.PANEL}.children"])
        assert "now (v0) new (v1)" in panel
        assert "Policy LRU Random" in panel
        assert "Capacity an instance 100 MB 200 MB" in panel
        assert "In all 4 instances 400 MB 800 MB" in panel
        assert "+100 MB × 4 = +400 MB Cached images that still fit stay." in panel
        assert (shown[f"{page.APPLY}.children"], shown[f"{page.APPLY}.disabled"]) == ("Apply as v1", False)
        assert shown[f"{page.WHY_NOT}.children"] == ""
        assert shown[f"{page.IN_ALL}.children"] == "In all: 800 MB"

    def test_shrinking_says_what_it_drops(self, manager):
        panel = words(manager.preview(capacity="50")[f"{page.PANEL}.children"])
        assert "drops about 47 MB (1,179 images) from each cache." in panel

    def test_a_capacity_that_is_none_cannot_be_applied_but_discarded(self, manager):
        shown = manager.preview(capacity="abc")
        assert (shown[f"{page.APPLY}.disabled"], shown[f"{page.DISCARD}.disabled"]) == (True, False)
        assert shown[f"{page.WHY_NOT}.children"] == "The capacity is not right yet."

    def test_a_conflict_shows_three_columns_and_two_ways_on(self, manager):
        theirs = manager.publish(capacity_bytes=150 * MIB, author="jonas", reason="target 90 %")
        shown = manager.preview(capacity="50", **{f"{page.CONFLICT}.data": {"newest": theirs.model_dump()}})
        panel = words(shown[f"{page.PANEL}.children"])
        assert "Not applied. jonas saved v1 (100 MB → 150 MB: “target 90 %”) while you were editing v0." in panel
        assert "you started from (v0) in force now (v1) yours" in panel
        assert "Capacity 100 MB 150 MB 50 MB both changed it" in panel
        assert "Drop mine Put my changes on v1" in panel
        assert shown[f"{page.APPLY}.disabled"] is True


class TestSaving:
    APPLY, GO, KEEP = page.APPLY, of_question("shrink", "go"), of_question("shrink", "keep")
    OPENED = f"{of_question('shrink', 'dialog')}.opened"

    def test_a_larger_cache_is_applied_at_once(self, manager):
        given = {f"{page.CAPACITY}.value": "200", f"{page.REASON}.value": "to see"}
        shown = manager.submit(self.APPLY, **given)
        newest = manager.channel.newest()
        assert (newest.version, newest.capacity_bytes, newest.author, newest.reason) == (
            1,
            200 * MIB,
            "maria",
            "to see",
        )
        assert (shown[f"{page.SAVED}.data"]["version"], shown[self.OPENED]) == (1, False)

    def test_a_smaller_one_that_drops_something_asks_first(self, manager):
        given = {f"{page.CAPACITY}.value": "50"}
        shown = manager.submit(self.APPLY, **given)
        assert shown[self.OPENED] is True
        assert shown[f"{of_question('shrink', 'words')}.children"] == (
            "Shrinking to 50 MB drops about 47 MB (1,179 images) from each cache."
        )
        assert shown[f"{of_question('shrink', 'keep')}.children"] == "Keep 100 MB"
        assert shown[f"{of_question('shrink', 'go')}.children"] == "Shrink to 50 MB"
        assert manager.channel.newest() == DEFAULT
        pending = {f"{page.PENDING}.data": shown[f"{page.PENDING}.data"]}
        assert manager.submit(self.KEEP, **given | pending)[self.OPENED] is False
        assert manager.channel.newest() == DEFAULT
        assert manager.submit(self.GO, **given | pending)[self.OPENED] is False
        assert manager.channel.newest().capacity_bytes == 50 * MIB

    def test_the_second_of_two_is_not_applied_and_shown_the_first(self, manager):
        theirs = manager.publish(capacity_bytes=150 * MIB, author="jonas")
        shown = manager.submit(self.APPLY, **{f"{page.CAPACITY}.value": "50"})
        assert shown[f"{page.CONFLICT}.data"] == {"newest": theirs.model_dump()}
        assert manager.channel.newest() == theirs

    def test_pressed_twice_it_is_saved_once(self, manager):
        for _ in range(2):
            manager.submit(self.APPLY, **{f"{page.CAPACITY}.value": "200"})
        assert manager.channel.newest().version == 1

    @pytest.mark.parametrize("capacity", ["0", "-1", "NaN", "1e30", "abc", ""])
    def test_a_bad_capacity_is_never_saved(self, manager, capacity):
        assert manager.submit(self.APPLY, **{f"{page.CAPACITY}.value": capacity}) == {}
        assert manager.channel.newest() == DEFAULT

    def test_a_channel_that_fails_is_said_and_what_was_typed_stays(self, manager, monkeypatch):
        def fail(self, document):
            raise ChannelUnavailable("disk on fire")

        monkeypatch.setattr(SqliteChannel, "publish", fail)
        shown = manager.submit(self.APPLY, **{f"{page.CAPACITY}.value": "200"})
        assert "Not saved, nothing was changed: disk on fire." in words(shown[f"{page.NOTICES}.children"])
        assert f"{page.SAVED}.data" not in shown

    def test_undo_is_a_new_version_with_the_content_of_the_one_before(self, manager):
        manager.publish(policy="random", capacity_bytes=90 * MIB)
        undone = manager.publish(policy="lru", capacity_bytes=80 * MIB, purge={"generation": 1})
        shown = manager.submit({"undo": 2}, undone)
        newest = manager.channel.newest()
        assert (newest.version, newest.policy, newest.capacity_bytes) == (3, "random", 90 * MIB)
        assert (newest.author, newest.reason, newest.purge.generation) == ("maria", "Undo v2", 1)
        assert shown[f"{page.SAVED}.data"]["fill"] is False

    def test_undo_that_shrinks_asks_first_and_then_undoes(self, manager):
        manager.publish(capacity_bytes=50 * MIB)
        manager.publish(capacity_bytes=200 * MIB)
        shown = manager.submit({"undo": 2})
        assert shown[self.OPENED] is True
        assert manager.channel.newest().version == 2
        manager.submit(self.GO, **{f"{page.PENDING}.data": shown[f"{page.PENDING}.data"]})
        assert (manager.channel.newest().version, manager.channel.newest().capacity_bytes) == (3, 50 * MIB)


class TestClearing:
    def test_it_asks_first_and_then_clears_everywhere(self, manager):
        shown = manager.clear(f"{page.CLEAR}.n_clicks")
        assert shown[f"{of_question('clear', 'dialog')}.opened"] is True
        assert (
            shown[f"{of_question('clear', 'words')}.children"] == "Clearing drops 388 MB (9,736 images) from 4 caches."
        )
        assert manager.channel.newest() == DEFAULT
        shown = manager.clear(f"{of_question('clear', 'go')}.n_clicks")
        assert shown[f"{of_question('clear', 'dialog')}.opened"] is False
        newest = manager.channel.newest()
        assert (newest.purge.generation, newest.author, newest.capacity_bytes) == (1, "maria", DEFAULT.capacity_bytes)

    def test_keeping_the_cache_changes_nothing(self, manager):
        manager.clear(f"{page.CLEAR}.n_clicks")
        assert (
            manager.clear(f"{of_question('clear', 'keep')}.n_clicks")[f"{of_question('clear', 'dialog')}.opened"]
            is False
        )
        assert manager.channel.newest() == DEFAULT


def test_every_policy_can_be_chosen(manager):
    from cache.policies import POLICIES

    text = json.dumps(page.layout().to_plotly_json(), default=lambda component: component.to_plotly_json())
    for policy in POLICIES.values():
        assert json.dumps(policy.label) in text
        assert json.dumps(policy.summary) in text


class TestExpectation:
    """An hour in which FIFO would have hit far less than LRU, and SIEVE more."""

    APPLY, GO = TestSaving.APPLY, TestSaving.GO
    QUESTION, OPENED = f"{of_question('shrink', 'words')}.children", TestSaving.OPENED

    @pytest.fixture
    def known(self, manager):
        start = int(time.time()) // 60 * 60 - 1800
        points = [[policy, 100 * MIB, hits, hits] for policy, hits in (("lru", 700), ("fifo", 600), ("sieve", 750))]
        for number in range(30):
            told = {
                "requests": 1000,
                "hits": 700,
                "points": points,
                "capacity_bytes": 100 * MIB,
                "infinite": [900, 900],
            }
            manager.channel.send_curve(small("ip-4", start + 60 * number, **told))
        return manager

    def test_it_stands_beside_now(self, known):
        panel = words(known.preview("sieve")[f"{page.PANEL}.children"])
        assert "Expected hit rate 70.0 % 75.0 % ±0.5" in panel
        assert "Reads of the store a minute 300 250" in panel
        assert "By 30,000 requests from" in panel

    def test_without_curves_nothing_is_expected_and_nothing_said(self, manager):
        assert "xpected" not in words(manager.preview("sieve")[f"{page.PANEL}.children"])

    def test_what_is_saved_keeps_the_prediction(self, known):
        known.submit(self.APPLY, **{f"{page.POLICY}.value": "sieve"})
        kept = known.channel.newest().prediction
        assert (kept.before, kept.after, kept.requests) == (0.7, 0.75, 30_000)

    def test_what_is_expected_to_do_much_worse_asks_first(self, known):
        given = {f"{page.POLICY}.value": "fifo"}
        shown = known.submit(self.APPLY, **given)
        assert shown[self.OPENED] is True
        assert shown[self.QUESTION] == "The hit rate is expected to fall from 70.0 % to 60.0 %, by 10.0 points."
        assert shown[f"{of_question('shrink', 'dialog')}.title"] == "Apply what is expected to do worse?"
        assert known.channel.newest() == DEFAULT
        known.submit(self.GO, **given | {f"{page.PENDING}.data": shown[f"{page.PENDING}.data"]})
        assert known.channel.newest().policy == "fifo"

    def test_it_is_said_where_a_verdict_will_stand(self, known):
        known.submit(self.APPLY, **{f"{page.POLICY}.value": "sieve"})
        assert "What came of it will stand in  Activity" in words(known.follow()[f"{page.LATEST}.children"])
