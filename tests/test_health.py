"""Readiness: three phases, what each dependency was like when last looked at, and never a wait."""

import logging

import pytest

from image_service.health import Health


@pytest.fixture
def broken():
    """What is wrong with the store just now."""
    return []


@pytest.fixture
def health(broken):
    def ping():
        if broken:
            raise OSError(broken[0])

    return Health({"database": lambda: None, "images": ping})


def test_it_is_starting_then_ready_then_draining(health):
    states = [health.report()["state"]]
    for step in (health.ready, health.drain):
        step()
        states.append(health.report()["state"])
    assert states == ["starting", "ready", "draining"]


def test_a_dependency_that_fails_degrades_it_until_it_answers(health, broken):
    health.ready()
    broken.append("it is away")
    health.look()
    assert health.report() == {
        "state": "degraded",
        "dependencies": {"database": "ok", "images": "failed: it is away"},
    }
    broken.clear()
    health.look()
    assert health.report()["state"] == "ready"


@pytest.mark.parametrize("phase", ["starting", "draining"])
def test_a_dependency_that_fails_does_not_hide_a_start_or_an_end(health, broken, phase):
    broken.append("it is away")
    health.look()
    if phase == "draining":
        health.ready()
        health.drain()
    assert health.report()["state"] == phase


def test_a_report_asks_nobody(health, broken):
    health.ready()
    broken.append("a store that hangs would be waited for")
    assert health.report()["state"] == "ready"


def test_only_changes_are_logged(health, broken, caplog):
    with caplog.at_level(logging.INFO):
        for now_broken in (["it is away"], ["it is away"], []):
            broken[:] = now_broken
            health.look()
    assert [record.message for record in caplog.records] == ["The images: failed: it is away", "The images: ok"]
