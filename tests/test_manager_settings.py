"""The manager's settings: their defaults, and bad values said in words."""

import pytest
from pydantic import ValidationError

from dashboard.settings import Settings
from web.startup import read_settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # no .env but the test's own
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_any_it_listens_on_this_machine_and_reads_the_channel_beside_it():
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8100)
    assert settings.channel_url == "sqlite:///data/channel.db"
    assert settings.hosts == {"localhost", "127.0.0.1", "[::1]"}
    assert settings.image_service_url == ""


def test_the_channel_lies_in_the_data_folder_unless_it_says_otherwise(monkeypatch):
    monkeypatch.setenv("DATA_DIR", "/srv/hitrate")
    assert Settings().channel_url == "sqlite:////srv/hitrate/channel.db"
    monkeypatch.setenv("CHANNEL_URL", "sqlite:///elsewhere.db")
    assert Settings().channel_url == "sqlite:///elsewhere.db"


def test_a_env_file_is_read_and_may_hold_what_the_other_app_needs(tmp_path):
    (tmp_path / ".env").write_text("PORT=9000\nMAX_UPLOAD_BYTES=5\nHOST=\n")
    assert (Settings().port, Settings().host) == (9000, "127.0.0.1")


@pytest.mark.parametrize(
    ("hosts", "expected"), [("A.example, b.example", {"a.example", "b.example"}), ("*", set()), ("a,*", set())]
)
def test_allowed_hosts_are_names_with_commas_between(monkeypatch, hosts, expected):
    monkeypatch.setenv("ALLOWED_HOSTS", hosts)
    assert Settings().hosts == expected


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "abc", "valid integer"),
        ("PORT", "70000", "less than or equal to 65535"),
        ("CHANNEL_URL", "pigeon://post", "unknown scheme"),
        ("IMAGE_SERVICE_URL", "javascript:alert(1)", "must start with http:// or https://"),
        ("LOG_LEVEL", "loud", "'DEBUG'"),
    ],
)
def test_a_bad_value_is_refused_in_words(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (error,) = refused.value.errors()
    assert error["loc"] == (name.lower(),)
    assert words in error["msg"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "manager.internal"])
def test_it_does_not_listen_for_others_without_a_password(monkeypatch, host):
    monkeypatch.setenv("HOST", host)
    with pytest.raises(SystemExit) as ended:
        read_settings(Settings)
    assert str(ended.value) == (
        f"HOST {host} can be reached from other machines, where everybody could change the configuration: "
        "set MANAGER_PASSWORD to a secret, or HOST to 127.0.0.1."
    )
    monkeypatch.setenv("MANAGER_PASSWORD", "a password")
    assert Settings().host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.9"])
def test_on_this_machine_alone_it_needs_no_password(monkeypatch, host):
    monkeypatch.setenv("HOST", host)
    assert not Settings().manager_password


def test_secrets_never_show(monkeypatch):
    monkeypatch.setenv("MANAGER_PASSWORD", "hunter2")
    monkeypatch.setenv("SECRET_KEY", "hunter3")
    assert "hunter" not in repr(Settings()) + Settings().model_dump_json()
    monkeypatch.setenv("PORT", "many")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "hunter" not in str(refused.value)


def test_the_log_level_may_be_in_small_letters(monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "debug")
    assert Settings().log_level == "DEBUG"


def test_every_setting_says_what_it_is_for():
    assert all(field.description for field in Settings.model_fields.values())
