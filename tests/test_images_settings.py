"""The settings of the image service, and a start with bad ones."""

import subprocess
import sys
from pathlib import Path

import pytest

from image_service.settings import Settings
from tests.processes import ROOT, free_port


@pytest.fixture(autouse=True)
def _only_what_a_test_sets(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_everything_embedded_lies_in_the_data_folder(monkeypatch):
    monkeypatch.setenv("DATA_DIR", "/somewhere/else")
    settings = Settings()
    assert settings.images_url == "file:/somewhere/else/images"
    assert settings.database_url == "sqlite:////somewhere/else/images.db"
    assert settings.channel_url == "sqlite:////somewhere/else/channel.db"


def test_the_defaults_are_those_of_the_documentation():
    settings = Settings()
    assert (settings.data_dir, settings.host, settings.port) == (Path("data"), "127.0.0.1", 8000)
    assert settings.max_upload_bytes == 10 * 1024 * 1024
    assert settings.max_image_pixels == 24_000_000
    assert settings.instance


def test_a_file_of_settings_is_read_and_the_environment_wins(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("PORT=8123\nINSTANCE=from-file\n")
    monkeypatch.setenv("INSTANCE", "from-environment")
    assert (Settings().port, Settings().instance) == (8123, "from-environment")


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        ("", {"localhost", "127.0.0.1", "[::1]"}),
        ("images.example.com, Other ", {"images.example.com", "other"}),
        ("*", set()),
        ("a,*", set()),
    ],
)
def test_hosts_are_a_list_with_commas(monkeypatch, value, hosts):
    monkeypatch.setenv("ALLOWED_HOSTS", value)
    assert Settings().hosts == hosts


def test_the_address_it_listens_on_is_one_of_its_names(monkeypatch):
    monkeypatch.setenv("HOST", "Images.Internal")
    monkeypatch.setenv("UPLOAD_TOKEN", "a token")
    assert "images.internal" in Settings().hosts


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "images.internal"])
def test_it_does_not_listen_for_others_while_everybody_could_write(host, tmp_path):
    ended = started_with(tmp_path, HOST=host)
    assert ended.returncode == 1
    assert (ended.stdout + ended.stderr).strip() == (
        f"HOST {host} can be reached from other machines, where everybody could add and delete images: "
        "set UPLOAD_TOKEN to a secret, or HOST to 127.0.0.1."
    )


def test_spaces_are_no_token(monkeypatch):
    monkeypatch.setenv("UPLOAD_TOKEN", "   ")
    assert not Settings().upload_token
    monkeypatch.setenv("HOST", "0.0.0.0")
    with pytest.raises(ValueError, match="set UPLOAD_TOKEN"):
        Settings()


def test_a_token_never_shows(monkeypatch):
    monkeypatch.setenv("UPLOAD_TOKEN", "hunter2")
    assert "hunter2" not in repr(Settings()) + str(Settings()) + Settings().model_dump_json()
    assert Settings().upload_token.get_secret_value() == "hunter2"


BAD = {
    "PORT": ["0", "65536", "x", ""],
    "MAX_UPLOAD_BYTES": ["0", "-1", "10MB"],
    "MAX_IMAGE_PIXELS": ["0", "nan"],
    "LOG_LEVEL": ["LOUD"],
    "CACHE_URL": ["memcached://x", "disk:", "redis://", "redis://localhost/0?manage=yes", "redis://localhost/first"],
    "UPLOAD_TOKEN": ["hunter2é", "hunter2\tx"],
    "INSTANCE": ["a\nb", "x" * 101],
    "DATABASE_URL": ["postgres://user:hunter2@host/db"],
    "IMAGES_URL": ["ftp://user:hunter2@host"],
    "CHANNEL_URL": ["carrier-pigeon:"],
    "WHATIF_BYTES": ["16777216", "-1"],
}


def started_with(folder, **settings):
    return subprocess.run(
        [sys.executable, "-m", "image_service"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PORT": "1", **settings},
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.parametrize(("name", "value"), [(name, values[0]) for name, values in BAD.items()])
def test_a_bad_value_ends_the_start_with_a_sentence(name, value, tmp_path):
    ended = started_with(tmp_path, **{"INSTANCE": f"bad-{name}", **_usable_port(name), name: value})
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert name in said
    assert "Traceback" not in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (name, value)
        for name in (
            "PORT",
            "MAX_UPLOAD_BYTES",
            "MAX_IMAGE_PIXELS",
            "LOG_LEVEL",
            "CACHE_URL",
            "INSTANCE",
            "UPLOAD_TOKEN",
            "WHATIF_BYTES",
        )
        for value in BAD[name]
    ],
)
def test_a_bad_value_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=name.lower()):
        Settings()


def _usable_port(name):
    return {} if name == "PORT" else {"PORT": str(free_port())}


@pytest.mark.parametrize("workers", ["2", "64"])
def test_several_workers_are_refused_where_each_would_have_a_cache_of_its_own(tmp_path, workers):
    ended = started_with(tmp_path, WORKERS=workers)
    assert ended.returncode == 1
    assert (ended.stdout + ended.stderr).strip() == (
        "WORKERS above 1 needs a CACHE_URL that they can share: with memory: each worker process would have a cache "
        "of its own, each filled by a part of the requests, and the hit rate would suffer."
    )


@pytest.mark.parametrize("workers", ["0", "65", "-1", "two"])
def test_workers_are_one_to_64(tmp_path, workers):
    ended = started_with(tmp_path, WORKERS=workers)
    assert ended.returncode == 1
    assert "The setting WORKERS is not valid" in ended.stdout + ended.stderr
