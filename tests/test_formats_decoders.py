"""The processes that decode: few, killed when they take too long, and gone when nobody needs them."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bad_images import good_images, jpeg_of_scans
from photos import picture, saved

from image_service import formats
from image_service.formats import Decoders, DecodersBusy, ImageRefused, TooManyPixels
from tests.processes import PATIENCE_SECONDS, wait_until

GOOD = good_images()
ROOT = Path(__file__).parent.parent


@pytest.fixture
def decoders():
    decoders = Decoders(max_pixels=24_000_000)
    yield decoders
    decoders.close()


@pytest.fixture(scope="module")
def slow():
    """A picture that takes tenths of a second to decode."""
    return jpeg_of_scans(picture(3000, 2000, 1, grain=0).convert("L"), 40)


def pids(decoders):
    return sorted(decoder.pid for decoder in decoders._running)


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_no_process_starts_before_the_first_image(decoders):
    assert pids(decoders) == []
    with pytest.raises(ImageRefused):
        decoders.inspect(b"no image")
    assert pids(decoders) == []
    decoders.inspect(GOOD["still.png"])
    assert len(pids(decoders)) == 1


def test_started_ones_are_used_and_kept(decoders):
    decoders.start()
    before = pids(decoders)
    assert len(before) == 2
    for data in GOOD.values():
        decoders.inspect(data)
    assert pids(decoders) == before


def test_many_threads_share_two_processes(decoders):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(decoders.inspect, list(GOOD.values()) * 6))
    assert {(facts.width, facts.height) for facts in found} == {(160, 120)}
    assert 1 <= len(pids(decoders)) <= 2


def test_work_beyond_the_time_allowed_is_refused_and_the_next_image_is_not(decoders, slow, monkeypatch):
    monkeypatch.setattr(formats, "INSPECT_SECONDS", 0.02)
    with pytest.raises(TooManyPixels, match="takes too long"):
        decoders.inspect(slow)
    monkeypatch.undo()
    assert decoders.inspect(GOOD["still.png"]).width == 160
    assert decoders.inspect(slow).width == 3000


def test_no_answer_in_time_by_the_clock_is_no_fault_of_the_image(decoders, monkeypatch):
    decoders.inspect(GOOD["still.png"])
    (pid,) = pids(decoders)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(formats, "WALL_SECONDS", 0.1)
    with pytest.raises(DecodersBusy):
        decoders.inspect(GOOD["still.png"])
    wait_until(lambda: gone(pid))
    monkeypatch.undo()
    assert decoders.inspect(GOOD["still.png"]).width == 160


def test_a_decoder_killed_from_outside_costs_no_answer(decoders):
    decoders.inspect(GOOD["still.png"])
    (pid,) = pids(decoders)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: gone(pid))
    assert decoders.inspect(GOOD["still.png"]).width == 160
    assert pid not in pids(decoders)


def test_waiting_for_a_decoder_has_an_end():
    decoders = Decoders(max_pixels=24_000_000, workers=1, wait_seconds=0.05)
    decoders.start()
    (pid,) = pids(decoders)
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(decoders.inspect, GOOD["still.png"])
        wait_until(lambda: not decoders._idle)
        with pytest.raises(DecodersBusy, match="busy"):
            decoders.inspect(GOOD["still.png"])
        os.kill(pid, signal.SIGCONT)
        assert first.result().width == 160
    assert decoders.inspect(GOOD["still.png"]).width == 160
    decoders.close()


def test_closing_ends_the_processes_even_at_work(decoders):
    decoders.start()
    before = pids(decoders)
    for pid in before:
        os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        at_work = pool.submit(decoders.inspect, GOOD["still.png"])
        wait_until(lambda: len(decoders._idle) == 1)
        decoders.close()
        with pytest.raises(DecodersBusy):
            at_work.result(timeout=PATIENCE_SECONDS)
    assert all(gone(pid) for pid in before)
    with pytest.raises(DecodersBusy, match="stopping"):
        decoders.inspect(GOOD["still.png"])
    decoders.close()


def test_decoders_end_when_their_parent_is_killed():
    program = """
import signal, sys
from image_service.formats import Decoders
decoders = Decoders(24_000_000)
decoders.start()
print(*[decoder.pid for decoder in decoders._running], flush=True)
signal.pause()
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    children = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.communicate()
    assert len(children) == 2
    wait_until(lambda: all(gone(pid) for pid in children))


def test_a_decoder_knows_no_secret_of_the_service(decoders, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql+pymysql://user:secret@host/name")
    decoders.start()
    for pid in pids(decoders):
        assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_a_decoder_may_not_take_all_the_memory(decoders):
    decoders.inspect(GOOD["still.png"])
    (pid,) = pids(decoders)
    line = next(line for line in Path(f"/proc/{pid}/limits").read_text().splitlines() if "address space" in line)
    assert int(line.split()[3]) < 1_100_000_000


def test_an_image_that_needs_too_much_memory_is_refused_and_the_decoder_lives(monkeypatch):
    from image_service import decoder

    program = (
        "import sys; from image_service import decoder; decoder._BASE_BYTES = 60 << 20; decoder._BYTES_A_PIXEL = 0;"
        "sys.argv = ['decoder', '24000000']; decoder.main()"
    )
    child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    large, small = saved(picture(6000, 4000, 1, 0), "JPEG", progressive=True), GOOD["still.png"]
    questions = b"".join(decoder.QUESTION.pack(0, 10.0, len(data)) + data for data in (large, small))
    out, _ = child.communicate(questions, timeout=PATIENCE_SECONDS)
    assert b'"refused"' in out
    assert b'"width": 160' in out
