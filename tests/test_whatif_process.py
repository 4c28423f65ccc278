"""The replay process and the service that runs it."""

import json
import os
import random
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cache.whatif.records import MISS
from cache.whatif.tap import Entry, Tap
from cache.whatif.trace import Trace
from metrics.curves import add_curves
from metrics.sqlite_channel import SqliteChannel
from metrics.whatif import WhatIf
from metrics.whatif_process import ReplayProcess
from metrics.why import is_explained
from tests.photos import picture, saved
from tests.processes import PATIENCE_SECONDS, image_service, wait_until
from tests.whatif_traces import NO_BOUND, PLACE_OF, Live, footprint_bytes, run, shifting

ENOUGH_BYTES = 64 << 20


class Kept:
    """A channel that keeps what it gets."""

    def __init__(self):
        self.documents = []

    def send_curve(self, document):
        self.documents.append(json.loads(json.dumps(document)))


@pytest.fixture
def whatif():
    channel = Kept()
    made = WhatIf("me", Tap(), channel, ENOUGH_BYTES)
    made.channel, made.tap = channel, made._tap
    yield made
    made.close(0.0)


def documents(whatif, count):
    def there():
        whatif.pump()
        whatif.send(time.time())
        return len(whatif.channel.documents) >= count and whatif.channel.documents

    return wait_until(there)


def test_the_process_tells_what_really_running_each_would_have_done(whatif):
    trace = shifting(6000, 1000, 1)
    capacity_bytes = footprint_bytes(trace) // 10
    live = Live("lru", capacity_bytes, whatif.tap)
    for _ in live.play(trace):  # before there is a process: it gets to know of these as well
        pass
    whatif.tap.minute_ended(120)
    (told,) = documents(whatif, 1)
    assert (told["instance"], told["start"], told["policy"], told["requests"]) == ("me", 120, "lru", 6000)
    assert told["since"] <= time.time()
    assert 0 < told["memory_bytes"] <= ENOUGH_BYTES
    for policy, capacity, hits, bytes_hit in told["points"]:
        if policy in ("lru", "s3fifo"):
            assert (hits, bytes_hit) == run(policy, capacity, trace)


def test_the_process_keeps_to_its_budget_as_the_system_counts_it():
    budget_bytes, trace = 48 << 20, shifting(80_000, 60_000, 1)
    live = Live("lru", footprint_bytes(trace) // 10, Tap(NO_BOUND))
    for _ in live.play(trace):
        pass
    live.tap.minute_ended(0)
    process = ReplayProcess(budget_bytes)
    told: list[dict] = []

    def answered():
        process.send(b"" if process.busy else live.tap.take(1 << 18))
        told.extend(process.read())
        return told

    try:
        wait_until(answered)
    finally:
        process.end()
    assert told[0]["sampled"]
    assert told[0]["memory_bytes"] <= budget_bytes


def test_a_process_that_dies_is_replaced_and_the_new_one_says_since_when_it_counts(whatif):
    whatif.tap.configured(PLACE_OF["lru"], 1 << 20)
    whatif.pump()
    whatif.tap.request(Entry("a", "1"), 10, 1)
    first = whatif.pid
    os.kill(first, signal.SIGKILL)

    def another():
        whatif.pump()
        return whatif.pid not in (None, first)

    wait_until(another)
    began = time.time()
    whatif.tap.request(Entry("a", "1"), 10, 0)
    whatif.tap.minute_ended(180)
    (told,) = documents(whatif, 1)
    assert (told["requests"], told["policy"], told["capacity_bytes"]) == (1, "lru", 1 << 20)
    assert told["since"] >= began - PATIENCE_SECONDS
    assert len(told["points"]) > 50


def test_where_no_process_can_be_started_it_is_tried_ever_less_often_and_the_trace_has_no_hole():
    tried = []

    def start(*given):
        tried.append(given)
        raise BlockingIOError(11, "no more processes")

    tap, trace = Tap(), Trace(100)
    whatif = WhatIf("me", tap, Kept(), ENOUGH_BYTES, trace, start)
    for number in range(5):
        tap.request(Entry(f"k{number}", "1"), 10, MISS)
        whatif.pump()
    assert len(tried) == 1
    assert "".join(trace.csv()).count("\n") == 1 + 5
    whatif.close(0.0)


def test_the_process_ends_when_the_line_is_cut(whatif):
    whatif.tap.configured(PLACE_OF["lru"], 1 << 20)
    whatif.pump()
    pid = whatif.pid
    whatif.close(0.0)
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


def test_the_reasons_of_a_minute_that_goes_on_can_be_asked_for(whatif):
    whatif.tap.configured(PLACE_OF["lru"], 1 << 20)
    whatif.pump()
    whatif.tap.request(Entry("a", "1"), 10, 1)
    assert whatif.reasons_so_far(60, 10)["cold"] == 1
    whatif.tap.request(Entry("b", "1"), 10, 1)
    whatif.tap.minute_ended(60)
    told = documents(whatif, 2)
    assert [document["reasons"]["cold"] for document in told] == [1, 2]


def test_what_minutes_before_were_is_known_for_a_while(whatif):
    whatif.tap.configured(PLACE_OF["lru"], 1 << 20)
    whatif.tap.request(Entry("a", "1"), 10, 1)
    whatif.tap.minute_ended(600)
    whatif.tap.minute_ended(660)
    documents(whatif, 2)
    assert whatif.reasons_before(720)["cold"] == 1  # in the minute between nothing missed
    assert whatif.reasons_before(900)["cold"] == 1
    assert whatif.reasons_before(960) is None
    assert whatif.reasons_before(600) is None


# --- in the service --------------------------------------------------------------------------------------------------


def get(url):
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as response:
        return response.read()


def put(url, data):
    with urllib.request.urlopen(urllib.request.Request(url, data, method="PUT"), timeout=PATIENCE_SECONDS) as response:
        return response.status


def replays(service):
    """The replay processes of a service: those whose parent is one of its processes."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if b"cache.whatif" in command:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                grandparent = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
                if service.pid in (parent, grandparent):
                    found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.fixture
def started(tmp_path):
    services = []

    def start(**settings):
        service = image_service(tmp_path / "data", **settings)
        services.append(service)
        service.start()
        return service

    yield start
    for service in services:
        service.close()


def play(service, requests=60):
    draw = random.Random(1)
    for number in range(8):
        assert put(f"{service.url}/images/{number}", saved(picture(40 + number, 30, number), "PNG")) in (200, 201)
    for _ in range(requests):
        get(f"{service.url}/images/{draw.randrange(8)}")


def test_a_minute_and_its_curve_tell_of_the_same_requests(started, tmp_path):
    service = started()
    play(service)
    assert service.terminate() == 0
    channel = SqliteChannel(str(tmp_path / "data" / "channel.db"))
    minutes = [minute for minute in channel.minutes(0, 2**40) if minute.values["requests"]]
    assert sum(minute.values["requests"] for minute in minutes) == 60
    for minute in minutes:
        assert is_explained(minute)
    assert sum(minute.values["miss_cold"] for minute in minutes) == 8
    assert add_curves(channel.curves(0, 2**40)).live.requests == 60


def test_why_requests_missed_before_a_restart_is_still_told_after_it(started, tmp_path):
    service = started(INSTANCE="one")
    for colour in (40, 80):  # all are replaced once
        for name in range(8):
            assert put(f"{service.url}/images/{name}", saved(picture(30, 30, colour + name), "PNG")) in (200, 201)
            get(f"{service.url}/images/{name}")
    assert service.terminate() == 0
    again = started(INSTANCE="one")  # in the same minute, unless that has just ended; with nothing in its cache
    for name in range(8):
        get(f"{again.url}/images/{name}")
    assert again.terminate() == 0
    minutes = SqliteChannel(str(tmp_path / "data" / "channel.db")).minutes(0, 2**40)
    assert all(is_explained(minute) for minute in minutes if minute.values["misses"])
    assert sum(minute.values.get("miss_changed", 0) for minute in minutes) == 8
    assert sum(minute.values.get("miss_cold", 0) for minute in minutes) == 16


def test_the_service_lives_on_when_the_replay_is_killed_and_has_another(started):
    service = started()
    (first,) = wait_until(lambda: replays(service))
    os.kill(first, signal.SIGKILL)
    play(service, 20)
    wait_until(lambda: [pid for pid in replays(service) if pid != first])
    play(service, 20)
    assert service.terminate() == 0


def test_the_replay_ends_with_the_service_however_that_ends(started):
    service = started()
    (pid,) = wait_until(lambda: replays(service))
    service.kill()
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_replay_that_hangs_delays_neither_requests_nor_the_end(started, tmp_path):
    service = started()
    (pid,) = wait_until(lambda: replays(service))
    os.kill(pid, signal.SIGSTOP)
    play(service)
    assert service.terminate() == 0
    (said,) = SqliteChannel(str(tmp_path / "data" / "channel.db")).announcements()
    assert said.stopped  # it came to its end in order; a worker that waits for long is killed before it says so
    wait_until(lambda: not Path(f"/proc/{pid}").exists())


def test_switched_off_there_is_no_process_and_no_trace(started):
    service = started(WHATIF_BYTES=0, TRACE_REQUESTS=100)
    play(service, 5)
    assert replays(service) == []
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        get(f"{service.url}/export/trace.csv")
    assert "WHATIF_BYTES other than 0" in refused.value.read().decode()


def test_the_trace_has_the_last_requests_with_hashed_keys(started):
    service = started(TRACE_REQUESTS=40)
    wait_until(lambda: len(replays(service)) == 1)  # what was asked for before that is in no trace
    play(service, 60)

    def lines():
        found = get(f"{service.url}/export/trace.csv").decode().splitlines()
        return len(found) == 41 and found

    header, *rows = wait_until(lines)
    assert header == "time,key,size"
    assert len({row.split(",")[1] for row in rows}) <= 8
    assert all(abs(float(row.split(",")[0]) - time.time()) < 3600 for row in rows)
