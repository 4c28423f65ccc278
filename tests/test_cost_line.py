"""What is said of the cost, and where."""

import pytest

from dashboard.app import create_app
from dashboard.cost import COST, NOTE, cost, dollars, how_often
from dashboard.settings import Settings
from metrics.calls import Calls, Tally
from metrics.cloudwatch_datums import OF_AN_INSTANCE
from metrics.prices import DOLLARS_A_METRIC_A_MONTH, MONTH_SECONDS, sent_a_month, spent, spent_a_month
from metrics.schema import OF_ENGINE

NOON = 1_795_521_600.0  # 2026-11-24 12:00 UTC


def test_calls_are_counted_by_operation():
    calls = Calls(NOON)
    calls.count("get_metric_data", metrics_read=68)
    calls.count("get_metric_data", metrics_read=2)
    calls.count("put_log_events", log_bytes=500)
    assert calls.tally() == Tally(NOON, {"get_metric_data": 2, "put_log_events": 1}, 70, 500)


def test_reading_is_charged_by_the_metric_and_sending_by_the_call():
    assert spent(Tally(NOON, {"get_metric_data": 50}, metrics_read=1000)) == pytest.approx(0.01)
    assert spent(Tally(NOON, {"put_metric_data": 1000})) == pytest.approx(0.01)
    assert spent(Tally(NOON, {"get_log_events": 10**6})) == 0
    assert spent(Tally(NOON, log_bytes=2**30)) == pytest.approx(0.5)


def test_a_pace_takes_ten_minutes_to_tell():
    tally = Tally(NOON, {}, metrics_read=68 * 60)
    assert spent_a_month(tally, NOON + 300) is None
    assert spent_a_month(tally, NOON + 3600) == pytest.approx(68 * 60 * 1e-5 * MONTH_SECONDS / 3600)


def test_instances_cost_their_metrics_their_calls_and_their_logs():
    assert sent_a_month(0) == 0
    one, eight = sent_a_month(1), sent_a_month(8)
    metrics = len(OF_AN_INSTANCE) - len(OF_ENGINE)
    assert (eight - one) / 7 == pytest.approx(metrics * DOLLARS_A_METRIC_A_MONTH + 0.43 + 0.08, abs=0.01)


def test_with_a_shared_cache_each_instance_sends_what_that_tells_too():
    more = sent_a_month(4, shared_cache=True) - sent_a_month(4)
    assert more == pytest.approx(4 * len(OF_ENGINE) * DOLLARS_A_METRIC_A_MONTH)


def test_the_line_says_what_was_asked_and_what_it_comes_to():
    told = cost(Tally(NOON, {"get_metric_data": 60, "get_log_events": 140}, 4080), "CloudWatch", 4, NOON + 3600)
    assert told == (
        "Since 12:00 UTC the manager made 200 calls to CloudWatch and read 4,080 metrics: about $0.04, or $29 a month "
        f"at this pace. What 4 instances send comes to about {dollars(sent_a_month(4))} a month. "
        "Prices of November 2026, without the free tier."
    )


@pytest.mark.parametrize(("amount", "told"), [(0, "$0.00"), (0.0004, "$0.01"), (0.453, "$0.45"), (27.4, "$27")])
def test_money_is_short(amount, told):
    assert dollars(amount) == told


def test_how_often_is_said_in_words():
    assert how_often(60) == "once a minute"
    assert how_often(300) == "every 5 min"


def test_only_a_manager_on_cloudwatch_says_what_it_costs(tmp_path):
    embedded = create_app(Settings(data_dir=tmp_path))
    cloud = create_app(Settings(channel_url="cloudwatch://Hitrate"))
    for name in (COST, NOTE):
        assert not any(name in key for key in embedded.callback_map)
        assert any(name in key for key in cloud.callback_map)
