"""A toy Terraform provider of one resource, `toy_recording`, whose remote side is takeup's emulator.

It is a real plugin: Terraform starts it as a process and speaks its plugin protocol 6 (gRPC) with it. It does what
the textbook says: create is acquire and start, read is query, update is update, delete is stop; a 404 is "gone".
Nothing in it is slow or clever, and nothing is left out to make Terraform look worse: what is kept of a create that
never returns is not a provider's to decide, because Terraform writes its state after the provider has answered.
"""

import base64
import json
import secrets
import urllib.error
import urllib.request
from typing import Any

from tf.iface import Provider, Resource
from tf.runner import run_provider
from tf.schema import Attribute, Schema
from tf.types import Number, String, Unknown

_AUTH = "Basic " + base64.b64encode(b"toy:toy").decode()
_STORAGE = {"vendor": 1, "region": 0, "bucket": "toy", "accessKey": "toy", "secretKey": "toy"}
_OK, _NO_DATA, _NOT_FOUND = 200, 206, 404
_LEFT = frozenset({6, 7, 8})
"""Statuses of a recorder that is leaving."""

State = dict[str, Any]


class Recording(Resource):
    """One composite recording."""

    def __init__(self, provider: "Toy") -> None:
        self._provider = provider

    @classmethod
    def get_name(cls) -> str:
        return "recording"

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(
            attributes=[
                Attribute("cname", String(), required=True, requires_replace=True),
                # Left out, the provider chooses one at each create.
                Attribute("uid", String(), optional=True, computed=True, requires_replace=True),
                Attribute("max_idle_time", Number(), required=True, requires_replace=True),
                Attribute("listen_to", String(), required=True),
                Attribute("resource_id", String(), computed=True),
                Attribute("sid", String(), computed=True),
            ]
        )

    def create(self, ctx: Any, planned: State) -> State | None:  # noqa: ANN401 - the framework has no types
        uid = planned["uid"]
        if uid is None or uid is Unknown:
            uid = str(secrets.randbelow(2**31) + 1)
        named = {"cname": planned["cname"], "uid": uid}
        status, acquired = self._provider.call("POST", "/acquire", {**named, "clientRequest": {}})
        if status != _OK:
            ctx.diagnostics.add_error(f"acquire was answered by {status}", json.dumps(acquired))
            return None
        at = f"/resourceid/{acquired['resourceId']}"
        request = {
            "recordingConfig": {
                "channelType": 1,
                "maxIdleTime": planned["max_idle_time"],
                "subscribeAudioUids": [planned["listen_to"]],
                "subscribeVideoUids": [planned["listen_to"]],
            },
            "recordingFileConfig": {"avFileType": ["hls"]},
            "storageConfig": _STORAGE,
        }
        status, started = self._provider.call("POST", f"{at}/mode/mix/start", {**named, "clientRequest": request})
        if status != _OK:
            ctx.diagnostics.add_error(f"start was answered by {status}", json.dumps(started))
            return None
        return {**planned, "uid": uid, "resource_id": acquired["resourceId"], "sid": started["sid"]}

    def read(self, ctx: Any, current: State) -> State | None:  # noqa: ANN401 - the framework has no types
        status, answer = self._provider.call("GET", f"{_at(current)}/query", None)
        if status == _NOT_FOUND or answer.get("serverResponse", {}).get("status") in _LEFT:
            return None
        if status != _OK:
            ctx.diagnostics.add_error(f"query was answered by {status}", json.dumps(answer))
        return current

    def update(self, ctx: Any, current: State, planned: State) -> State | None:  # noqa: ANN401 - as above
        uids = [planned["listen_to"]]
        subscribe = {"audioUidList": {"subscribeAudioUids": uids}, "videoUidList": {"subscribeVideoUids": uids}}
        body = {**_named(current), "clientRequest": {"streamSubscribe": subscribe}}
        status, answer = self._provider.call("POST", f"{_at(current)}/update", body)
        if status != _OK:
            ctx.diagnostics.add_error(f"update was answered by {status}", json.dumps(answer))
            return current
        return planned

    def delete(self, ctx: Any, current: State) -> State | None:  # noqa: ANN401 - the framework has no types
        body = {**_named(current), "clientRequest": {}}
        status, answer = self._provider.call("POST", f"{_at(current)}/stop", body)
        if status not in {_OK, _NO_DATA, _NOT_FOUND}:
            ctx.diagnostics.add_error(f"stop was answered by {status}", json.dumps(answer))
            return current
        return None


class Toy(Provider):
    """The provider; its only setting is where the service is."""

    endpoint = ""

    def get_model_prefix(self) -> str:
        return "toy_"

    def full_name(self) -> str:
        return "example.invalid/takeup/toy"

    def get_provider_schema(self, diags: object) -> Schema:  # noqa: ARG002 - the framework calls it so
        return Schema(attributes=[Attribute("endpoint", String(), required=True)])

    def validate_config(self, diags: object, config: State) -> None:
        """Everything is right."""

    def configure_provider(self, diags: object, config: State) -> None:  # noqa: ARG002 - the framework calls it so
        self.endpoint = config["endpoint"]

    def get_data_sources(self) -> list[Any]:
        return []

    def get_resources(self) -> list[Any]:
        return [Recording]

    def call(self, method: str, path: str, body: State | None) -> tuple[int, State]:
        """One call; its status and JSON."""
        request = urllib.request.Request(  # noqa: S310 - the endpoint is the script's own emulator
            f"{self.endpoint}/v1/apps/toy/cloud_recording{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": _AUTH, "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - as above
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def _at(state: State) -> str:
    return f"/resourceid/{state['resource_id']}/sid/{state['sid']}/mode/mix"


def _named(state: State) -> State:
    return {"cname": state["cname"], "uid": state["uid"]}


if __name__ == "__main__":
    run_provider(Toy())
