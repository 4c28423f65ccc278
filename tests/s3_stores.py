"""Stores of images on S3: on the real server, and at addresses where there is none."""

import os

import pytest

from image_service.storage.errors import StoreUnavailable
from image_service.storage.s3_blobs import S3Blobs
from image_service.storage.urls import open_blobs
from tests.seaweed import OWNER

UNCHECKED = {
    "AWS_ACCESS_KEY_ID": "unchecked",
    "AWS_SECRET_ACCESS_KEY": "unchecked",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture
def at(seaweed, monkeypatch):
    """Opens a store at a URL of the real server, with these credentials, or at another address."""

    def open_at(url=None, identity=OWNER, endpoint=None):
        for name, value in seaweed.environment(identity).items():
            monkeypatch.setenv(name, value)
        if endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
        return open_blobs(url or seaweed.new_url())

    return open_at


@pytest.fixture
def nobody(monkeypatch):
    """Opens a store at an address where no server is needed: credentials that nobody checks."""

    def open_at(endpoint="http://127.0.0.1:9", url="s3://images/prefix"):
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in {**UNCHECKED, "AWS_ENDPOINT_URL_S3": endpoint}.items():
            monkeypatch.setenv(name, value)
        return S3Blobs(url)

    return open_at


@pytest.fixture(scope="module")
def stubbed():
    """A store for botocore's Stubber to answer: none of its requests leaves."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in UNCHECKED.items():
            patch.setenv(name, value)
        return S3Blobs("s3://images/prefix")


def assert_says(acts, words):
    for act in acts:
        with pytest.raises(StoreUnavailable) as raised:
            act()
        assert str(raised.value) == f"S3: {words}"
