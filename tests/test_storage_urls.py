"""Which store a URL names."""

import pytest

from image_service.storage.errors import StoreUnavailable
from image_service.storage.urls import BLOBS, CATALOGS, open_blobs, open_catalog


def test_a_file_url_may_be_relative_or_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for url in ("file:one/images", f"file:{tmp_path}/two", f"file://{tmp_path}/three with space"):
        open_blobs(url).ping()
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two", "three with space"}


def test_a_sqlite_url_may_be_relative_or_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///one/images.db", f"sqlite:///{tmp_path}/two/images.db"):
        catalog = open_catalog(url)
        catalog.ping()
        catalog.close()
    assert (tmp_path / "one" / "images.db").exists()
    assert (tmp_path / "two" / "images.db").exists()


@pytest.mark.parametrize("url", ["", "images", "ftp://user:secret@host/", "sqlite:///x.db"])
def test_an_unknown_scheme_of_images_is_refused_in_words_without_the_url(url):
    with pytest.raises(ValueError, match="IMAGES_URL must begin with") as refused:
        open_blobs(url)
    assert "secret" not in str(refused.value)
    assert all(name in str(refused.value) for name in BLOBS)


@pytest.mark.parametrize("url", ["", "images.db", "postgresql://user:secret@host/", "file:x"])
def test_an_unknown_scheme_of_databases_is_refused_in_words_without_the_url(url):
    with pytest.raises(ValueError, match="DATABASE_URL must begin with") as refused:
        open_catalog(url)
    assert "secret" not in str(refused.value)
    assert all(name in str(refused.value) for name in CATALOGS)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:"])
def test_a_database_in_no_file_is_refused(url):
    with pytest.raises(ValueError, match="DATABASE_URL"):
        open_catalog(url)


def test_a_file_that_is_no_database_is_unavailable(tmp_path):
    (tmp_path / "images.db").write_bytes(b"I am no database. " * 1000)
    with pytest.raises(StoreUnavailable, match="not a database"):
        open_catalog(f"sqlite:///{tmp_path}/images.db")


def test_a_database_in_a_place_that_cannot_be_made_is_unavailable(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        open_catalog(f"sqlite:///{tmp_path}/file/images.db")
