"""Fixtures: both apps as real processes, real images, days of statistics, and a browser that is watched."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from metrics.channels import open_channel
from metrics.schema import Minute
from metrics.sqlite_channel import SqliteChannel
from tests import processes, recorded_days
from tests.bad_images import write_bad_images
from tests.browser import FLAGS, HOW_TO_INSTALL, Watch, find_chromium
from tests.photos import write_photos

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from tests.mariadb import MariaDb
    from tests.moto_server import Aws
    from tests.redis_server import RedisServer
    from tests.seaweed import Seaweed

NOTHING_IS_SKIPPED = os.environ.get("CI") == "true"


# --- both apps -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.App]:
    """The image service, ready; see processes.App: ``.url``, ``.data_dir``, ``.restart()``, ``.kill()``..."""
    yield from _running(processes.image_service(tmp_path_factory.mktemp("service") / "data"))


@pytest.fixture(scope="module")
def manager(service: processes.App) -> Iterator[processes.App]:
    """The manager of that very service."""
    yield from _running(processes.manager(service.data_dir, IMAGE_SERVICE_URL=service.url))


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., processes.App]]:
    """Starts image services for one test alone, each with settings of its own: ``start_service(PORT=...)``."""
    started: list[processes.App] = []

    def start(data_dir: Path | None = None, **settings: object) -> processes.App:
        started.append(processes.image_service(data_dir or tmp_path / f"data-{len(started)}", **settings))
        started[-1].start()
        return started[-1]

    yield start
    for app in started:
        app.close()


def _running(app: processes.App) -> Iterator[processes.App]:
    try:
        app.start()
        yield app
    finally:
        app.close()


@pytest.fixture(scope="module")
def aws() -> Iterator["Aws"]:
    """AWS in a thread, empty, and in the environment of this process; see moto_server.py: ``.client()``, ``.faults``"""
    from tests.moto_server import running

    with running() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        server.reset()
        yield server


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Seaweed"]:
    """A real S3 server, started by the first test that needs it; see seaweed.py: ``.new_url()``, ``.environment()``"""
    from tests.seaweed import running

    with running(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator["MariaDb"]:
    """A real MySQL server, started by the first test that needs it; see mariadb.py: ``.new_url()``, ``.run()``"""
    from tests.mariadb import running

    with running(tmp_path_factory.mktemp("mariadb")) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator["RedisServer"]:
    """A real Redis, started by the first test that needs it; see redis_server.py: ``.url()``, ``.info()``..."""
    from tests.redis_server import running

    with running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(redis_server: "RedisServer") -> "RedisServer":
    """The same, empty and as it was started, whatever a test did to it."""
    redis_server.renew()
    return redis_server


# --- what they work on -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of real images, of every kind in MAKERS and one of many megabytes, under names that people give."""
    return write_photos(tmp_path_factory.mktemp("photos"), 40)


@pytest.fixture(scope="session")
def bad_files(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, int]:
    """Broken, lying and oversized files, each with the status that sending it must have."""
    folder = tmp_path_factory.mktemp("bad")
    return {folder / name: status for name, status in write_bad_images(folder).items()}


@dataclass(frozen=True)
class Seeded:
    """A channel with two days in it. ``now`` is the minute (seconds, UTC) that is not over yet."""

    data_dir: Path
    channel: SqliteChannel
    minutes: list[Minute]
    now: int

    @property
    def url(self) -> str:
        return f"sqlite:///{self.data_dir / 'channel.db'}"


@pytest.fixture(scope="module")
def seeded_channel(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """Two days of four instances, with a silent quarter of an hour and three edits; see recorded_days.py."""
    data_dir = tmp_path_factory.mktemp("seeded") / "data"
    now = int(time.time()) // 60 * 60
    channel = open_channel(f"sqlite:///{data_dir / 'channel.db'}")
    minutes = recorded_days.minutes(now)
    recorded_days.fill(channel, minutes, now)
    return Seeded(data_dir, channel, minutes, now)


@pytest.fixture(scope="module")
def seeded_manager(seeded_channel: Seeded) -> Iterator[processes.App]:
    """A manager of those two days; no image service runs."""
    yield from _running(processes.manager(seeded_channel.data_dir))


# --- the browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, tmp_path_factory: pytest.TempPathFactory) -> dict:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(HOW_TO_INSTALL)
    home = tmp_path_factory.mktemp("browser-home")  # what it keeps of itself must not stay in the home folder
    environment = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
    return {**browser_type_launch_args, "executable_path": chromium, "args": [*FLAGS], "env": environment}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}


@pytest.fixture
def new_context(new_context: Callable, request: pytest.FixtureRequest) -> Iterator[Callable]:
    """Every context, and so ``context`` and ``page``, is watched; at the end nothing may have gone wrong in it.

    ``@pytest.mark.expects_problem("pattern")`` names what a test provokes on purpose.
    """
    expected = tuple(arg for marker in request.node.iter_markers("expects_problem") for arg in marker.args)
    watches: list[Watch] = []

    def watched(**options: object):
        context = new_context(**options)
        watches.append(Watch(context, expected))
        return context

    yield watched
    problems = [problem for watch in watches for problem in watch.problems]
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module")
def tabs(browser: "Browser", browser_context_args: dict) -> Iterator["BrowserContext"]:
    """One watched context for all tests of a module: a new one would load every script anew."""
    context = browser.new_context(**browser_context_args)
    watch = Watch(context)
    yield context
    context.close()
    assert not watch.problems, "\n".join(watch.problems)


@pytest.fixture
def tab(tabs: "BrowserContext") -> Iterator["Page"]:
    """A page in it that remembers nothing of the one before."""
    page = tabs.new_page()
    yield page
    page.evaluate("localStorage.clear()")
    page.close()


# --- no test that did not run counts as one that passed ---------------------------------------------------------------


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = (yield).get_result()
    if NOTHING_IS_SKIPPED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} could not run, and with CI=true that is a failure: {report.longrepr}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    not_run = terminalreporter.stats.get("skipped", [])
    if not_run:
        terminalreporter.section(f"not run: {len(not_run)} tests")
        for reason in sorted({report.longrepr[2] for report in not_run if isinstance(report.longrepr, tuple)}):
            terminalreporter.line(reason.removeprefix("Skipped: "))
