"""Counts outlive the process: all of them across a restart within a minute, all that was saved after a crash."""

import contextlib
import http.client
import os
import signal
import threading
import time

import pytest

from metrics.channels import open_channel
from metrics.spool import SENT, instance_folder, read_minute
from tests.asking import Client, small_images
from tests.processes import PATIENCE_SECONDS, wait_until


@pytest.fixture
def service(start_service):
    return start_service()


def requests_reported(service):
    channel = open_channel(f"sqlite:///{service.data_dir / 'channel.db'}")
    minutes = channel.minutes(0, 2**40)
    assert {minute.instance for minute in minutes} <= {service.settings["INSTANCE"]}
    return sum(minute.values["requests"] for minute in minutes)


def ask(service, count):
    client = Client(service.url)
    ((key, data),) = small_images(1).items()
    client.put(key, data)
    for _ in range(count):
        assert client.get(key).status == 200


def test_restarts_in_the_middle_of_a_minute_lose_no_request(service):
    for count in (7, 11, 13):
        ask(service, count)
        service.restart()
    ask(service, 17)
    assert service.terminate() == 0
    assert requests_reported(service) == 7 + 11 + 13 + 17


class Asking(threading.Thread):
    """Asks again and again until nobody answers, and counts the answers."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self._client = Client(service.url)
        self.answers = 0

    def run(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            while self._client.get("image-000.png").status == 200:
                self.answers += 1
                time.sleep(0.005)


def requests_saved(service):
    """Those a crash can't lose any more: in the open minute on disk, and in those before it, sent or not."""
    files = instance_folder(service.data_dir / "spool", service.settings["INSTANCE"]).glob("*/*")
    minutes = [read_minute(path) for path in files if path.suffix in (".json", SENT)]
    # One that goes on to its next name while we look is missed: another look will tell.
    return sum(minute.values["requests"] for minute in minutes if minute is not None)


def kill_main(service):
    service.kill()


def kill_everything(service):
    """As when the machine's power goes: main process and worker at once."""
    os.killpg(service.pid, signal.SIGKILL)
    service.wait()


@pytest.mark.parametrize("kill", [kill_main, kill_everything])
def test_a_kill_loses_nothing_of_what_was_saved_and_counts_nothing_twice(service, kill):
    ask(service, 1)
    asking = Asking(service)
    asking.start()
    wait_until(lambda: asking.answers > 100, what="answers")
    before = 1 + asking.answers
    saved = wait_until(lambda: (found := requests_saved(service)) >= before and found, what="them to be saved")
    kill(service)
    asking.join(PATIENCE_SECONDS)
    service.start()
    service.terminate()
    assert saved <= requests_reported(service) <= 1 + asking.answers + 1  # the last may have been under way


def test_an_instance_says_that_it_stops(service):
    service.terminate()
    (said,) = open_channel(f"sqlite:///{service.data_dir / 'channel.db'}").announcements()
    assert said.stopped


def test_a_second_process_of_the_same_name_is_refused_in_words(service, start_service):
    with pytest.raises(AssertionError, match="ended with 1"):
        start_service(data_dir=service.data_dir, INSTANCE=service.settings["INSTANCE"])
