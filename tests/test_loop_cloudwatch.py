"""Both apps as processes with CloudWatch between them: counts, an edit in force, and an outage nobody notices."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests import processes
from tests.asking import Client, small_images
from tests.processes import PATIENCE_SECONDS, wait_until

CHANNEL_URL = "cloudwatch://Loop?follow_seconds=1&read_seconds=5"
A_MINUTE_AND_ITS_WAY = 60 + PATIENCE_SECONDS
IMAGES = small_images(5)
HITS = 500


@pytest.fixture(scope="module")
def service(aws, tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("service") / "data"
    app = processes.image_service(data_dir, CHANNEL_URL=CHANNEL_URL, **aws.environment)
    try:
        app.start()
        yield app
    finally:
        aws.faults.clear()
        app.close()


@pytest.fixture(scope="module")
def manager(aws, service, tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("manager") / "data"  # another machine: nothing but CloudWatch is shared
    app = processes.manager(data_dir, CHANNEL_URL=CHANNEL_URL, **aws.environment)
    try:
        app.start()
        yield app
    finally:
        app.close()


def requests_read(aws, instance):
    """What a plain script reads: all requests of the last hours."""
    now = datetime.now(UTC)
    metric = {"Namespace": "Loop", "MetricName": "Requests", "Dimensions": [{"Name": "Instance", "Value": instance}]}
    answer = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "r", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Maximum"}}],
        StartTime=now - timedelta(hours=2), EndTime=now + timedelta(minutes=5), ScanBy="TimestampAscending",
    )  # fmt: skip
    return sum(answer["MetricDataResults"][0]["Values"])


def counted_by_now(aws, service):
    """The same, up to this moment: a service that stops sends its open minute."""
    service.restart()
    return requests_read(aws, service.settings["INSTANCE"])


def exported(manager):
    answer = Client(manager.url).ask("GET", "/export/statistics.csv?from=now-1h&to=now&period=60")
    return sum(int(row["requests"]) for row in csv.DictReader(io.StringIO(answer.body.decode())))


@pytest.fixture
def outage(aws, service):
    """Begins an outage of CloudWatch when called with its kind; afterwards all is as before, whatever happened."""
    yield aws.faults.inject
    aws.faults.clear()
    service.restart()


def test_an_edit_is_in_force_and_the_counts_arrive(aws, service, manager):
    api, client = Client(manager.url), Client(service.url)
    body = json.dumps({"policy": "random", "capacity_bytes": 50_000_000, "author": "maria"}).encode()
    answer = api.ask("PUT", "/api/configuration", body, {"Content-Type": "application/json"})
    assert answer.status == 200
    assert answer.json()["version"] == 1
    assert api.ask("GET", "/api/configuration").json() == answer.json()

    def applied():
        return [one["config_version"] for one in api.ask("GET", "/api/instances").json()["instances"]] == [1]

    wait_until(applied, what="the edit to be in force")
    for key, data in IMAGES.items():
        assert client.put(key, data).status == 201
    for _ in range(10):
        for key in IMAGES:
            assert client.get(key).status == 200
    name = service.settings["INSTANCE"]
    wait_until(lambda: requests_read(aws, name) == 50, A_MINUTE_AND_ITS_WAY, "the minute to be sent")
    wait_until(lambda: exported(manager) == 50, A_MINUTE_AND_ITS_WAY, "the manager to read the minute")


@pytest.mark.parametrize("kind", ["hangs", "unreachable", "throttled"])
def test_a_cloudwatch_that_does_not_answer_holds_up_no_request_and_costs_no_count(aws, service, outage, kind):
    client, name = Client(service.url), service.settings["INSTANCE"]
    already = counted_by_now(aws, service)
    for key, data in IMAGES.items():
        client.put(key, data)
        client.get(key)
    aws.faults.asked.clear()
    outage(kind)
    wait_until(lambda: len(aws.faults.asked) > 1, what="the service to ask in vain")
    assert all(client.get("image-000.png").hit for _ in range(HITS))
    assert client.ask("GET", "/readyz").status == 200
    assert service.terminate() == 0
    aws.faults.clear()
    service.start()
    service.terminate()
    assert requests_read(aws, name) - already == HITS + len(IMAGES)
    service.start()


def test_a_service_starts_while_cloudwatch_does_not_answer_and_keeps_its_configuration(aws, service, manager):
    api = Client(manager.url)
    newest = api.ask("GET", "/api/configuration").json()["version"]
    service.terminate()
    aws.faults.inject("hangs")
    service.start()
    assert Client(service.url).get("image-000.png").status == 200
    assert json.loads(Client(service.url).ask("GET", "/readyz").body)["state"] == "degraded"
    aws.faults.clear()

    def announced():
        return [one["config_version"] for one in api.ask("GET", "/api/instances").json()["instances"]] == [newest]

    wait_until(announced, what="its word")
