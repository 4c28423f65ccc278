"""The manager's URLs for scripts, on a real channel, without a process."""

import csv
import io
import json

import pytest
from flask import Flask

from cache.config import DEFAULT, edited
from dashboard import api
from dashboard.data import CONTRACT_COLUMNS
from dashboard.ranges import utc
from dashboard.reader import Reader
from dashboard.whatif.curves import Curves
from dashboard.whatif.outlooks import Outlooks
from dashboard.whatif.verdicts import Verdicts
from metrics.channel import Announcement, ChannelUnavailable, ConfigurationRefused, VersionConflict
from metrics.prices import Prices
from metrics.schema import METRICS, Minute
from metrics.sqlite_channel import SqliteChannel

NOW = 1_795_435_500  # 2026-11-23T12:05:00Z; the clock says 40 s more
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def channel(tmp_path):
    return SqliteChannel(str(tmp_path / "channel.db"), lambda: NOW + 40)


@pytest.fixture
def client(channel):
    app = Flask("manager")
    clock = lambda: NOW + 40  # noqa: E731
    reader, curves = Reader(channel, clock), Curves(channel, clock)
    api.register(app, reader, curves, Outlooks(reader, curves, Prices()), Verdicts(reader, curves, 600), channel, clock)
    return app.test_client()


def minute(time: int, instance: str = "a", hits: int = 3, misses: int = 1, period: int = 60) -> Minute:
    zeros = dict.fromkeys((metric.name for metric in METRICS), 0)
    return Minute(instance, time, zeros | {"requests": hits + misses, "hits": hits, "misses": misses}, {5: 4}, period)


def rows(answer) -> list[dict]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def problem(answer, status: int) -> dict:
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
    assert answer.json["status"] == status
    assert answer.json["detail"]
    return answer.json


class TestStatistics:
    def test_the_csv_has_the_columns_of_the_contract_and_a_row_a_minute(self, client, channel):
        channel.send([minute(NOW - 120), minute(NOW - 60), minute(NOW - 60, "b")])
        answer = client.get("/export/statistics.csv")
        assert answer.text.startswith(",".join(CONTRACT_COLUMNS))
        assert [(row["time"], row["requests"]) for row in rows(answer)] == [
            ("2026-11-23T12:03:00Z", "4"),
            ("2026-11-23T12:04:00Z", "8"),
        ]
        assert answer.content_type.startswith("text/csv; charset=utf-8")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Disposition"] == (
            'attachment; filename="hitrate-statistics-20261122T1205Z-20261123T1205Z.csv"'
        )

    def test_from_is_inclusive_and_to_exclusive(self, client, channel):
        channel.send([minute(NOW - back) for back in (300, 240, 180, 120)])
        answer = client.get("/export/statistics.csv?from=2026-11-23T12:01:00Z&to=2026-11-23T12:03:00Z")
        assert [row["time"][11:16] for row in rows(answer)] == ["12:01", "12:02"]

    def test_both_are_floored_to_the_period(self, client, channel):
        channel.send([minute(NOW - back) for back in range(60, 1860, 60)])
        answer = client.get("/export/statistics.csv?from=now-17m&to=now-2m&period=300")
        assert [(row["time"][11:16], row["requests"]) for row in rows(answer)] == [("11:45", "20"), ("11:50", "20"),
                                                                                   ("11:55", "20")]  # fmt: skip

    def test_the_default_is_the_last_24_hours(self, client, channel):
        channel.send([minute(NOW - 86_460), minute(NOW - 86_400), minute(NOW - 60)])
        assert len(rows(client.get("/export/statistics.csv"))) == 2

    def test_the_running_minute_is_never_exported(self, client, channel):
        channel.send([minute(NOW - 60), minute(NOW)])
        for query in ("", "?to=2026-11-24", "?to=2026-11-24&period=3600&from=now-1h"):
            assert sum(int(row["requests"]) for row in rows(client.get("/export/statistics.csv" + query))) == 4

    def test_instances_come_as_one_each_or_by_name(self, client, channel):
        channel.send([minute(NOW - 60, "a"), minute(NOW - 60, "b", hits=10)])

        def seen(instance):
            answer = client.get("/export/statistics.csv", query_string={"instance": instance})
            return [(row["instance"], row["hits"]) for row in rows(answer)]

        assert seen("all") == [("all", "13")]
        assert seen("each") == [("a", "3"), ("b", "10")]
        assert seen("b") == [("b", "10")]
        assert seen("nobody") == []

    def test_json_says_the_same_and_what_was_asked(self, client, channel):
        channel.send([minute(NOW - 60), minute(NOW - 120, hits=0, misses=0)])
        document = client.get("/api/statistics?from=now-1h&period=120").json
        assert {name: document[name] for name in ("from", "to", "period_seconds", "instance")} == {
            "from": "2026-11-23T11:04:00Z", "to": "2026-11-23T12:04:00Z", "period_seconds": 120, "instance": "all",
        }  # fmt: skip
        assert [row["requests"] for row in document["statistics"]] == [0]
        assert document["statistics"][0]["hit_rate"] is None

    def test_a_range_of_days_streams_the_same_rows_as_its_parts(self, client, channel):
        channel.send([minute(NOW - back * 1800) for back in range(1, 240)])
        whole = rows(client.get("/export/statistics.csv?from=2026-11-18T12:00Z&to=2026-11-23T12:00Z&period=1800"))
        parts = [
            row
            for day in range(18, 23)
            for row in rows(
                client.get(f"/export/statistics.csv?from=2026-11-{day}T12:00Z&to=2026-11-{day + 1}T12:00Z&period=1800")
            )
        ]
        assert whole == parts
        assert len(whole) > 200

    def test_a_range_of_centuries_is_answered(self, client, channel):
        channel.send([minute(NOW - 60)])
        assert len(rows(client.get("/export/statistics.csv?from=1970-01-01&to=9999-12-31&period=3600"))) == 1

    @pytest.mark.parametrize(
        ("query", "named"),
        [
            ("from=yesterday", "from"), ("to=2026-13-01", "to"), ("from=", "from"), ("from=now&to=now-1h", "from"),
            ("period=0", "period"), ("period=-60", "period"), ("period=61", "period"), ("period=1e3", "period"),
            ("period=abc", "period"), ("period=", "period"), ("period=99999999960", "period"), ("period=²", "period"),
            ("instance=", "instance"), ("instance=" + "a" * 256, "instance"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("path", ["/export/statistics.csv", "/api/statistics"])
    def test_a_bad_parameter_is_named(self, client, path, query, named):
        said = problem(client.get(f"{path}?{query}"), 400)
        assert said["parameter"] == named
        assert said["detail"].startswith(named)

    def test_when_the_channel_does_not_answer_no_script_takes_old_data_for_the_truth(self, client, monkeypatch):
        def fail(self, start, end):
            raise ChannelUnavailable("disk on fire")

        monkeypatch.setattr(SqliteChannel, "minutes", fail)
        for path in ("/export/statistics.csv", "/api/statistics", "/api/instances"):
            answer = client.get(path)
            assert "disk on fire" in problem(answer, 503)["detail"]
            assert answer.headers["Retry-After"] == "10"


class TestConfiguration:
    def test_before_any_edit_it_is_the_default(self, client):
        answer = client.get("/api/configuration")
        assert answer.json == DEFAULT.model_dump()
        assert answer.headers["ETag"] == '"0"'

    def test_an_edit_changes_what_it_names_and_answers_with_the_new_document(self, client, channel):
        answer = client.put("/api/configuration", json={"policy": "random", "author": "maria", "reason": "to see"})
        assert answer.status_code == 200
        assert (answer.json["version"], answer.json["parent"], answer.json["policy"]) == (1, 0, "random")
        assert answer.json["capacity_bytes"] == DEFAULT.capacity_bytes
        assert answer.headers["ETag"] == '"1"'
        assert client.get("/api/configuration").json == answer.json == channel.newest().model_dump()

    def test_the_author_is_api_unless_it_says(self, client):
        assert client.put("/api/configuration", json={"policy": "random"}).json["author"] == "api"

    def test_a_document_read_and_sent_back_is_an_edit(self, client):
        document = client.get("/api/configuration").json | {"capacity_bytes": 1 << 20}
        assert client.put("/api/configuration", json=document).json["capacity_bytes"] == 1 << 20

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({"capacity_bytes": 0}, {"capacity_bytes"}),
            ({"capacity_bytes": -1}, {"capacity_bytes"}),
            ({"capacity_bytes": 1e30}, {"capacity_bytes"}),
            ({"capacity_bytes": 10**30}, {"capacity_bytes"}),
            ({"capacity_bytes": float("nan")}, {"capacity_bytes"}),
            ({"capacity_bytes": float("inf")}, {"capacity_bytes"}),
            ({"capacity_bytes": "100"}, {"capacity_bytes"}),
            ({"capacity_bytes": 1048576.0}, {"capacity_bytes"}),
            ({"capacity_bytes": True}, {"capacity_bytes"}),
            ({"capacity_bytes": None}, {"capacity_bytes"}),
            ({"policy": "clairvoyant"}, {"policy"}),
            ({"policy": ["lru"]}, {"policy"}),
            ({"polcy": "lru"}, {"polcy"}),
            ({"purge": {"genration": 1}}, {"purge.genration"}),
            ({"purge": {"generation": -1}}, {"purge.generation"}),
            ({"purge": 3}, {"purge"}),
            ({"author": ""}, {"author"}),
            ({"author": "a" * 81}, {"author"}),
            ({"reason": "\ud800"}, {"reason"}),
            ({"policy": "clairvoyant", "capacity_bytes": 0}, {"policy", "capacity_bytes"}),
            ({"autoscale": {"grow_above": float("nan")}}, {"autoscale.grow_above"}),
            ({"capacity_bytes": 0, "polcy": "lru", "purge": {"x": 1}}, {"capacity_bytes", "polcy", "purge.x"}),
        ],
    )
    def test_a_bad_edit_is_refused_in_words_for_each_field_and_changes_nothing(self, client, channel, body, fields):
        said = problem(client.put("/api/configuration", data=json.dumps(body), headers=JSON), 422)
        assert set(said["errors"]) == fields
        assert all(field in said["detail"] for field in fields)
        assert channel.newest() == DEFAULT

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b"7", b"\xff", b'{"capacity_bytes": 1' + b"0" * 5000 + b"}", b"[" * 50_000]
    )
    def test_what_is_no_json_object_is_a_400(self, client, body):
        problem(client.put("/api/configuration", data=body, headers=JSON), 400)

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
    def test_another_content_type_is_a_415(self, client, content_type):
        answer = client.put("/api/configuration", data=b"{}", headers={"Content-Type": content_type})
        problem(answer, 415)

    def test_a_body_without_end_is_a_413(self, client):
        body = b'{"reason": "' + b"a" * 70_000 + b'"}'
        problem(client.put("/api/configuration", data=body, headers=JSON), 413)

    @pytest.mark.parametrize("match", ['"0"', '"5", "0"', "*"])
    def test_if_match_of_the_newest_version_lets_it_through(self, client, match):
        headers = {"If-Match": match}
        assert client.put("/api/configuration", json={"policy": "random"}, headers=headers).status_code == 200

    @pytest.mark.parametrize("match", ['"0"', '"7"', 'W/"1"', "", "nonsense"])
    def test_if_match_of_another_is_a_412_that_shows_the_newest(self, client, match):
        newest = client.put("/api/configuration", json={"policy": "random", "author": "jonas"}).json
        answer = client.put("/api/configuration", json={"policy": "lru"}, headers={"If-Match": match})
        assert problem(answer, 412)["configuration"] == newest
        assert "jonas saved v1" in answer.json["detail"]
        assert client.get("/api/configuration").json == newest

    def test_a_version_lost_between_reading_and_writing_is_a_412_too(self, client, channel, monkeypatch):
        publish = SqliteChannel.publish

        def overtaken(self, document):
            monkeypatch.setattr(SqliteChannel, "publish", publish)
            publish(self, edited(DEFAULT, {"capacity_bytes": 1 << 20, "author": "jonas"}, now=utc(NOW)))
            publish(self, document)

        monkeypatch.setattr(SqliteChannel, "publish", overtaken)
        answer = client.put("/api/configuration", json={"policy": "random"}, headers={"If-Match": '"0"'})
        assert problem(answer, 412)["configuration"]["author"] == "jonas"

    def test_without_if_match_an_edit_overtaken_by_another_is_made_on_top_of_it(self, client, monkeypatch):
        publish = SqliteChannel.publish

        def overtaken(self, document):
            monkeypatch.setattr(SqliteChannel, "publish", publish)
            publish(self, edited(DEFAULT, {"capacity_bytes": 1 << 20}, now=utc(NOW)))
            publish(self, document)

        monkeypatch.setattr(SqliteChannel, "publish", overtaken)
        answer = client.put("/api/configuration", json={"policy": "random"})
        assert (answer.status_code, answer.json["version"], answer.json["capacity_bytes"]) == (200, 2, 1 << 20)

    def test_an_edit_that_is_always_overtaken_gives_up(self, client, monkeypatch):
        def never(self, document):
            raise VersionConflict(DEFAULT)

        monkeypatch.setattr(SqliteChannel, "publish", never)
        problem(client.put("/api/configuration", json={"policy": "random"}), 503)

    def test_the_history_is_newest_first(self, client):
        for policy in ("random", "lru"):
            client.put("/api/configuration", json={"policy": policy})
        assert [document["version"] for document in client.get("/api/configuration/history").json["history"]] == [
            2,
            1,
            0,
        ]

    @pytest.mark.parametrize("path", ["/api/configuration", "/api/configuration/history"])
    def test_a_channel_that_does_not_answer_is_a_503(self, client, monkeypatch, path):
        def fail(self, *args):
            raise ChannelUnavailable("disk on fire")

        monkeypatch.setattr(SqliteChannel, "newest", fail)
        monkeypatch.setattr(SqliteChannel, "history", fail)
        problem(client.get(path), 503)
        problem(client.put("/api/configuration", json={}), 503)

    def test_a_document_of_a_later_program_is_not_answered_with_an_older_one(self, client, monkeypatch):
        def refuse(self):
            raise ConfigurationRefused(9, "policy: unknown")

        monkeypatch.setattr(SqliteChannel, "newest", refuse)
        assert "Version 9" in problem(client.get("/api/configuration"), 502)["detail"]

    def test_if_none_match_of_the_newest_is_a_304(self, client):
        assert client.get("/api/configuration", headers={"If-None-Match": '"0"'}).status_code == 304


def test_instances_say_what_they_run_on(client, channel):
    channel.publish(edited(DEFAULT, {"policy": "random"}, now=utc(NOW)))
    channel.announce(Announcement("a", NOW + 1, 1, "random", 4096, capped=True))
    channel.announce(Announcement("b", NOW + 1, 0, "lru", 4096, refused_version=1, problem="no such policy"))
    channel.send([minute(NOW - 60)])
    document = client.get("/api/instances").json
    assert document["config_version"] == 1
    a, b = document["instances"]
    assert (a["instance"], a["alive"], a["config_version"], a["capped"], a["requests"]) == ("a", True, 1, True, 4)
    assert (a["last_heard"], a["last_minute"]) == ("2026-11-23T12:05:01Z", "2026-11-23T12:04:00Z")
    assert (b["refused_version"], b["problem"], b["last_minute"], b["requests"]) == (1, "no such policy", None, None)


def test_alive_asks_nobody(client, monkeypatch):
    monkeypatch.setattr(SqliteChannel, "_connect", lambda self: pytest.fail("asked the channel"))
    assert client.get("/healthz").json == {"state": "alive"}


def test_a_path_or_method_that_is_not_there_is_a_problem_document(client):
    problem(client.get("/export/statistics.xlsx"), 404)
    problem(client.get("/api/nothing"), 404)
    problem(client.delete("/api/configuration"), 405)
