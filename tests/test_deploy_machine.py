"""What runs on a machine: cloud-init's settings, systemd's units, and the two scripts, which really run."""

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from dashboard.settings import Settings as ManagerSettings
from image_service.settings import Settings as ServiceSettings
from tests import moto_server
from tests.deploy_template import APPS, DEPLOY, ROOT, cache_url, settings_file, template, unit, user_data
from tools.prepare import SYSTEMD, find, how_to_install

SETTINGS = {"web": ServiceSettings, "manager": ManagerSettings}
MODULES = {"web": "image_service", "manager": "dashboard"}
OF_THE_LIBRARIES = {"AWS_REGION", "AWS_DEFAULT_REGION", "LANG", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}


def of_unit(app):
    return dict(pair.split("=", 1) for line in unit(app)["Environment"] for pair in line.split())


def of_file(app):
    return dict(line.split("=", 1) for line in settings_file(app).splitlines())


# --- names and places ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("app", APPS)
def test_every_setting_is_one_that_the_app_knows(app):
    known = {name.upper() for name in SETTINGS[app].model_fields}
    given = {**of_unit(app), **of_file(app)}
    assert set(given) <= known | OF_THE_LIBRARIES


def test_both_apps_have_the_secrets_without_which_they_must_not_be_reached():
    assert of_file("web")["UPLOAD_TOKEN"] == "<${UploadToken}>"
    assert of_file("manager")["MANAGER_PASSWORD"] == "<${ManagerPassword}>"
    assert of_unit("web")["HOST"] == "0.0.0.0"
    assert of_unit("manager")["HOST"] == "127.0.0.1"


def test_ports_are_those_of_the_template_and_of_the_defaults():
    assert of_unit("web")["PORT"] == str(ServiceSettings.model_fields["port"].default)
    assert of_unit("manager")["PORT"] == str(ManagerSettings.model_fields["port"].default)


@pytest.mark.parametrize("app", APPS)
def test_user_data_is_cloud_config_that_runs_the_right_app(app):
    assert user_data(app).startswith("#cloud-config\n")
    data = yaml.safe_load(user_data(app))
    assert set(data) == {"packages", "write_files", "runcmd"}
    assert data["write_files"][0]["permissions"] == "0600"
    [[shell, flag, script]] = data["runcmd"]
    assert (shell, flag) == ("bash", "-c")
    assert f"deploy/install.sh {app}\n" in script
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_user_data_is_within_what_ec2_takes():
    assert all(len(user_data(app)) < 8_000 for app in APPS)  # of 16,384, names of resources yet to be put in


# --- units -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def units(tmp_path):
    """The units as on a machine, but with the interpreter of the tests and a folder that is there."""
    found = {}
    for app in APPS:
        name = f"hitrate-{app}.service"
        text = (DEPLOY / "systemd" / name).read_text()
        found[app] = tmp_path / name
        found[app].write_text(text.replace("/opt/hitrate/.venv/bin/python", sys.executable))
    return found


@pytest.mark.parametrize("app", APPS)
def test_systemd_finds_nothing_wrong_with_the_unit(units, app):
    analyze = find(SYSTEMD)
    if analyze is None:
        pytest.skip(how_to_install(SYSTEMD))
    command = [analyze, "verify", "--man=no", str(units[app])]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("app", APPS)
def test_the_unit_leaves_little_to_break_out_of(app):
    lines = unit(app)
    for key in ("DynamicUser", "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "RestrictNamespaces"):
        assert lines[key] == ["yes"]
    assert lines["ProtectSystem"] == ["strict"]
    assert lines["CapabilityBoundingSet"] == [""]
    assert lines["StateDirectory"] == [f"hitrate-{app}"]
    assert of_unit(app)["DATA_DIR"] == f"/var/lib/hitrate-{app}"
    assert lines["Restart"] == ["on-failure"]
    assert int(lines["TimeoutStopSec"][0]) > 5, "a service has five seconds to flush"


def test_the_service_may_run_as_many_workers_as_the_template_allows():
    threads_and_processes = 35 * template()["Parameters"]["WorkersPerInstance"]["MaxValue"]
    assert int(unit("web")["TasksMax"][0]) > threads_and_processes


@pytest.mark.parametrize("app", APPS)
def test_the_unit_starts_the_app_with_the_settings_of_cloud_init(app):
    lines = unit(app)
    assert lines["ExecStart"] == [f"/opt/hitrate/.venv/bin/python -m {MODULES[app]}"]
    [prepare] = lines["ExecStartPre"]
    made = f"/run/hitrate-{app}/settings.env"
    assert prepare.endswith(f"/opt/hitrate/deploy/environment.py /etc/hitrate/{app}.env {made}")
    assert lines["EnvironmentFile"] == [f"-{made}"]
    assert lines["RuntimeDirectory"] == [f"hitrate-{app}"]


# --- environment.py --------------------------------------------------------------------------------------------------


def secrets_of(server, **values):
    client = server.client("secretsmanager")
    return {name: client.create_secret(Name=name, SecretString=value)["ARN"] for name, value in values.items()}


def put_in(server, source, target):
    # The region is the secret's own: it stands in its name.
    environment = {name: value for name, value in server.environment.items() if "REGION" not in name}
    command = [sys.executable, str(DEPLOY / "environment.py"), str(source), str(target)]
    done = subprocess.run(command, env={"PATH": os.defpath, **environment}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def as_systemd_reads_it(path):
    """Its rules for double quotes are the shell's, and without expansion."""
    lines = (line.partition("=") for line in path.read_text().splitlines())
    return {name: re.sub(r'\\([\\"$`])', r"\1", value.removeprefix('"').removesuffix('"')) for name, _, value in lines}


def test_secrets_come_in_where_the_settings_name_them(tmp_path):
    (tmp_path / "web.env").write_text(
        "# a word\n\nHOST=0.0.0.0\nDATABASE_URL=mysql+pymysql://u:<{db}>@h/n\nUPLOAD_TOKEN=<{token}>\n"
    )
    target = tmp_path / "settings.env"
    token = 'a "b" $c `d` \\e %'
    with moto_server.running() as server:
        server.reset()
        arns = secrets_of(server, db="p@ss/w:rd", token=token)
        source = tmp_path / "web.env"
        source.write_text(source.read_text().format(**arns))
        put_in(server, source, target)
        first = as_systemd_reads_it(target)
        server.client("secretsmanager").put_secret_value(SecretId=arns["token"], SecretString="another")
        put_in(server, source, target)
    assert first == {"HOST": "0.0.0.0", "DATABASE_URL": "mysql+pymysql://u:p%40ss%2Fw%3Ard@h/n", "UPLOAD_TOKEN": token}
    assert as_systemd_reads_it(target)["UPLOAD_TOKEN"] == "another", "a changed secret is in force after a restart"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["settings.env", "web.env"]


def test_the_address_of_a_shared_cache_is_read_back_whole(tmp_path):
    token = "p@ss/w:rd?#%"
    host = "master.hitrate.abc123.euc1.cache.amazonaws.com"
    (tmp_path / "web.env").write_text(f"CACHE_URL={cache_url('HasCache')}\n")
    with moto_server.running() as server:
        server.reset()
        arns = secrets_of(server, cache=token)
        source = tmp_path / "web.env"
        told = source.read_text().replace("${CacheToken}", arns["cache"])
        told = told.replace("${Cache.PrimaryEndPoint.Address}", host).replace("${Cache.PrimaryEndPoint.Port}", "6379")
        source.write_text(told)
        put_in(server, source, tmp_path / "settings.env")
    url = urlsplit(as_systemd_reads_it(tmp_path / "settings.env")["CACHE_URL"])
    assert (url.scheme, url.hostname, url.port, url.path, url.query) == ("rediss", host, 6379, "/0", "")
    assert (url.username, unquote(url.password)) == ("", token)


def test_what_is_quoted_the_shell_reads_back(tmp_path):
    sys.path.insert(0, str(DEPLOY))
    try:
        from environment import quoted
    finally:
        sys.path.remove(str(DEPLOY))
    for value in (
        "plain",
        "a b",
        'quote " here',
        "dollar $HOME",
        "back\\slash",
        "tick `id`",
        "hash # not a comment",
        "",
    ):
        said = subprocess.run(["sh", "-c", f'X={quoted(value)}; printf %s "$X"'], capture_output=True, text=True)
        assert said.stdout == value
    with pytest.raises(ValueError, match="one line"):
        quoted("a\nUPLOAD_TOKEN=")


def test_a_secret_that_can_not_be_read_stops_the_start_and_leaves_no_file(tmp_path):
    (tmp_path / "web.env").write_text(
        "UPLOAD_TOKEN=<arn:aws:secretsmanager:eu-central-1:123456789012:secret:none-abcdef>\n"
    )
    with moto_server.running() as server:
        command = [sys.executable, str(DEPLOY / "environment.py"), "web.env", "settings.env"]
        environment = {"PATH": os.defpath, **server.environment}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    assert "ResourceNotFoundException" in done.stderr
    assert not (tmp_path / "settings.env").exists()


# --- install.sh ------------------------------------------------------------------------------------------------------


class Machine:
    """A folder as the root of a machine, with stand-ins for what only a real one has: systemctl, curl, journalctl."""

    def __init__(self, folder):
        self.root, self.release, self.bin, self.log = (folder / name for name in ("root", "opt", "bin", "log"))
        (self.root / "etc/hitrate").mkdir(parents=True)
        (self.root / "var/lib/cloud/data").mkdir(parents=True)
        (self.root / "var/lib/cloud/data/instance-id").write_text("i-0123456789abcdef0\n")
        shutil.copytree(DEPLOY, self.release / "deploy")
        for name in ("cache", "metrics", "web", *MODULES.values()):
            (self.release / name).mkdir()
            (self.release / name / "__init__.py").touch()
        (self.release / "requirements.txt").write_text("# nothing that would have to be downloaded\n")
        self.bin.mkdir()
        self.log.touch()
        for app in APPS:
            (self.root / f"etc/hitrate/{app}.env").write_text("LOG_LEVEL=INFO\n")
        self.put("systemctl", "")
        self.put("journalctl", "echo what the journal says")
        # Has no pip to install, which takes seconds, and needs none: there is nothing to download.
        self.put(
            "quick-python",
            f"""
mkdir -p "$3/bin"; printf '#!/bin/sh\\nexec {sys.executable} "$@"\\n' >"$3/bin/python"; chmod +x "$3/bin/python\"""",
        )
        self.answers({"state": "ready"})

    def put(self, name, script):
        path = self.bin / name
        path.write_text(f'#!/bin/bash\necho "{name} $*" >>{shlex.quote(str(self.log))}\n{script}\n')
        path.chmod(0o755)

    def answers(self, *bodies):
        """What the app says of its health, one after the other; the last again and again."""
        said = self.bin / "answers"
        said.write_text("".join(f"{body}\n".replace("'", '"') for body in bodies))
        self.put("curl", f"""
if [[ $* == *--output* ]]; then while [[ $1 != --output ]]; do shift; done; echo certificates >"$2"; exit; fi
head -1 {said}; (( $(wc -l <{said}) > 1 )) && sed -i 1d {said}; exit 0""")  # fmt: skip

    def install(self, app, wait_seconds=20, python="quick-python"):
        environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}", "ROOT_DIR": str(self.root), "PYTHON": python,
            "WAIT_SECONDS": str(wait_seconds),
        }  # fmt: skip
        command = ["bash", str(self.release / "deploy/install.sh"), *app]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.mark.parametrize(("app", "state"), [("web", "ready"), ("manager", "alive")])
def test_install_makes_the_venv_puts_the_unit_in_and_waits_for_the_answer(machine, app, state):
    machine.answers({"state": "starting"}, {"state": state})
    done = machine.install([app], python=sys.executable)
    assert done.returncode == 0, done.stderr
    assert (machine.release / ".venv/bin/python").exists()
    names = [f"hitrate-{app}.service", *(["hitrate-autoscaler.service"] if app == "manager" else [])]
    for name in names:
        installed = machine.root / "etc/systemd/system" / name
        assert installed.read_text() == (DEPLOY / "systemd" / name).read_text()
    asked = [line for line in machine.log.read_text().splitlines() if line.startswith("systemctl")]
    started = [f"systemctl {verb} {name}" for name in names for verb in ("enable --quiet", "restart")]
    assert asked == ["systemctl daemon-reload", *started]


def test_the_autoscaler_runs_as_the_manager_does_but_for_its_name():
    both = [(DEPLOY / "systemd" / f"hitrate-{name}.service").read_text() for name in ("manager", "autoscaler")]
    manager, scaler = ([line for line in text.splitlines() if not line.startswith("#")] for text in both)
    renamed = [
        line.replace("hitrate-manager", "hitrate-autoscaler")
        .replace("Hitrate manager", "Hitrate auto-scaler")
        .replace("-m dashboard", "-m dashboard.autoscaler")
        for line in manager
    ]
    assert renamed == scaler


def test_install_gives_the_service_the_machines_name_once_and_the_databases_authority(machine):
    assert machine.install(["web"]).returncode == machine.install(["web"]).returncode == 0
    assert (machine.root / "etc/hitrate/web.env").read_text() == "LOG_LEVEL=INFO\nINSTANCE=i-0123456789abcdef0\n"
    assert (machine.root / "etc/hitrate/rds-ca.pem").read_text() == "certificates\n"
    assert "ssl_ca=/etc/hitrate/rds-ca.pem" in of_file("web")["DATABASE_URL"]


def test_a_service_that_is_only_degraded_is_not_installed(machine):
    machine.answers({"state": "degraded", "dependencies": {"database": "failed"}})
    done = machine.install(["web"], wait_seconds=2)
    assert done.returncode == 1
    assert "not ready" in done.stderr
    assert "degraded" in done.stderr
    assert "journalctl --no-pager --lines 50 --unit hitrate-web.service" in machine.log.read_text()


@pytest.mark.parametrize("arguments", [[], ["cache"], ["../web"]])
def test_install_knows_two_apps(machine, arguments):
    done = machine.install(arguments)
    assert done.returncode == 2
    assert "web|manager" in done.stderr


def test_install_says_when_there_are_no_settings(machine):
    (machine.root / "etc/hitrate/web.env").unlink()
    done = machine.install(["web"])
    assert done.returncode == 1
    assert "etc/hitrate/web.env is missing" in done.stderr


def test_the_release_holds_all_that_a_machine_needs():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no clone: what git would pack can't be told")
    files = set(listed.stdout.split())
    assert {"requirements.txt", "constraints.txt", "deploy/install.sh", "deploy/environment.py"} <= files
    assert {f"deploy/systemd/hitrate-{app}.service" for app in APPS} <= files


def test_the_machines_python_is_one_that_the_project_runs_on():
    oldest = re.search(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text())[1]
    for app in APPS:
        assert yaml.safe_load(user_data(app))["packages"] == [f"python{oldest}"]
    assert "${PYTHON:-python" + oldest + "}" in (DEPLOY / "install.sh").read_text()
    assert "al2023" in template()["Parameters"]["ImageId"]["Default"]
