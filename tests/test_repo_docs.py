"""The docs say what the code says: every setting, number, policy, address and command; and no link leads nowhere."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from cache.config import MAX_CAPACITY_BYTES, MIN_CAPACITY_BYTES, Autoscale, Configuration, Purge
from cache.policies import POLICIES
from dashboard.app import create_app as create_manager
from dashboard.exports import EXPORTED_COLUMNS
from dashboard.settings import Settings as ManagerSettings
from image_service.app import create_app as create_image_service
from image_service.images import RENDITION_WIDTHS
from image_service.settings import Settings as ImageServiceSettings
from metrics.schema import METRICS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "benchmarks").rglob("*.md"))]


def doc(name):
    return (ROOT / "docs" / name).read_text()


def settings_rows(settings):
    """A line of a table for each setting; a default that the help explains is left out."""
    return [
        f"| `{name.upper()}` | {_code(field.default)} | {_escaped(field.description)} |"
        for name, field in settings.model_fields.items()
    ]


def _code(default):
    return f"`{default}`" if str(default) else ""


def _escaped(text):
    return text.replace("<", "&lt;")


def metric_rows():
    return [f"| `{m.name}` | {m.label} | {m.unit} | {m.adds} | {m.help} |" for m in METRICS]


def policy_rows():
    return [f"| `{name}` | {policy.label} | {policy.summary} |" for name, policy in POLICIES.items()]


TABLES = {
    "settings.md": settings_rows(ImageServiceSettings) + settings_rows(ManagerSettings),
    "metrics.md": metric_rows(),
    "add-a-policy.md": policy_rows(),
}


@pytest.mark.parametrize(("name", "row"), [(name, row) for name, rows in TABLES.items() for row in rows])
def test_a_row_of_a_table_in_the_code_stands_in_the_docs(name, row):
    assert row in doc(name).splitlines(), f"docs/{name} needs the line\n{row}"


@pytest.mark.parametrize("name", EXPORTED_COLUMNS)
def test_each_column_of_the_csv_is_explained(name):
    assert f"`{name}`" in doc("metrics.md")


@pytest.mark.parametrize(
    "member", [*Configuration.model_fields, *(f"autoscale.{m}" for m in Autoscale.model_fields), *Purge.model_fields]
)
def test_each_member_of_the_configuration_is_explained(member):
    assert f"`{member.removeprefix('autoscale.')}`" in doc("http.md")


def test_limits_in_the_docs_are_those_of_the_code():
    http = doc("http.md")
    assert f"{MIN_CAPACITY_BYTES:,} to {MAX_CAPACITY_BYTES:,}" in http
    assert ", ".join(map(str, RENDITION_WIDTHS)) in http


def addresses(flask):
    """METHOD and path of each of our own URLs; Dash's are its own business."""
    for rule in flask.url_map.iter_rules():
        if not rule.rule.startswith(("/_", "/assets", "/static", "/<path:")):
            path = re.sub(r"<(\w+:)?\w+>", "<key>", rule.rule)
            yield from (f"`{method} {path}`" for method in rule.methods - {"HEAD", "OPTIONS"})


def test_each_address_of_the_image_service_is_in_the_docs(tmp_path):
    service = create_image_service(ImageServiceSettings(data_dir=tmp_path, instance="docs"))
    try:
        missing = {address for address in addresses(service.flask) if address not in doc("http.md")}
    finally:
        service.close()
    assert not missing


def test_each_address_of_the_manager_is_in_the_docs(tmp_path):
    manager = create_manager(ManagerSettings(data_dir=tmp_path))
    ours = {address for address in addresses(manager.server) if re.match(r"`\w+ /(api|export|healthz)", address)}
    assert len(ours) > 5
    assert not {address for address in ours if address not in doc("http.md")}


def test_each_command_is_in_the_readme_and_in_operations():
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    for target in targets:
        assert f"make {target}" in (ROOT / "README.md").read_text()
        assert f"make {target}" in doc("operations.md")


def test_each_line_of_the_procfile_is_in_operations():
    for line in (ROOT / "Procfile").read_text().splitlines():
        assert f"`{line.partition(': ')[2]}`" in doc("operations.md")


def links(file):
    text = re.sub(r"```.*?```", "", file.read_text(), flags=re.DOTALL)
    found = re.findall(r"!?\[[^]]*\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset|href)="([^"\s]+)"', text)
    return [link for link in found if not re.match(r"https?:|mailto:", link)]


@pytest.mark.parametrize("file", PAGES, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_links_between_the_docs_lead_somewhere(file):
    for link in links(file):
        path, _, anchor = unquote(link).partition("#")
        target = (file.parent / path) if path else file
        assert target.exists(), f"{file.name}: {link}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_page_of_the_docs_is_linked_from_the_readme():
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    assert {page.resolve() for page in PAGES if page.parent.name == "docs"} <= linked


def test_the_changelog_says_what_this_version_brought():
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    entry = re.search(rf"^## {re.escape(version)}\b.*?(?=^## |\Z)", doc("changelog.md"), re.MULTILINE | re.DOTALL)
    assert entry
    assert len(re.findall(r"^- ", entry[0], re.MULTILINE)) >= 5


def test_the_example_of_a_policy_is_the_one_in_use():
    assert (ROOT / "cache/policies/fifo.py").read_text() in (ROOT / "docs/add-a-policy.md").read_text()
