"""What is answered in front of Flask is answered as Flask would, and what is not plain goes on to it."""

import pytest
from werkzeug.test import Client as Caller

from image_service.app import create_app
from image_service.settings import Settings
from tests.asking import small_images

HOST = {"HTTP_HOST": "localhost"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    service = create_app(Settings(data_dir=tmp_path_factory.mktemp("hits"), instance="hits"))
    yield service
    service.close()


@pytest.fixture(scope="module")
def picture(service):
    (data,) = small_images(1, seed=9).values()
    assert Caller(service).put("/images/a/ä b.png", data=data, environ_base=HOST).status_code == 201
    return data


def answer(app, path="/images/a/ä b.png", **environ):
    return Caller(app).get(path, environ_base=HOST, environ_overrides=environ)


def counted(service):
    counts, _ = service.station.recorder.read()
    return counts["requests"], counts["hits"], counts["bytes_served"]


@pytest.mark.parametrize("query", ["", "?width=160", "?width=1280"])
def test_a_plain_hit_is_answered_and_counted_as_flask_would(service, picture, query):
    path = "/images/a/ä b.png" + query
    answer(service, path)
    before = counted(service)
    ours = answer(service, path)
    between = counted(service)
    flasks = answer(service.flask.wsgi_app, path)
    after = counted(service)
    assert ours.headers["Cache-Status"] == flasks.headers["Cache-Status"] == "hitrate; hit"
    assert (ours.status, ours.data, sorted(ours.headers)) == (flasks.status, flasks.data, sorted(flasks.headers))
    assert ours.data == picture
    assert _difference(before, between) == _difference(between, after) == (1, 1, len(picture))


def _difference(before, after):
    return tuple(later - earlier for earlier, later in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("path", "environ", "status"),
    [
        ("/images/a/ä b.png", {"HTTP_RANGE": "bytes=0-9"}, 206),
        ("/images/a/ä b.png", {"HTTP_IF_NONE_MATCH": "*"}, 304),
        ("/images/a/ä b.png", {"HTTP_IF_MODIFIED_SINCE": "Mon, 23 Nov 2099 20:00:00 GMT"}, 304),
        ("/images/a/ä b.png", {"HTTP_HOST": "elsewhere.example"}, 400),
        ("/images/a/ä b.png", {"HTTP_HOST": ""}, 400),
        ("/images/a/ä b.png?width=161", {}, 400),
        ("/images/a/ä b.png?width=160&x=1", {}, 200),
        ("/images/a//b.png", {}, 400),
        ("/images/x", {"PATH_INFO": "/images/\xff"}, 400),
        ("/images/nobody.png", {}, 404),
        ("/images/a/ä b.png", {"REQUEST_METHOD": "HEAD"}, 200),
        ("/images/a/ä b.png", {"REQUEST_METHOD": "PATCH"}, 405),
        ("/images", {}, 200),
        ("/healthz", {}, 200),
    ],
)
def test_whatever_is_not_plain_goes_on(service, picture, path, environ, status):
    answer(service)
    ours, flasks = answer(service, path, **environ), answer(service.flask.wsgi_app, path, **environ)
    assert ours.status_code == flasks.status_code == status
    assert ours.data == flasks.data


def test_a_miss_is_counted_once(service):
    (data,) = small_images(1, seed=10).values()
    Caller(service).put("/images/cold.png", data=data, environ_base=HOST)
    before = counted(service)
    assert answer(service, "/images/cold.png").headers["Cache-Status"] == "hitrate; fwd=miss; stored"
    assert _difference(before, counted(service)) == (1, 0, len(data))
