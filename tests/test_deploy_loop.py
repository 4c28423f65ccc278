"""Both apps started as their machines start them: settings of cloud-init, secrets of AWS, a database that wants TLS."""

import base64
import http.client
import json
import os
import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests import mariadb as mariadb_server
from tests import processes
from tests.asking import small_images
from tests.deploy_template import DEPLOY, resources, settings_file, unit
from tests.moto_server import REGION
from tests.processes import PATIENCE_SECONDS, wait_until

HOST = "images.example.org"
MADE_BY_THE_TEMPLATE = {"CreateLogGroup", "CreateLogStream"}
SECRETS = {
    "DatabasePassword": "Abc123" * 6,
    "UploadToken": "TheUploadToken",
    "ManagerPassword": "TheManagersPassword",
    "SecretKey": "x" * 64,
}


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """As RDS is set up: no connection without TLS."""
    with mariadb_server.running(tmp_path_factory.mktemp("rds")) as server:
        server.run("CREATE DATABASE hitrate")
        server.run(f"GRANT ALL ON hitrate.* TO rds@'127.0.0.1' IDENTIFIED BY '{SECRETS['DatabasePassword']}'")
        server.run("SET GLOBAL require_secure_transport = ON")
        yield server


@pytest.fixture(scope="module")
def stack(aws, database):
    """What the template has made before a machine starts: the values of the variables in its settings."""
    aws.client("s3").create_bucket(Bucket="pictures", CreateBucketConfiguration={"LocationConstraint": REGION})
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/hitrate/Hitrate")
    for stream in resources("AWS::Logs::LogStream").values():
        logs.create_log_stream(logGroupName="/hitrate/Hitrate", logStreamName=stream["LogStreamName"])
    secrets = aws.client("secretsmanager")
    arns = {name: secrets.create_secret(Name=name, SecretString=value)["ARN"] for name, value in SECRETS.items()}
    aws.faults.clear()
    return arns | {
        "AWS::Region": REGION,
        "Images": "pictures",
        "DatabaseHost": "127.0.0.1",
        "DatabasePort": str(database.port),
        "CacheUrl": "memory:",
        "Workers": "1",
        "Namespace": "Hitrate",
        "Hosts": HOST,
        "Address": f"https://{HOST}",
    }


@pytest.fixture(scope="module")
def start(stack, aws, database, tmp_path_factory):
    """Starts an app with what its unit gives it; of that only the places and the port are the test's own."""
    started = []

    def start(app):
        folder = tmp_path_factory.mktemp(app)
        text = re.sub(r"\$\{([\w:]+)\}", lambda found: stack[found[1]], settings_file(app))
        text = text.replace("//hitrate:<", "//rds:<").replace("/etc/hitrate/rds-ca.pem", str(database.authority))
        (folder / "in.env").write_text(text)
        put_in = [sys.executable, str(DEPLOY / "environment.py"), "in.env", "out.env"]
        subprocess.run(put_in, cwd=folder, env={"PATH": os.defpath, **aws.environment}, check=True)
        lines = (line.partition("=") for line in (folder / "out.env").read_text().splitlines())
        of_unit = dict(pair.split("=", 1) for line in unit(app)["Environment"] for pair in line.split())
        settings = of_unit | {name: value.strip('"') for name, _, value in lines}
        own = {name: value for name, value in settings.items() if name not in ("HOST", "PORT", "DATA_DIR")}
        make = {"web": processes.image_service, "manager": processes.manager}[app]
        started.append(make(folder / "data", **{**aws.environment, **own}))
        started[-1].start()
        return started[-1]

    yield start
    for app in started:
        app.close()


@pytest.fixture(scope="module")
def service(start):
    return start("web")


@pytest.fixture(scope="module")
def manager(start, service):
    return start("manager")


def ask(app, method, path, body=None, **headers):
    """Status and body, as the load balancer hands a browser's request on."""
    address = urlsplit(app.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_service_is_ready_with_all_that_it_needs(service):
    status, body = ask(service, "GET", "/readyz", Host="10.20.1.2:8000")  # as the load balancer asks
    assert (status, json.loads(body)["state"]) == (200, "ready")


def test_an_image_goes_in_with_the_token_and_comes_out_for_everybody(service, aws):
    [(key, data), *_] = small_images(1).items()
    behind_tls = {"Host": HOST, "X_Forwarded_Proto": "https", "Origin": f"https://{HOST}"}
    assert ask(service, "PUT", f"/images/{key}", data, **behind_tls)[0] == 401
    token = f"Bearer {SECRETS['UploadToken']}"
    assert ask(service, "PUT", f"/images/{key}", data, Authorization=token, **behind_tls)[0] == 201
    assert ask(service, "GET", f"/images/{key}", Host=HOST) == (200, data)
    assert ask(service, "GET", f"/images/{key}", Host="elsewhere.example")[0] == 400
    [stored] = aws.client("s3").list_objects_v2(Bucket="pictures")["Contents"]
    assert stored["Key"].startswith("images/")


def test_the_manager_asks_for_its_password_and_hears_of_the_service(service, manager):
    basic = base64.b64encode(f":{SECRETS['ManagerPassword']}".encode()).decode()
    host = urlsplit(manager.url).netloc  # as one reaches it through a forwarded port
    assert ask(manager, "GET", "/api/instances", Host=host)[0] in (302, 303, 401)

    def heard():
        status, body = ask(manager, "GET", "/api/instances", Host=host, Authorization=f"Basic {basic}")
        assert status == 200, body
        return service.settings["INSTANCE"] in body.decode()

    wait_until(heard, what="the manager to hear of the service")


def test_neither_app_needed_the_right_to_make_groups_or_streams(service, manager, aws):
    service.terminate()  # which hands in what the minute has so far, a curve too, whenever the minute began
    assert {"PutLogEvents", "GetLogEvents"} <= set(aws.faults.asked)
    assert not MADE_BY_THE_TEMPLATE & set(aws.faults.asked)
