"""deploy/hitrate.yaml as tests read it: plain dicts, with CloudFormation's tags in their long form."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
PATH = DEPLOY / "hitrate.yaml"
APPS = {"web": "WebTemplate", "manager": "ManagerTemplate"}
"""The launch template of each app."""
OF_THE_CACHE = {"CacheGroup", "CacheToken", "CacheSubnets", "CacheParameters", "Cache"}
"""What is made only where a shared cache is asked for."""


class _Loader(yaml.SafeLoader):
    """YAML with !Ref and the like."""


def _tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _tag)


def template() -> dict[str, Any]:
    return yaml.load(PATH.read_text(), Loader=_Loader)


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The resources of one type, by name: their properties."""
    found = template()["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in found if resource["Type"] == kind}


def walk(value: Any) -> Iterator[Any]:
    """A value and all in it."""
    yield value
    if isinstance(value, Mapping):
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


def taken(value: Any, *conditions: str) -> Any:
    """A value with its Fn::If decided: those of the conditions hold, and no others."""
    if isinstance(value, list):
        decided = [taken(each, *conditions) for each in value]
        return [each for each in decided if each != {"Ref": "AWS::NoValue"}]
    if not isinstance(value, Mapping):
        return value
    if "Fn::If" in value:
        condition, met, unmet = value["Fn::If"]
        return taken(met if condition in conditions else unmet, *conditions)
    return {name: taken(each, *conditions) for name, each in value.items()}


def user_data(app: str) -> str:
    """Of one app's machines, with CloudFormation's variables as they stand in the template."""
    data = template()["Resources"][APPS[app]]["Properties"]["LaunchTemplateData"]["UserData"]
    return data["Fn::Base64"]["Fn::Sub"][0]


def cache_url(*conditions: str) -> str:
    """CACHE_URL as the machines get it, with CloudFormation's variables as they stand in the template."""
    value = told_to_the_service("CacheUrl", *conditions)
    return value["Fn::Sub"] if isinstance(value, dict) else value


def told_to_the_service(name: str, *conditions: str) -> Any:
    """What stands for a variable of the user data."""
    data = template()["Resources"][APPS["web"]]["Properties"]["LaunchTemplateData"]["UserData"]
    return taken(data["Fn::Base64"]["Fn::Sub"][1][name], *conditions)


def settings_file(app: str) -> str:
    """What cloud-init writes to /etc/hitrate/<app>.env."""
    [file] = yaml.safe_load(user_data(app))["write_files"]
    assert file["path"] == f"/etc/hitrate/{app}.env"
    return file["content"]


def unit(app: str) -> dict[str, list[str]]:
    """The lines of an app's systemd unit, by their key."""
    lines = (DEPLOY / "systemd" / f"hitrate-{app}.service").read_text().splitlines()
    found: dict[str, list[str]] = {}
    for key, value in (line.split("=", 1) for line in lines if re.match(r"[A-Z][A-Za-z]+=", line)):
        found.setdefault(key, []).append(value)
    return found
