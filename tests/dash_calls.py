"""Calls a callback of a Dash app as its page would, without a browser."""

import json
from typing import Any

from dash import Dash


class Calls:
    """``values`` of a call are by "id.property"; what a callback takes and is not given is None.

    Where ids have a part that matches, ``matched`` is what it is.
    """

    def __init__(self, app: Dash, matched: str = "") -> None:
        self._client = app.server.test_client()
        self._matched = json.dumps(matched)
        self._callbacks = self._client.get("/_dash-dependencies").json

    def call(self, output: str, changed: str | list[str], values: dict[str, Any]) -> dict[str, Any]:
        """What the callback with that output ("id.property") puts there, by "id.property"; {} where it changes nothing.

        ``changed`` are the inputs that call it.
        """
        changed = [changed] if isinstance(changed, str) else changed
        callback = self._with(output, changed)
        answer = self._client.post(
            "/_dash-update-component",
            json={
                "output": callback["output"],
                "outputs": _outputs(self._of_matched(callback["output"])),
                "inputs": [self._given(each, values) for each in callback["inputs"]],
                "state": [self._given(each, values) for each in callback["state"]],
                "changedPropIds": changed,
            },
        )
        if answer.status_code == 204:
            return {}
        assert answer.status_code == 200, answer.text
        return {
            f"{component}.{name}": value
            for component, properties in json.loads(answer.text)["response"].items()
            for name, value in properties.items()
        }

    def _with(self, output: str, changed: list[str]) -> dict[str, Any]:
        (found,) = (
            callback
            for callback in self._callbacks
            if f"{output}." in f"{callback['output'].replace('@', '.')}." and callback["clientside_function"] is None
            if changed[0] in [f"{each['id']}.{each['property']}" for each in callback["inputs"]]
        )
        return found

    def _of_matched(self, ids: str) -> str:
        return ids.replace('["MATCH"]', self._matched)

    def _given(self, each: dict[str, Any], values: dict[str, Any]) -> Any:
        name = self._of_matched(each["id"])
        return {**each, "id": _id(name), "value": values.get(f"{name}.{each['property']}")}


def _outputs(output: str) -> Any:
    ids = [each.rsplit(".", 1) for each in output.strip(".").split("...")]
    outputs = [{"id": _id(name), "property": of_it} for name, of_it in ids]
    return outputs if output.startswith("..") else outputs[0]


def _id(name: str) -> Any:
    return json.loads(name) if name.startswith("{") else name
