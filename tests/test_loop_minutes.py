"""Counts outlive the process: all of them across a restart within a minute, all but a second's after a crash."""

import os
import signal
import threading
import time

import pytest

from metrics.channels import open_channel
from tests.asking import Client, small_images
from tests.processes import wait_until

# What is saved each second is at most a second old; the rest of this is for a busy machine.
LOST_SECONDS = 1.5


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
    """Asks again and again until nobody answers, and notes when each answer came."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self._service = service
        self.answered = []

    def seconds(self):
        """How long ago the first answer came."""
        return time.monotonic() - self.answered[0] if self.answered else 0.0

    def run(self):
        client = Client(self._service.url, timeout=2)
        try:
            while client.get("image-000.png").status == 200:
                self.answered.append(time.monotonic())
                time.sleep(0.005)
        except OSError:
            pass


def kill_main(service):
    service.kill()


def kill_everything(service):
    """As when the machine's power goes: main process and worker at once."""
    os.killpg(service.pid, signal.SIGKILL)
    service.wait()


@pytest.mark.parametrize("kill", [kill_main, kill_everything])
def test_a_kill_loses_at_most_the_counts_of_the_last_second(service, kill):
    ask(service, 1)
    asking = Asking(service)
    asking.start()
    wait_until(lambda: asking.seconds() > 2 * LOST_SECONDS, 30, "answers older than what may be lost")
    killed = time.monotonic()
    kill(service)
    asking.join(10)
    service.start()
    service.terminate()
    safe = 1 + sum(moment < killed - LOST_SECONDS for moment in asking.answered)
    assert safe > 1
    assert safe <= requests_reported(service) <= 1 + len(asking.answered) + 1


def test_an_instance_says_that_it_stops(service):
    service.terminate()
    (said,) = open_channel(f"sqlite:///{service.data_dir / 'channel.db'}").announcements()
    assert said.stopped


def test_a_second_process_of_the_same_name_is_refused_in_words(service, start_service):
    with pytest.raises(AssertionError, match="ended with 1"):
        start_service(data_dir=service.data_dir, INSTANCE=service.settings["INSTANCE"])
