"""The commands behind the Makefile: both apps with one word, and traffic for them."""

import os
import signal
import subprocess
import sys
from collections import Counter
from io import BytesIO
from itertools import islice

import pytest
from PIL import Image

from tests import processes
from tests.asking import Client, small_images
from tests.processes import PATIENCE_SECONDS, ROOT, free_port, status, wait_until
from tools import run
from tools.drawing import pictures
from tools.traffic import popularity


@pytest.fixture
def both(tmp_path):
    """tools/run.py under way, its output in a file, and the two ports."""
    port = free_port(run.STEP)
    environment = {**os.environ, "PORT": str(port), "DATA_DIR": str(tmp_path / "data"), "INSTANCE": f"run-{port}"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "tools/run.py"], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    yield process, tmp_path / "log", port, port + run.STEP
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("ends", ["Ctrl-C", "a termination"])
def test_run_starts_both_says_where_and_ends_both(both, ends):
    process, log, *ports = both
    wait_until(lambda: "Ctrl-C ends both" in log.read_text(), what=f"both addresses in {log.read_text()}")
    for port in ports:
        assert f"http://127.0.0.1:{port}" in log.read_text()
        assert status(f"http://127.0.0.1:{port}/healthz") == 200
    wait_until(lambda: "the mode is manual" in log.read_text(), what=f"the auto-scaler in {log.read_text()}")
    if ends == "Ctrl-C":
        os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to all at once
    else:
        process.terminate()
    assert process.wait(PATIENCE_SECONDS) == 0
    assert [status(f"http://127.0.0.1:{port}/healthz") for port in ports] == [None, None]


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("PORT=9000\nLOG_LEVEL=DEBUG\n")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    monkeypatch.setenv("PORT", "9500")
    monkeypatch.delenv("LOG_LEVEL", raising=False)
    settings = run.read_settings()
    assert (run.read_port(settings), settings["LOG_LEVEL"]) == (9500, "DEBUG")


@pytest.mark.parametrize("port", ["", "0", "-1", "65500", "eighty"])
def test_a_port_that_leaves_none_for_the_manager_is_refused_in_words(port):
    with pytest.raises(SystemExit, match="PORT must be a number from 1 to 65435"):
        run.read_port({"PORT": port})


def test_traffic_adds_a_folder_and_asks_for_what_is_there(service, tmp_path):
    images = small_images(5)
    (tmp_path / "a folder").mkdir()
    for name, data in images.items():
        (tmp_path / "a folder" / name).write_bytes(data)
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    command = [sys.executable, "-m", "tools.traffic", "--url", service.url, "--photos", str(tmp_path)]
    said = subprocess.run(
        [*command, "--seconds", "1", "--rate", "60"], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert said.returncode == 0, said.stderr
    assert "5 added, 1 refused" in said.stdout
    assert "broken.jpg: 415" in said.stdout
    assert "requests, hit rate" in said.stdout
    assert [image["key"] for image in Client(service.url).listed()] == [f"a folder/{name}" for name in images]


def test_traffic_says_so_where_nobody_answers():
    url = f"http://127.0.0.1:{processes.free_port()}"
    said = subprocess.run(
        [sys.executable, "-m", "tools.traffic", "--url", url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert said.returncode == 1
    assert "Is the service running?" in said.stderr


def test_popularity_falls_as_zipf_says_and_the_seed_repeats_it():
    keys = [f"key-{number}" for number in range(20)]
    drawn = list(islice(popularity(keys, alpha=1.0, seed=4), 20_000))
    assert drawn == list(islice(popularity(keys, alpha=1.0, seed=4), 20_000))
    counts = [count for _, count in Counter(drawn).most_common()]
    total = sum(1 / rank for rank in range(1, 21))
    assert counts[0] / len(drawn) == pytest.approx(1 / total, rel=0.05)
    assert counts[0] / counts[9] == pytest.approx(10, rel=0.2)


def test_drawn_pictures_are_real_different_and_the_same_each_time():
    drawn = dict(pictures(4))
    assert drawn == dict(pictures(4))
    assert len(set(drawn.values())) == 4
    for data in drawn.values():
        Image.open(BytesIO(data)).load()
