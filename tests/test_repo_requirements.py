"""Everything that is installed has one version, and everything that is imported is asked for by name."""

import re
import sys
from importlib.metadata import distribution, distributions, packages_distributions
from pathlib import Path

import pytest

from tests.test_repo_floors import EVERY_MODULE, OURS, imports

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt", "constraints.txt")
FIXED = ("dash", "plotly", "pandas", "flask", "boto3", "pymysql", "pytest", "moto")


def pins(name):
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return dict(_read(line) for line in lines if line and not line.startswith("-"))


def _read(line):
    name, version = re.fullmatch(r"([\w.-]+)==([\w.]+)", line).groups()
    return _plain(name), version


def _plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", FIXED)
def test_what_the_project_is_built_on_stands_in_requirements(name):
    assert name in pins("requirements.txt")


def test_nothing_is_pinned_twice():
    names = [name for file in FILES for name in pins(file)]
    assert sorted(names) == sorted(set(names))


def test_what_is_installed_is_what_is_pinned():
    wanted = {**pins("requirements.txt"), **pins("requirements-dev.txt")}
    assert {name: distribution(name).version for name in wanted} == wanted


def test_nothing_else_is_installed():
    """What somebody added by hand would hide that the files ask for too little; ``rm -r .venv`` and run again."""
    pinned = {name for file in FILES for name in pins(file)}
    assert {_plain(each.name) for each in distributions()} <= pinned | {"pip", "setuptools"}


def test_what_the_apps_import_is_asked_for_in_requirements():
    names = {name.partition(".")[0] for path in EVERY_MODULE for name, _ in imports(path)}
    outside = names - set(sys.stdlib_module_names) - set(OURS) - {"pydantic_core"}  # pydantic's other half: one version
    of_module = packages_distributions()
    assert {_plain(of_module[name][0]) for name in outside} <= set(pins("requirements.txt"))
