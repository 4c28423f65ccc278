"""The version that instances tell of themselves."""

import re
from pathlib import Path

from metrics.program import VERSION

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"


def test_it_is_the_one_of_the_project():
    assert re.search(r'^version = "(.*)"$', PROJECT.read_text(), re.MULTILINE)[1] == VERSION
