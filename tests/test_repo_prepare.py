"""What `make test` brings along: by apt where it may, into this folder alone where Python can, else in words."""

import os
import stat
import subprocess
import sys

import pytest

from tools import prepare
from tools.prepare import CHROMIUM, MARIADB, MINISTACK_REQUIREMENTS, PROGRAMS, ROOT, find, how_to_install


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A Debian without any of the programs; what is asked of apt, which can't, is in the list."""
    asked = []

    def apt_install(*packages):
        asked.extend(packages)
        return False

    monkeypatch.setattr(prepare, "apt_install", apt_install)
    monkeypatch.setattr(prepare, "os_release", lambda: ["ID=debian"])
    monkeypatch.setattr(prepare, "SERVER_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    for program in PROGRAMS:
        monkeypatch.delenv(program.variable, raising=False)
    return asked


def put_program(folder, name):
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_program_that_is_there_is_not_installed(system, tmp_path, program):
    path = put_program(tmp_path, program.commands[-1])
    prepare.offer(program)
    assert find(program) == str(path)
    assert system == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_program_that_is_named_is_taken(system, monkeypatch, program):
    monkeypatch.setenv(program.variable, "/opt/it")
    prepare.offer(program)
    assert find(program) == "/opt/it"
    assert system == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_program_that_is_missing_is_asked_of_apt_and_else_said_how_to_get(system, capsys, program):
    prepare.offer(program)
    assert system == list(program.packages)
    assert how_to_install(program) in capsys.readouterr().out
    assert f"apt install {' '.join(program.packages)}." in how_to_install(program)
    assert program.variable in how_to_install(program)


def test_a_system_whose_package_will_not_do_is_not_touched(system, monkeypatch, capsys):
    monkeypatch.setattr(prepare, "os_release", lambda: ["ID=ubuntu"])
    prepare.offer(CHROMIUM)
    assert system == []
    assert "Chromium is missing" in capsys.readouterr().out


def test_a_server_is_found_where_the_path_of_people_does_not_lead(system, tmp_path, monkeypatch):
    (tmp_path / "sbin").mkdir()
    monkeypatch.setattr(prepare, "SERVER_FOLDERS", (str(tmp_path / "sbin"),))
    assert find(MARIADB) is None
    path = put_program(tmp_path / "sbin", "mariadbd")
    assert find(MARIADB) == str(path)


def test_ministack_is_installed_once_into_a_place_of_its_own(tmp_path, monkeypatch):
    installed = []

    def make_afresh(venv):
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").symlink_to(sys.executable)

    monkeypatch.setattr(prepare, "MINISTACK", tmp_path / "ministack")
    monkeypatch.setattr(prepare, "make_afresh", make_afresh)
    monkeypatch.setattr(prepare, "pip_install", lambda venv, requirements: not installed.append((venv, requirements)))
    prepare.install_ministack()
    prepare.install_ministack()
    assert installed == [(tmp_path / "ministack", MINISTACK_REQUIREMENTS)]


def test_what_cannot_be_installed_is_no_failure_yet_and_tried_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(prepare, "MINISTACK", tmp_path / "ministack")
    monkeypatch.setattr(prepare, "make_afresh", lambda venv: venv.mkdir(exist_ok=True))
    monkeypatch.setattr(prepare, "pip_install", lambda venv, requirements: False)
    for _ in range(2):
        prepare.install_ministack()
        assert "MiniStack could not be installed" in capsys.readouterr().out


@pytest.mark.parametrize(("ci", "status", "outcome"), [("true", 1, "1 error"), ("", 0, "1 skipped")])
def test_a_test_that_cannot_run_is_a_failure_in_continuous_integration(tmp_path, ci, status, outcome):
    test = tmp_path / "test_one.py"
    test.write_text(
        "import pytest\n\n@pytest.fixture\ndef it():\n    pytest.skip('MariaDB is missing')\n\ndef test_it(it): ...\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", tmp_path, "-c", os.devnull, str(test)],
        cwd=ROOT, env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == status, done.stdout
    assert outcome in done.stdout
    assert "MariaDB is missing" in done.stdout
