"""What a curve says: rates between sizes, what a target needs, how sure, and the answer in a sentence."""

from dataclasses import replace

import pytest

from cache.config import MIB
from dashboard import words
from dashboard.pages.what_if_grid import rates
from dashboard.pages.what_if_parts import confidence
from dashboard.theme import palette
from dashboard.whatif.advice import BESIDES, advise, round_up
from dashboard.whatif.expectation import expected
from dashboard.whatif.figure import curve_figure, sentence
from dashboard.whatif.outlook import Outlook, columns, setting_now
from dashboard.whatif.outlooks import prediction
from metrics.curves import Count, Curve, of_document
from metrics.prices import Prices
from tests.whatif_days import small

NOW = ("lru", 100 * MIB)
REQUESTS = 60_000
SIZES = (25, 50, 100, 200, 400)
RATES = {
    "lru": (40, 55, 70, 80, 84), "sieve": (45, 60, 74, 82, 84), "lfu": (46, 61, 75, 82, 84),
    "random": (38, 52, 66, 78, 83),
}  # fmt: skip


def curve(rates=RATES, requests=REQUESTS, really=70, **more) -> Curve:
    """An hour of a minute's document: per cent of hits at each of SIZES (MB); bytes as requests."""
    points = {
        (policy, size * MIB): Count(requests, requests * rate // 100, requests * 1000, requests * rate * 10)
        for policy, of_policy in rates.items()
        for size, rate in zip(SIZES, of_policy, strict=True)
    }
    live = Count(requests, requests * really // 100, requests * 1000, requests * really * 10)
    ceiling = Count(requests, requests * 85 // 100, requests * 1000, requests * 850)
    whole = replace(
        of_document(small("a", 1_800_000_000)), instance="", period_seconds=3600, seconds=3600, live=live,
        infinite=ceiling, points=points, in_force={NOW: live}, checked=(live, points.get(NOW, live)),
    )  # fmt: skip
    return replace(whole, **more)


def outlook(given=None, **more) -> Outlook:
    return Outlook(given or curve(), **({"now": NOW} | more))


def test_a_rate_that_was_counted_is_that_rate_and_one_between_lies_on_the_line():
    there = outlook()
    assert there.rate(("lru", 100 * MIB)) == 0.7
    assert there.rate(("lru", round(100 * MIB * 2**0.5))) == pytest.approx(0.75)
    assert there.rate(("lru", 800 * MIB)) is None
    assert there.rate(("arc", 100 * MIB)) is None


@pytest.mark.parametrize(
    ("scale", "ticks"),
    [
        (1, ["32 MB", "64", "128", "256"]),
        (64, ["512<br>KB", "1<br>MB", "2", "4"]),
        (0.1, ["256<br>MB", "512", "1<br>GB", "2"]),
    ],
)
def test_units_of_the_axis_stand_below_where_there_are_several(scale, ticks):
    now, found = (NOW[0], round(NOW[1] / scale)), curve()
    points = {(policy, round(size / scale)): count for (policy, size), count in found.points.items()}
    live = {now: found.live}
    axes = curve_figure(outlook(replace(found, points=points, in_force=live), now=now), palette("light"))["layout"]
    assert [tick for tick in axes["xaxis"]["ticktext"] if tick in ticks] == ticks
    assert all("<br>" in tick or " " not in tick for tick in axes["xaxis"]["ticktext"]) == (scale != 1)


@pytest.fixture
def restarted() -> Outlook:
    """An hour at 100 MB, then 71 MB and a restart: 64 requests since, hits all of them."""
    now = "lru", round(100 * MIB / 2**0.5)
    briefly = {(policy, now[1]): Count(64, 64, 64_000, 64_000) for policy in RATES}
    live = curve().live
    in_force = {NOW: live, now: Count(64, 64, 64_000, 64_000)}
    return outlook(curve(points={**curve().points, **briefly}, in_force=in_force), now=now)


def test_a_point_that_saw_few_of_the_requests_is_not_used_but_what_lies_on_either_side(restarted):
    assert restarted.here == restarted.rate(restarted.now) == pytest.approx(0.625)
    assert not restarted.counted(restarted.now)
    assert restarted.really is None
    drawn = curve_figure(restarted, palette("light"))["data"]
    (line,) = (trace for trace in drawn if trace["meta"] == {"role": "policy", "policy": "lru"})
    assert line["x"] == list(SIZES)
    (here,) = (trace for trace in drawn if trace["meta"] == {"role": "here"})
    assert here["y"] == [pytest.approx(62.5)]
    assert "really" not in here["text"][0]


def test_the_table_and_the_words_do_not_use_it_either(restarted):
    cells = str(rates(restarted, "hit", None, None, ["lru", "sieve"]))
    assert "LRU at about 70.7 MB: 62.5 %, now" in cells
    assert "100 %" not in cells + sentence(restarted, "hit", None) + advise(restarted, 0.8).sentence
    assert advise(restarted, 0.8).sentence.startswith("Yes: same memory, better policy. SIEVE at about 70.7 MB would")
    checked = "Check: the cache hit 70.0 % of requests, the shadows of what was in force 70.0 %."
    assert checked in text(confidence(restarted)[0])


def test_what_lies_beside_all_that_was_looked_at_before_is_not_known():
    far = "lru", 700 * MIB
    there = outlook(curve(points={**curve().points, far: Count(64, 64, 64_000, 64_000)}), now=far)
    assert there.here is None
    assert advise(there, 0.8).sentence == "Too early: the present setting has not been counted in this range yet."


def test_a_range_that_was_cut_says_where_and_why():
    cut = outlook(curve(requests=640), cut="when the capacity changed")
    assert "Exact: all 640 requests since 08:00 UTC, when the capacity changed." in text(confidence(cut)[0])
    assert advise(cut, 0.8).sentence == (
        "Too early: 640 of the 20,000 requests needed, counted since 08:00 UTC, when the capacity changed."
    )


def test_what_a_rate_needs_is_where_the_line_crosses_it():
    there = outlook()
    assert there.capacity_for("lru", 0.7) == pytest.approx(100 * MIB)
    assert there.capacity_for("sieve", 0.7) == pytest.approx(50 * MIB * 2 ** (10 / 14))
    assert there.capacity_for("lru", 0.9) is None
    assert there.capacity_for("lru", 0.1) == 25 * MIB


def test_reads_and_cost_are_of_all_caches():
    there = outlook(caches=4, prices=Prices(memory_gb_month=10, s3_thousand_gets=0.001))
    assert there.reads_a_minute(NOW) == pytest.approx(300)
    assert there.bytes_a_minute(NOW) == pytest.approx(300_000)
    assert there.dollars_a_month(NOW) == pytest.approx(4 * 100 / 1024 * 10 + 300 * 43_200 / 1000 * 0.001)


def test_the_same_memory_under_another_policy_comes_first():
    told = advise(outlook(), 0.8)
    assert told.kind == "policy"
    assert told.sentence == (
        "Yes: same memory, better policy. SIEVE at 100 MB would have hit 74.0 % instead of 70.0 % (+4.0 points), "
        "40 fewer reads of the store a minute."
    )
    assert [each.setting for each in told.suggestions] == [
        ("sieve", 100 * MIB), ("sieve", 85 * MIB), ("sieve", 170 * MIB),
    ]  # fmt: skip
    assert told.suggestions[2].told[0] == "LRU would need about 200 MB"


def test_what_is_risky_or_a_baseline_is_never_proposed():
    assert BESIDES.keys() == {"lfu", "random"}
    best = advise(outlook(curve({"lru": RATES["lru"], "lfu": RATES["lfu"]})), 0.8)
    assert best.kind == "memory"
    assert all(each.setting is None or each.setting[0] == "lru" for each in best.suggestions)


def test_more_memory_pays_where_no_policy_does():
    told = advise(outlook(curve({"lru": RATES["lru"]})), 0.8)
    assert told.sentence.startswith("Yes: more memory pays. LRU at 200 MB would have hit 80.0 % instead of 70.0 %")


@pytest.mark.parametrize(("others", "policy"), [(85, "lru"), (86, "sieve")])
def test_with_more_memory_the_present_policy_is_proposed_unless_another_is_surely_better(others, policy):
    at = {"lru": (40, 55, 70, 85, 86), "sieve": (45, 60, 70, others, 86)}
    assert advise(outlook(curve(at)), 0.99).best == (policy, 200 * MIB)


def test_by_bytes_it_speaks_of_what_is_fetched():
    told = advise(outlook(show="bytes"), 0.8)
    assert told.sentence == (
        "Yes: same memory, better policy. SIEVE at 100 MB would have fetched 26.0 % of bytes from the store instead of "
        "30.0 % (-4.0 points), 40 fewer reads of the store a minute."
    )
    assert told.suggestions[2].title == "At most 20 % from the store"


def test_in_misses_it_speaks_of_misses_and_of_nothing_else():
    told = advise(outlook(show="miss"), 0.8)
    assert told.sentence == (
        "Yes: same memory, better policy. SIEVE at 100 MB would have missed 26.0 % instead of 30.0 % (-4.0 points), "
        "40 fewer reads of the store a minute."
    )
    assert (told.suggestions[0].value, told.suggestions[0].told[0]) == ("26.0 %", "-4.0 points")
    assert told.suggestions[2].title == "At most 20 % missed"
    assert advise(outlook(show="miss"), 0.6).suggestions[2].told == ("Now 30.0 %.",)
    out_of_reach = advise(outlook(show="miss"), 0.9).suggestions[2]
    assert out_of_reach.told == ("No cache reaches it: the floor is 15.0 %, by first requests.",)


def test_tab_stops_at_the_chosen_cell_else_at_the_present_else_at_the_first():
    def stops(now: str, chosen: tuple[str, int] | None) -> list[str]:
        grid = rates(outlook(now=(now, 100 * MIB)), "hit", None, chosen, ["sieve", "lru", "lfu"])
        cells = [each for each in grid._traverse() if getattr(each, "tabIndex", None) == 0]
        return [getattr(each, "aria-label").partition(":")[0] for each in cells]

    assert stops("lru", ("lfu", 100 * MIB)) == ["LFU at 100 MB"]
    assert stops("lru", ("lfu", 150 * MIB)) == ["LRU at 100 MB"]
    assert stops("lru", None) == ["LRU at 100 MB"]
    assert stops("gdsf", None) == ["SIEVE at 100 MB"]


def test_less_memory_saves_where_the_curve_is_flat():
    told = advise(outlook(curve({"lru": (40, 70, 70, 71, 71)})), 0.8)
    assert told.kind == "save"
    assert told.sentence == "You can save: LRU at 50 MB would have hit the same 70.0 %, 50 MB less."
    assert told.suggestions[1].told[0] == "same rate, 50 MB less"


@pytest.mark.parametrize(
    ("show", "same"),
    [
        ("miss", "would have missed the same 30.0 %"),
        ("bytes", "would have fetched the same 30.0 % of bytes from the store"),
    ],
)
def test_what_can_be_saved_is_told_in_what_is_shown(show, same):
    told = advise(outlook(curve({"lru": (40, 70, 70, 71, 71)}), show=show), 0.8)
    assert told.sentence == f"You can save: LRU at 50 MB {same}, 50 MB less."


def test_less_memory_promises_what_its_rounded_size_would_hit():
    seen = outlook(curve({"lru": (40, 60, 70, 71, 71), "gdsf": (50, 78, 79, 80, 80)}))
    less = advise(seen, 0.9).suggestions[1]
    assert seen.here < seen.rate(less.setting)
    assert less.value == f"{100 * seen.rate(less.setting):.1f} %"
    assert less.told[0] == f"{words.gain(seen.rate(less.setting), seen.here)}, 58 MB less"


def test_stay_is_an_answer():
    told = advise(outlook(curve({"lru": (40, 60, 70, 71, 71), "sieve": (40, 60, 70, 71, 71)})), 0.8)
    assert (told.kind, told.sentence) == ("stay", "No: stay. No other policy does better at this size.")
    assert [each.value for each in told.suggestions] == ["Nothing to gain", "Nothing to save", "Out of reach"]


def test_a_gain_below_what_it_may_be_off_by_is_none():
    close = {"lru": (40, 60, 70, 71, 71), "sieve": (40, 60, 71, 71, 71)}
    sampled = {100 * MIB: (0.1, 4000)}
    there = outlook(curve(close, sampled=sampled))
    assert there.error(100 * MIB) == pytest.approx(0.007 * 2**0.5)
    assert advise(there, 0.8).kind == "stay"


def test_samples_of_lfu_and_sieve_are_less_sure_than_of_others_and_exact_ones_are_not():
    close = dict.fromkeys(("lru", "lfu", "sieve"), (40, 60, 70, 71, 71))
    there = outlook(curve(close, sampled={100 * MIB: (0.1, 8000)}))
    errors = [there.error_of((policy, 100 * MIB)) for policy in ("lru", "sieve", "lfu")]
    assert errors == pytest.approx([0.007, 0.0119, 0.0175])
    assert {there.error_of((policy, 400 * MIB)) for policy in ("lru", "sieve", "lfu")} == {0.005}


def test_too_few_requests_are_too_early_and_it_says_for_how_long():
    told = advise(outlook(curve(requests=12_000), pace=200, minutes=180), 0.8)
    assert told.sentence == "Too early: 12,000 of the 20,000 requests needed. About 40 min more."
    assert told.suggestions == ()


def test_no_minutes_are_promised_where_the_range_never_holds_enough():
    """A quarter of an hour at 1,000 a minute has 15,000 requests now and always."""
    told = advise(outlook(curve(requests=15_000), pace=1_000, minutes=15), 0.8)
    assert told.sentence == (
        "Too early: 15,000 of the 20,000 requests needed. "
        "A range this short does not hold so many: choose a longer one."
    )
    waiting = advise(outlook(curve(requests=15_000), pace=1_000, minutes=20), 0.8)
    assert waiting.sentence.endswith("requests needed. About 5 min more.")


def test_a_curve_that_knows_of_little_of_what_was_served_is_too_early():
    assert advise(outlook(served=300_000), 0.8).sentence == (
        "Too early: the curve knows of 20.0 % of the requests in this range."
    )


def test_a_shadow_that_did_not_do_as_the_cache_is_told_and_nothing_suggested():
    told = advise(outlook(curve(really=67)), 0.8)
    assert (told.kind, told.suggestions) == ("off", ())
    assert "The shadow of the present setting hit 70.0 %, the cache itself 67.0 %." in told.sentence
    assert not outlook(curve(really=67, checked=(Count(), Count()))).off


def test_a_target_beyond_the_ceiling_is_out_of_reach_in_words():
    [*_, reach] = advise(outlook(), 0.9).suggestions
    assert (reach.title, reach.value) == ("Reach 90 %", "Out of reach")
    assert reach.told == ("No cache reaches it: the ceiling is 85.0 %, by first requests.",)


def test_the_ceiling_is_never_below_a_point_that_missed_the_first_requests():
    late = {("lru", 100 * MIB): Count(58_000, 57_000, 58_000_000, 57_000_000)}
    found = curve()
    assert outlook(found).ceiling == 0.85
    assert outlook(replace(found, points=found.points | late)).ceiling == pytest.approx(57 / 58)


def test_a_target_that_is_reached_says_so():
    assert advise(outlook(), 0.6).suggestions[2].value == "Reached already"


@pytest.mark.parametrize(("mb", "rounded"), [(83.2, 85), (50.1, 55), (12.3, 13), (1.21, 1.3), (85, 85)])
def test_sizes_in_between_are_rounded_up(mb, rounded):
    assert round_up(mb * MIB) == round(rounded * MIB)


def test_a_point_that_was_little_sampled_is_weak():
    there = outlook(curve(sampled={400 * MIB: (0.01, 900)}))
    assert there.weak(("sieve", 400 * MIB))
    assert not there.weak(("sieve", 100 * MIB))


def test_no_target_is_reached_by_a_point_that_was_little_sampled():
    unsure = curve(sampled={size * MIB: (0.01, 900) for size in (200, 400)})
    reach = advise(outlook(unsure), 0.8).suggestions[2]
    assert (reach.setting, reach.value) == (None, "Not sure")
    assert reach.told == ("Too few images were sampled at the sizes that may reach it.",)


def test_a_target_is_reached_by_the_smallest_point_that_is_sure():
    points = {"lru": (40, 55, 70, 80, 84), "sieve": (45, 75, 75, 75, 75)}
    found = outlook(curve(points, sampled={50 * MIB: (0.01, 900)}))
    assert found.weak(("sieve", 50 * MIB))
    assert advise(found, 0.75).suggestions[2].setting == ("lru", 145 * MIB)


def test_sizes_in_a_row_have_their_unit_where_it_changes():
    told = words.sizes([size * MIB for size in (0.5, 1, 2, 512, 1024, 2048)])
    assert [" ".join(each).strip() for each in told] == ["512 KB", "1 MB", "2", "512", "1 GB", "2"]


def test_the_small_table_has_whole_doublings_and_what_is_in_force():
    sizes = [round(MIB * 2 ** (k / 2)) for k in range(25)] + [100 * MIB]
    assert [size // MIB for size in columns(sizes, 100 * MIB)] == [32, 64, 100, 128, 256, 512]


def test_the_small_table_has_no_doubling_that_is_what_is_in_force_once_more():
    sizes = [MIB << k for k in range(10)] + [8_000_000]
    assert columns(sizes, 8_000_000) == [2 * MIB, 4 * MIB, 8_000_000, 16 * MIB, 32 * MIB, 64 * MIB]


def test_a_cell_that_was_little_sampled_says_how_sure_it_is():
    there = outlook(curve(sampled={100 * MIB: (0.01, 8_000 // 16)}))
    table = str(rates(there, "hit", None, None, ["sieve"]))
    assert "unsure, ±4.8 points" in table
    assert table.count("±") == 2 * table.count("unsure")


def test_a_machine_with_less_memory_has_a_setting_of_its_own():
    capped = curve(in_force={("lru", 60 * MIB): Count(9, 1, 9, 1)})
    assert setting_now(capped, ("lru", 500 * MIB), capped=True) == ("lru", 60 * MIB)
    assert setting_now(capped, NOW, capped=True) == NOW


def test_a_setting_that_nobody_has_told_of_yet_is_the_one_in_force():
    before = curve(in_force={("lru", 60 * MIB): Count(9, 1, 9, 1)})
    assert setting_now(before, ("lru", 500 * MIB), capped=False) == ("lru", 500 * MIB)


def test_what_is_expected_of_a_change_stands_beside_now():
    there = expected(outlook(), ("sieve", 200 * MIB))
    assert there.rows[0] == ("Expected hit rate", "70.0 %", "82.0 % ±0.5")
    assert there.rows[1] == ("Reads of the store a minute", "300", "180")
    assert (there.fall, there.short) == ("", "Expected: 82.0 % hits, now 70.0 %.")
    assert expected(outlook(), ("lru", 50 * MIB)).fall.startswith(
        "The hit rate is expected to fall from 70.0 % to 55.0 %"
    )


def test_times_of_a_range_of_days_have_their_date():
    week = curve(period_seconds=7 * 86_400, seconds=7 * 86_400, requests=12_000, anew=1_800_086_400.0)
    told = text(confidence(outlook(week, cut="when the capacity changed"))[0])
    assert "requests since 15 Jan 08:00 UTC, when the capacity changed." in told
    assert "began anew, with nothing, at 16 Jan 08:00 UTC." in told
    early = advise(outlook(week, cut="when the capacity changed"), 0.8).sentence
    assert "counted since 15 Jan 08:00 UTC, when" in early
    of_days = expected(outlook(replace(week, live=curve().live)), ("sieve", 200 * MIB))
    assert of_days.told[0] == "By 60,000 requests from 15 Jan 08:00 to 22 Jan 08:00 UTC, 7 d."
    of_an_hour = expected(outlook(), ("sieve", 200 * MIB))
    assert of_an_hour.told[0] == "By 60,000 requests from 08:00 to 09:00 UTC, 60 min."


def test_what_is_not_known_is_said():
    assert expected(None, NOW).told == ()
    assert expected(outlook(), ("lru", 900 * MIB)).told[0].startswith("What it would do is not known: it is far from")
    assert (
        expected(outlook(curve(requests=500)), ("lru", 50 * MIB))
        .told[0]
        .startswith("What it would do is not known yet")
    )


def test_a_prediction_is_kept_only_where_enough_is_known():
    kept = prediction(outlook(), ("sieve", 100 * MIB))
    assert (kept.before, kept.after, kept.error, kept.requests) == (0.7, 0.74, 0.005, REQUESTS)
    assert prediction(outlook(curve(requests=500)), ("sieve", 100 * MIB)) is None
    assert prediction(outlook(), ("sieve", 900 * MIB)) is None


def test_shadows_that_began_anew_are_told_of():
    assert "Exact: all 60,000 requests since" in told_of(curve())
    told = told_of(curve(anew=1_800_000_660.0))
    assert "Exact: 60,000 requests since" in told
    assert "The shadows began anew, with nothing, at 08:11 UTC." in told
    known = outlook(curve(anew=1_800_000_660.0), served=61_500)
    assert text(confidence(known)[0]).startswith("Exact: 60,000 of 61,500 requests since 08:00 UTC.")


def told_of(given: Curve) -> str:
    return text(confidence(outlook(given))[0])


def text(part) -> str:
    if isinstance(part, list):
        return "".join(map(text, part))
    return part if isinstance(part, str) else text(part.children)


def test_how_sure_it_is_stands_in_words():
    assert told_of(curve()).startswith("Exact: all 60,000 requests since 08:00 UTC. Error under 0.5 points.")
    assert "Check: the cache hit 70.0 % of requests, its shadow 70.0 %." in told_of(curve())
    sampled = told_of(curve(sampled={100 * MIB: (0.125, 9_000)}))
    assert sampled.startswith(
        "Sampled: 9,000 of about 72,000 images, within 0.7 points; 60,000 requests since 08:00 UTC."
    )
    assert told_of(curve(shed=500)).startswith("Nearly exact: 60,000 requests")
    assert "500 requests were too many to follow and are estimated." in told_of(curve(shed=500))
    settling = told_of(curve(checked=(Count(), Count())))
    assert "The cache still settles after the last change; its check waits for that." in settling
