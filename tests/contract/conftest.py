"""VCR for the contract tests: where cassettes lie, what is compared, and what is never written into one."""

import json
import os
import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

PUBLIC = "https://api.sd-rtn.com"
APP_ID = "app-id"
HIDDEN = "scrubbed"
# Hidden by key, wherever they stand in a request or an answer.
_SENSITIVE = frozenset(
    {
        "accessKey",
        "bucket",
        "endpoint",
        "privateParams",
        "secret",
        "salt",
        "secretKey",
        "sessionToken",
        "stsToken",
        "token",
    }
)
# Not secret, but of the account that was recorded from.
_OF_THE_ACCOUNT = {"vendor": 0, "region": 0, "rtmpUrl": "rtmp://scrubbed"}
_VARIABLES = ("AGORA_APP_ID", "AGORA_CUSTOMER_ID", "AGORA_CUSTOMER_SECRET")
_KEPT_HEADERS = frozenset({"accept", "content-type", "user-agent"})
_PLACEHOLDER = re.compile(r"recorded-resource-\d+|0{24}\d{8}")
_IN_PATH = {
    "resourceId": re.compile(r"(?<=/resourceid/)[^/]+"),
    "sid": re.compile(r"(?<=/sid/)[^/]+"),
}


class RecordedRequest(Protocol):
    """What is used of a `vcr.request.Request`."""

    uri: str
    headers: Mapping[str, str]
    body: bytes | None


class Scrubber:
    """Replaces credentials, secrets and ids. Scrubbing twice changes nothing, so a replay is compared alike."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._names: dict[str, str] = {}
        self._numbers = {"resourceId": count(1), "sid": count(1)}
        for name, value in environ.items():
            if value and (name in _VARIABLES or name.startswith("TAKEUP_RECORD_SECRET_")):
                self._names[value] = APP_ID if name == "AGORA_APP_ID" else HIDDEN

    def request(self, request: RecordedRequest) -> RecordedRequest:
        """Scrub a request; vcr hands in a copy."""
        parts = urlsplit(request.uri)
        path = parts.path
        for kind, pattern in _IN_PATH.items():
            path = pattern.sub(lambda found, kind=kind: self._id(kind, found[0]), path)  # type: ignore[misc]
        path = re.sub(r"(?<=/v1/apps/)[^/]+", APP_ID, self._text(path))
        request.uri = PUBLIC + path + (f"?{self._text(parts.query)}" if parts.query else "")
        request.headers = {k: v for k, v in request.headers.items() if k.lower() in _KEPT_HEADERS}
        request.body = self._body(request.body) if request.body else None
        return request

    def response(self, response: Mapping[str, Any]) -> dict[str, Any]:
        """Scrub an answer; of its headers only the content type stays."""
        headers = {k: v for k, v in response["headers"].items() if k.lower() == "content-type"}
        body = self._body(response["body"]["string"])
        return {"status": response["status"], "headers": headers, "body": {"string": body}}

    def _id(self, kind: str, value: str) -> str:
        if _PLACEHOLDER.fullmatch(value):
            return value
        if value not in self._names:
            number = next(self._numbers[kind])
            self._names[value] = f"{number:032d}" if kind == "sid" else f"recorded-resource-{number}"
        return self._names[value]

    def _text(self, text: str) -> str:
        for value, name in self._names.items():
            text = text.replace(value, name)
        return text

    def _body(self, body: bytes | str) -> bytes:
        text = body if isinstance(body, str) else body.decode()
        try:
            value = json.loads(text)
        except ValueError:
            return self._text(text).encode()
        # The ids first: file names hold the sid.
        clean = self._walk(value)
        return self._text(json.dumps(clean, separators=(",", ":"))).encode()

    def _walk(self, value: object) -> object:
        if isinstance(value, list):
            return [self._walk(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {key: self._item(key, item) for key, item in value.items()}

    def _item(self, key: str, value: object) -> object:
        if key in self._numbers and isinstance(value, str):
            return self._id(key, value)
        if key in _OF_THE_ACCOUNT:
            return _OF_THE_ACCOUNT[key]
        return HIDDEN if key in _SENSITIVE else self._walk(value)


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """Mirror the path of the test below the top-level `cassettes/`."""
    root = request.config.rootpath
    return str(root / "cassettes" / request.path.relative_to(root / "tests").with_suffix(""))


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    """All calls to Agora look alike without their body: compare it too."""
    scrubber = Scrubber(os.environ)
    return {
        "match_on": ["method", "scheme", "host", "port", "path", "query", "body"],
        "before_record_request": scrubber.request,
        "before_record_response": scrubber.response,
        "decode_compressed_response": True,
        "record_on_exception": False,
    }


@pytest.fixture(scope="session")
def cassettes(pytestconfig: pytest.Config) -> Path:
    """Where all cassettes lie."""
    return pytestconfig.rootpath / "cassettes"
