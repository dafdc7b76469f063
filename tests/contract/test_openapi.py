"""Schemathesis over the emulator's own OpenAPI document: what the document says is what the emulator answers."""

import base64
from collections import Counter
from itertools import count
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31
from werkzeug.test import Client

from takeup.provider.emulator import openapi, openapi_samples
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.faults import Fault, Operation
from takeup.provider.emulator.fields import FIELDS, Field
from takeup.provider.emulator.openapi_bodies import body as body_schema

HEADERS = {"Authorization": "Basic " + base64.b64encode(b"customer:secret").decode()}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
MODES = ("individual", "mix", "web")
APP = "/v1/apps/app-id/cloud_recording"
PATHS = {
    "acquire": "/v1/apps/{appid}/cloud_recording/acquire",
    "start": "/v1/apps/{appid}/cloud_recording/resourceid/{resourceid}/mode/MODE/start",
    "query": "/v1/apps/{appid}/cloud_recording/resourceid/{resourceid}/sid/{sid}/mode/MODE/query",
}
BODIES = [(operation, mode) for operation, mode in openapi_samples.REQUESTS if mode is not None]
CALLS = [*BODIES, *(("query", mode) for mode in MODES)]
EXAMPLES = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
ENVELOPE = body_schema("stop", "mix")["properties"]
ERRORS = [
    pytest.param(operation, answer, id=f"{operation} {answer}")
    for operation, answers in {
        "acquire": "400/2 400/400 400/401 400/405 400/406 500/500 500/501 500/504",
        "start": "201/7 206/65 400/2 400/53 500/502 500/62 500/15",
        "query": "206/65 400/2 404/404 504/62",
        "update": "206/65 400/2 404/404 504/62",
        "updateLayout": "206/65 400/2 404/404 504/62",
        "stop": "206/65 206/435 400/2 400/49 404/404 504/62",
    }.items()
    for answer in (*answers.split(), "401", "404", "429")
]
"""Section 7 of the facts [codes]."""
VALID = {key: Draft202012Validator(ENVELOPE[key]).is_valid for key in ("cname", "uid")}
EMULATOR = Emulator()
SCHEMA = schemathesis.openapi.from_wsgi(
    "/openapi.json",
    EMULATOR.app,
    config=SchemathesisConfig.from_dict({"phases": {"coverage": {"unexpected-methods": []}}}),
)


class Account:
    """Makes what a call is about: a reservation, or a session. Every one has a channel of its own."""

    numbers = count(1)

    def __init__(self, emulator: Emulator, mode: str) -> None:
        self._client = Client(emulator.app)
        self._mode = mode

    def path(self, operation: str, who: dict[str, str]) -> dict[str, str]:
        """Acquire, and start unless the call is a start itself; the path parameters of the call."""
        acquired = self._ask("/acquire", {**who, "clientRequest": {"scene": int(self._mode == "web")}})
        found = {"appid": "app-id", "resourceid": str(acquired["resourceId"])}
        if operation == "start":
            return found
        request = openapi_samples.REQUESTS["start", self._mode]["clientRequest"]
        path = f"/resourceid/{found['resourceid']}/mode/{self._mode}/start"
        return {**found, "sid": str(self._ask(path, {**who, "clientRequest": request})["sid"])}

    def who(self) -> dict[str, str]:
        """A channel and a recorder that nobody else has."""
        return {"cname": f"room-{next(self.numbers)}", "uid": "10001"}

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._client.post(APP + path, json=body, headers=HEADERS)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())


def test_the_document_is_openapi() -> None:
    """The document keeps to the OpenAPI 3.1 meta-schema."""
    jsonschema_rs.Draft202012Validator(OPENAPI_31).validate(openapi.document())


def test_every_operation_is_described() -> None:
    """All six operations stand in the document, each in every mode that has it."""
    ids = {
        operation["operationId"]
        for path in openapi.document()["paths"].values()
        for method, operation in path.items()
        if method in {"get", "post"}
    }

    assert ids >= {"acquire", "health", "receivers-v1", *(f"{operation}-{mode}" for operation, mode in CALLS)}
    assert "updateLayout-web" not in ids


@pytest.mark.parametrize(("operation", "mode"), openapi_samples.REQUESTS, ids=str)
def test_every_row_of_the_field_table_is_in_a_schema(operation: str, mode: str | None) -> None:
    """Each field that a mode has is described where its path says, with its limits; no other field is."""
    request = body_schema(operation, mode)["properties"]["clientRequest"]

    for field in FIELDS[operation]:
        found = described(request, field)
        if mode is not None and mode not in field.modes:
            assert found is None, field.path
            continue
        if field.retired and found is None:
            # Whatever stands in a retired object is accepted, so it is described as a whole.
            assert request["properties"][field.path.partition(".")[0]]["deprecated"] is True, field.path
            continue
        assert found is not None, field.path
        assert found["description"].startswith(field.doc), field.path
        value = found.get("items", found)
        assert (value.get("minimum"), value.get("maximum")) == (field.low, field.high), field.path
        assert found.get("maxItems") == field.max_items, field.path
        if field.allowed and not field.retired and "const" not in found:
            assert set(value["enum"]) - {""} == set(field.allowed), field.path


@pytest.mark.parametrize(("operation", "mode"), openapi_samples.REQUESTS, ids=str)
def test_a_sample_fits_its_schema(operation: str, mode: str | None) -> None:
    """The sample body of each operation passes the schema that stands beside it."""
    schema = body_schema(operation, mode)

    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(openapi_samples.REQUESTS[operation, mode])) == []


@pytest.mark.parametrize(("operation", "mode"), CALLS, ids=str)
def test_a_sample_is_carried_out(operation: str, mode: str) -> None:
    """The sample body of each operation is accepted by the emulator, and its answer is the one described."""
    account = Account(EMULATOR, mode)
    who = account.who()
    given_path = account.path(operation, who)
    EMULATOR.clock.advance(60)
    body = openapi_samples.REQUESTS.get((operation, mode))
    case = operation_of(operation, mode).Case(
        path_parameters=given_path,
        **({} if body is None else {"body": {**body, **who}, "media_type": "application/json"}),
    )

    response = case.call(headers=HEADERS)

    assert response.status_code == 200, response.text
    case.validate_response(response, checks=CHECKS)


@SCHEMA.parametrize()
@EXAMPLES
def test_any_call_is_answered_as_described(case: Case[Any]) -> None:
    """Whatever is sent, good or bad, the status, content type and body are those of the document."""
    response = case.call(headers=HEADERS)

    case.validate_response(response, checks=CHECKS)


@pytest.mark.parametrize(
    ("operation", "mode", "sort"),
    [
        *(pytest.param(*call, GenerationMode.POSITIVE, id=f"good {'-'.join(call)}") for call in CALLS),
        # A query has no body that could be bad.
        *(pytest.param(*call, GenerationMode.NEGATIVE, id=f"bad {'-'.join(call)}") for call in BODIES),
    ],
)
def test_a_call_to_something_that_is_there_is_answered_as_described(
    operation: str, mode: str, sort: GenerationMode
) -> None:
    """With a real resourceId and sid, good bodies are carried out and bad ones are refused."""
    account = Account(EMULATOR, mode)
    answered: Counter[int] = Counter()

    @EXAMPLES
    @given(case=operation_of(operation, mode).as_strategy(generation_mode=sort))
    def run(case: Case[Any]) -> None:
        who = account.who()
        case.path_parameters = account.path(operation, who)
        good = operation == "query"
        if isinstance(case.body, dict):
            # A bad cname or uid stays as it is: what was generated as bad must not become good.
            case.body |= {key: value for key, value in who.items() if VALID[key](case.body.get(key))}
        if operation != "query":
            good = Draft202012Validator(body_schema(operation, mode)).is_valid(case.body)
        response = case.call(headers=HEADERS)
        answered[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)
        assert good or response.status_code == 400, f"{case.body!r} was answered with {response.text}"

    run()

    if sort is GenerationMode.POSITIVE:
        assert answered[200] + answered[206], f"no good body was carried out: {answered}"
    else:
        assert answered[400], f"no bad body was refused: {answered}"


@pytest.mark.parametrize(("operation", "answer"), ERRORS)
def test_an_error_is_described(operation: Operation, answer: str) -> None:
    """Every error that Agora documents for an operation stands in the document, in the form it comes in."""
    mode = "mix"
    account = Account(EMULATOR, mode)
    who = account.who()
    case = operation_of(operation, mode).Case(
        path_parameters={"appid": "app-id"} if operation == "acquire" else account.path(operation, who),
        **({} if operation == "query" else {"body": {**who, "clientRequest": {}}, "media_type": "application/json"}),
    )
    EMULATOR.faults.replace((Fault(do="answer", answer=answer, operation=[operation]),))

    response = case.call(headers=HEADERS)

    EMULATOR.faults.replace(())
    assert response.status_code == int(answer.partition("/")[0])
    case.validate_response(response, checks=CHECKS[1:])


def described(request: dict[str, Any], field: Field) -> dict[str, Any] | None:
    """Follow the path of a field through a schema; None where it is not described."""
    found: Any = request
    for step in field.path.split("."):
        key, _, element = step.partition("[")
        found = found.get("properties", {}).get(key)
        if found is None:
            return None
        if element == "]" and "oneOf" in found["items"]:
            (found, *_) = found["items"]["oneOf"]
            # What all services have in common; which names there are is told by the alternatives.
            return (
                {"description": field.doc, "const": ""}
                if field.path.endswith("serviceName")
                else found["properties"].get(field.path.rpartition(".")[2])
            )
        if element == "]":
            found = found["items"]
        elif element:
            found = next(each for each in found["items"]["oneOf"] if each["title"] == element.rstrip("]"))
    return dict(found)


def operation_of(operation: str, mode: str) -> Any:  # noqa: ANN401 - schemathesis' own operation
    """Find an operation of the document."""
    path = PATHS.get(operation, PATHS["query"].replace("/query", f"/{operation}")).replace("MODE", mode)
    return SCHEMA[path]["GET" if operation == "query" else "POST"]
