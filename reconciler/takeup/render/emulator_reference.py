"""The generated pages about the emulator: its switches and settings, and scenario files. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic_core import PydanticUndefined

from takeup.core.schema.table import Attribute, attributes_of
from takeup.provider.emulator.faults import ANSWERS, ON_SESSION, OPERATIONS, Fault
from takeup.provider.emulator.hook import WebhookSettings
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.switches import Switches
from takeup.render.reference import GENERATED
from takeup.render.sources import SOURCES

SWITCHES = "emulator-switches.md"
SCENARIOS = "scenarios.md"

_MARK = "(C) marks what Agora's sources contradict each other in, (U) what none of them confirms."
_SWITCHES_HEAD = f"""\
# Switches and settings of the emulator

{GENERATED}

[What the emulator assumes](../explanation/emulator-choices.md) says why there are switches at all. Both tables may be
set in a [scenario file](scenarios.md), by the [remote control](emulator-admin.md) while the emulator runs, and in
Python, `Settings(quota=50, switches=Switches(tripleFree="afterExit"))`. The default of a switch stands first.

## Switches

Below `settings.switches`. {_MARK} The column **Source** names the documents; [Sources](#sources) lists them.
"""
_SETTINGS_HEAD = """\
## Settings

Below `settings`. A duration is a number and a unit: `500ms`, `5s`, `2m`, `8h`; in Python and in the JSON of the
remote control a plain number is seconds.
"""
_SCENARIO_HEAD = f"""\
# Scenario files

{GENERATED}

A scenario says how the emulated world behaves, what goes wrong in it and when. `takeup emulator --scenario FILE` serves
one, `takeup test --scenario FILE` lets your manifests live through one, and `PUT /_emulator/scenario` takes its `spec`
as JSON while the emulator runs.

```yaml
apiVersion: takeup/v1
kind: Scenario
metadata: {{name: bad-night, description: One lost answer and a dying worker.}}
spec:
  seed: 7
  settings:
    quota: 50
    idleChannels: ["empty-*"]
    appCertificate: {{fromEnv: APP_CERTIFICATE}}
    switches: {{tripleFree: afterExit}}
  faults:
    - {{do: lostResponse, operation: start, channel: "room-*", nth: 1}}
    - {{do: failover, channel: hall, after: 10m, lasting: 45s}}
    - {{do: workerDeath, at: 30m}}
  webhooks: {{url: "http://127.0.0.1:9000/hook", secret: {{fromEnv: HOOK_SECRET}}}}
```

Unknown keys are errors. Durations need a unit: `500ms`, `5s`, `2m`, `8h`. A single value may be a reference,
`{{fromEnv: NAME}}` or `{{fromFile: PATH}}` (the path is relative to the folder of the file); a secret should be one.
More files stand in [docs/examples/scenarios](../examples/scenarios).
"""
_FAULTS_HEAD = """\
## Faults

`spec.faults` is a list of rules. Rules are looked at in order, and the first one that strikes a call is carried out.
A rule counts the calls that match its `operation`, `channel` and `uid`; `nth`, `every`, `times` and `probability`
decide which of them it strikes. One `operation` and one `nth` may be written without brackets.
"""
_WEBHOOKS_HEAD = """\
## Webhooks

Below `spec.webhooks`: notices are POSTed as Agora's notification service does it, signed if there is a secret.
"""
_DO = {
    "answer": "the answer that `answer` names; with `effect: true` the call has its effect all the same",
    "lostRequest": "the call never has an effect, and the connection closes without an answer",
    "lostResponse": "the call has its effect, and the connection closes without an answer",
    "timeout": "nothing is answered for `lasting`, then the connection closes; `effect` says whether it had one",
    "slow": "the answer comes after `lasting`",
    "resetMidBody": "half of the answer, then the connection is reset",
    "malformed": "the JSON of the answer is cut short",
    "oversized": "an answer of `size` bytes",
    "gzipBomb": "a small answer that unpacks to `size` bytes",
    "emptyBody": "the status without a body",
    "failover": "the worker falls out: 404 for `lasting` (at most 90 s), then the session goes on with a new uid",
    "kick": "somebody joins with the recorder's uid: the session ends in good order",
    "workerDeath": "the session is gone at once",
    "storageRejected": "the cloud storage refuses the files: the session is gone",
    "tokenRejected": "the channel refuses the token: the session is gone",
    "pageFailed": "the web page cannot be loaded",
    "leave": "everybody leaves the channel: its recorders go after `maxIdleTime`",
    "join": "somebody publishes in the channel",
}
"""What every kind of fault does; a test holds it against the models."""
_TYPES = {
    "boolean": "true or false",
    "integer": "whole number",
    "list of integer": "list of whole numbers",
    "list of object": "list of mappings",
    "list of string": "list of texts",
    "object": "mapping",
    "string": "text",
}


def emulator_pages() -> dict[str, str]:
    """The pages by file name in docs/reference."""
    return {SWITCHES: _switches_page(), SCENARIOS: _scenario_page()}


def source_keys() -> list[str]:
    """Every source that a switch names."""
    given = (row.attr.source for row in attributes_of(Switches).values())
    return sorted({key.strip() for text in given for key in text.split(",") if key.strip()})


def _switches_page() -> str:
    own = {path: row for path, row in attributes_of(Settings).items() if not path.startswith("switches")}
    parts = [
        _SWITCHES_HEAD,
        "| Switch | Values | Source | What it decides |",
        "| --- | --- | --- | --- |",
        *(_row(f"`{path}`", _values(row), row.attr.source, row.attr.doc) for path, row in _switches().items()),
        "",
        _SETTINGS_HEAD,
        *_table(own),
        "",
        "## Sources",
        "",
        "| Key | What it is |",
        "| --- | --- |",
        *(_row(key, SOURCES.get(key, "")) for key in source_keys()),
    ]
    return "\n".join(parts) + "\n"


def _switches() -> Mapping[str, Attribute]:
    return attributes_of(Switches)


def _values(row: Attribute) -> str:
    values = row.allowed or (True, False)
    rest = [value for value in values if value != row.default]
    return ", ".join(f"`{_plain(value)}`" for value in [row.default, *rest])


def _scenario_page() -> str:
    top = {path: row for path, row in attributes_of(Scenario).items() if not set(".[") & set(path)}
    parts = [_SCENARIO_HEAD, "## Spec", "", *_table(top), ""]
    parts += [f"`settings` are those of [Switches and settings]({SWITCHES}#settings).", ""]
    hooks = attributes_of(WebhookSettings)
    parts += [_WEBHOOKS_HEAD, *_table(hooks), ""]
    parts += [_FAULTS_HEAD, *_table(attributes_of(Fault)), "", *_kinds(), "", "### Answers", ""]
    parts += [
        f"`answer` is one of these. Without a code it is the gateway's. Operations are {_listed(OPERATIONS)}.",
        "",
        "| answer | HTTP | code | text |",
        "| --- | --- | --- | --- |",
        *(_row(f"`{name}`", str(status), _plain(code), text) for name, (status, code, text) in ANSWERS.items()),
    ]
    return "\n".join(parts) + "\n"


def _kinds() -> Iterator[str]:
    yield from ("### What can go wrong", "", "| do | Strikes | What happens |", "| --- | --- | --- |")
    for name, words in _DO.items():
        yield _row(f"`{name}`", "sessions" if name in ON_SESSION else "calls", words)


def _table(rows: Mapping[str, Attribute]) -> Iterator[str]:
    yield from ("| Path | Type | Default | What it is |", "| --- | --- | --- | --- |")
    for path, row in rows.items():
        yield _row(f"`{path}`", _type(row), _default(row), row.attr.doc)


def _type(row: Attribute) -> str:
    if row.type == "number" and row.attr.unit == "s":
        return "duration"
    name = _TYPES.get(row.type, row.type)
    if row.low is not None and row.high is not None:
        return f"{name}, {row.low:g} to {row.high:g}"
    if row.low is not None:
        return f"{name}, at least {row.low:g}"
    return name if row.high is None else f"{name}, at most {row.high:g}"


def _default(row: Attribute) -> str:
    if row.required:
        return "required"
    if row.default is None or row.default is PydanticUndefined or row.is_object:
        return ""
    if _type(row) == "duration":
        return f"`{_duration(row.default)}`"
    return f"`{_plain(row.default)}`"


def _duration(seconds: float) -> str:
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _plain(value: Any) -> str:  # noqa: ANN401 - a default or an allowed value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
