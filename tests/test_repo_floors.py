"""The floors of the design, held by walking the imports: who may know whom, and what stays unloaded."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("cache", "metrics", "web", "image_service", "dashboard")
MAY_IMPORT = {
    "cache": set(),
    "metrics": {"cache"},
    "web": set(),
    "image_service": {"cache", "metrics", "web"},
    "dashboard": {"cache", "metrics", "web"},
}
DASHBOARD_ONLY = ("dash", "dash_mantine_components", "dash_ag_grid", "plotly", "pandas", "numpy")
NOT_WITH_EMBEDDED_URLS = ("boto3", "botocore", "redis", "pymysql", "moto")


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """What a file imports, in full, and whether it does so when it is itself imported."""
    tree = ast.parse(path.read_text())
    later = {id(node) for function in ast.walk(tree) if _is_function(function) for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) not in later) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full here"
            yield node.module, id(node) not in later
            # What is imported from a package may be a module of its own; a name that is none is harmless here.
            yield from ((f"{node.module}.{alias.name}", id(node) not in later) for alias in node.names)


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


# What only these need is loaded when a URL asks for it.
SDK_ADAPTERS = {
    "boto3": ("metrics/cloudwatch_*.py", "image_service/storage/s3_*.py"),
    "redis": tuple(f"cache/redis_{part}.py" for part in ("cache", "lease", "line", "records", "settings")),
}


def is_sdk_adapter(path: Path) -> bool:
    return any(path.relative_to(ROOT).match(pattern) for patterns in SDK_ADAPTERS.values() for pattern in patterns)


# Migrations are read by Alembic from their folder: they are no modules, but the floors hold for them too.
EVERY_MODULE = [path for package in OURS for path in modules(package)]
IMPORTABLE = [
    path
    for path in EVERY_MODULE
    if "versions" not in path.parts and path.name not in ("env.py", "__main__.py") and not is_sdk_adapter(path)
]


@pytest.mark.parametrize("package", OURS)
def test_a_floor_imports_only_the_floors_below_it(package):
    for path in modules(package):
        known = {name.partition(".")[0] for name, _ in imports(path)} & {*OURS, "tests", "tools", "benchmarks"}
        assert known <= MAY_IMPORT[package] | {package}, f"{path.relative_to(ROOT)} imports {known}"


def test_only_the_manager_knows_dash_plotly_and_pandas():
    for path in EVERY_MODULE:
        if path.relative_to(ROOT).parts[0] != "dashboard":
            wrong = {name.partition(".")[0] for name, _ in imports(path)} & set(DASHBOARD_ONLY)
            assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_figures_know_plotly_but_not_dash():
    for name in ("figures", "whatif/figure", "whatif/labels", "timeline", "data"):
        path = ROOT / "dashboard" / f"{name}.py"
        assert not {name for name, _ in imports(path) if name.partition(".")[0].startswith("dash_") or name == "dash"}


def of_apps(*apps: str) -> list[Path]:
    """The modules of these apps and of all floors below."""
    return [path for path in IMPORTABLE if path.relative_to(ROOT).parts[0] in ("cache", "metrics", "web", *apps)]


def import_afresh(paths: list[Path], folder: Path, libraries: set[str] = frozenset()) -> dict:
    """What happened while a fresh Python imported these, and what it had loaded by then; see imported.py."""
    command = [sys.executable, str(ROOT / "tests" / "imported.py"), ",".join(sorted(libraries))]
    done = subprocess.run(
        [*command, ",".join(map(module_name, paths))], cwd=folder, env={"A": "B"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_image_service_never_loads_what_only_the_manager_needs(tmp_path):
    loaded = set(import_afresh(of_apps("image_service"), tmp_path)["loaded"])
    assert not loaded & {*DASHBOARD_ONLY, *NOT_WITH_EMBEDDED_URLS}


def test_a_manager_on_the_embedded_channel_loads_no_sdk(tmp_path):
    loaded = set(import_afresh(of_apps("dashboard"), tmp_path)["loaded"])
    assert not loaded & {*NOT_WITH_EMBEDDED_URLS}


def test_boto3_is_imported_only_in_the_adapters_named_after_its_services():
    for path in EVERY_MODULE:
        known = {name.partition(".")[0] for name, _ in imports(path)}
        assert is_sdk_adapter(path) or not known & {"boto3", "botocore"}, path.relative_to(ROOT)


@pytest.mark.parametrize("app", ["image_service", "dashboard"])
def test_nothing_happens_at_import(app, tmp_path):
    paths = of_apps(app)
    at_import = {name for path in paths for name, when_imported in imports(path) if when_imported}
    # The libraries come in first: what they do then is theirs.
    libraries = {name for name in at_import if name.partition(".")[0] not in OURS}
    assert import_afresh(paths, tmp_path, libraries)["happened"] == []
    assert not list(tmp_path.iterdir())
