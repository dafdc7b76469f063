"""A request becomes the manifest that makes takeup send the same."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recordings import fresh, full_spec, leaves, put, values

from takeup.core.address import Address, Kind
from takeup.core.schema.table import attributes
from takeup.core.secret import Secret
from takeup.manifest.from_request import Made, manifest_from
from takeup.manifest.loader import check, load
from takeup.manifest.problem import START
from takeup.manifest.project import load_project
from takeup.manifest.reader import Document, read_text
from takeup.provider.agora.requests import acquire_body, start_body

_PICTURE = "recordingConfig.transcodingConfig"
_AUDIO = ("recordingConfig.subscribeAudioUids", "recordingConfig.unSubscribeAudioUids")
_VIDEO = ("recordingConfig.subscribeVideoUids", "recordingConfig.unSubscribeVideoUids")
_PLACES = ("resourceExpiredHour", "region", "regionAffinity", "excludeResourceIds", "startParameter")
VALID: dict[str, Any] = {
    "uid": "10001",
    "storageConfig.vendor": 1,
    "storageConfig.region": 5,
    "storageConfig.extensionParams.sse": "kms",
    "recordingConfig.streamTypes": 2,
    "recordingConfig.streamMode": "standard",
    "recordingConfig.salt": Secret(b64encode(b"canary-of-exactly-thirty-2-bytes").decode()),
    f"{_PICTURE}.backgroundColor": "#00FF00",
    f"{_PICTURE}.backgroundImage": "https://example.org/a%20b.jpg",
    f"{_PICTURE}.defaultUserBackgroundImage": "https://example.org/b.jpg?x=1&y=:#",
    f"{_PICTURE}.backgroundConfig[].image_url": "https://example.org/c.jpg",
    "webRecorder.url": "https://example.org/page?a=b#c",
}
"""What the samples of `tests.recordings` have to be so that they fit together."""
VARIANTS: dict[str, tuple[str, ...]] = {
    "everybody in it, free layout": (
        _AUDIO[1], _VIDEO[1], f"{_PICTURE}.maxResolutionUid", "storageConfig.extensionParams.endpoint", "region",
    ),
    "everybody but some, vertical, another storage": (
        _AUDIO[0], _VIDEO[0], f"{_PICTURE}.layoutConfig", "storageConfig.extensionParams.sse",
        "storageConfig.extensionParams.tag", "storageConfig.stsToken", "storageConfig.stsExpiration",
        "regionAffinity",
    ),
}  # fmt: skip
"""What is left out, since not everything goes together."""


def sample(kind: Kind, variant: str) -> dict[str, Any]:
    """A valid spec in which every attribute is declared that the variant does not leave out."""
    spec, table = full_spec(kind), attributes(kind)
    for path, attribute in table.items():
        if attribute.type == "integer":
            put(spec, path, int(values(attribute)[0]))
        if attribute.sensitive and attribute.attr.wire == "":
            put(spec, path, Secret(f"canary-{path}"))
    vertical = "vertical" in variant
    fitting = VALID | ({"storageConfig.vendor": 11, "storageConfig.region": 0} if vertical else {})
    fitting |= {f"{_PICTURE}.mixedVideoLayout": 2 if vertical else 3, "startParameter": True}
    fitting["recordingFileConfig.avFileType"] = ["hls"] if kind is Kind.INDIVIDUAL else ["hls", "mp4"]
    fitting |= dict.fromkeys((*VARIANTS[variant], "storageConfig.profile", "recordingConfig.profile"))
    for path in fitting.keys() & table.keys():
        put(spec, path, fitting[path])
    return spec


def bodies(kind: Kind, spec: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The bodies of start and of acquire, as they are sent for a spec."""
    known = (str(spec["cname"]), str(spec["uid"]), kind.mode, spec)
    return start_body(*known), acquire_body(*known)


def made_from(body: object, address: Address, **names: str) -> Made:
    return manifest_from(address, json.dumps(body).encode(), name="start.json", **names)


def secret_at(spec: Any, path: tuple[str | int, ...]) -> str:  # noqa: ANN401 - any value of a spec
    for step in path:
        spec = spec[step]
    assert isinstance(spec, Secret)
    return spec.reveal()


def loaded(folder: Path, made: Made, spec: dict[str, Any], address: Address) -> Any:  # noqa: ANN401 - a spec
    """What a project reads from the manifest, with the variables set that it asks for."""
    (folder / "manifests").mkdir(exist_ok=True)
    head = "apiVersion: takeup/v1\nkind: Project\nmetadata: {name: p}\nspec: {agora: {endpoint: emulator}}\n"
    (folder / "takeup.yaml").write_text(head, "utf-8")
    (folder / "manifests/one.yaml").write_text(made.text, "utf-8")
    project, problems = load_project(folder, {})
    assert project is not None, problems
    found = load(project, {item.name: secret_at(spec, item.path) for item in made.variables})
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    return found.resources[address].spec


KINDS = [pytest.param(kind, id=kind.value) for kind in Kind]


@pytest.mark.parametrize("variant", list(VARIANTS))
@pytest.mark.parametrize("kind", KINDS)
def test_every_attribute_comes_back(tmp_path: Path, kind: Kind, variant: str) -> None:
    """Spec -> request -> manifest -> spec, from the body of start and from that of acquire."""
    address = Address(kind, "all-hands")
    spec = sample(kind, variant)
    started, acquired = bodies(kind, spec)
    made = made_from(acquired, address)
    assert made.problems == []
    assert loaded(tmp_path, made, spec, address) == spec
    made = made_from(started, address)
    assert made.problems == []
    only_start = {key: value for key, value in spec.items() if key not in _PLACES}
    assert loaded(tmp_path, made, spec, address) == only_start


@pytest.mark.parametrize("kind", KINDS)
def test_the_variants_leave_nothing_out(kind: Kind) -> None:
    """Together they declare every attribute that a request can hold."""

    def paths(value: Any, path: str = "") -> set[str]:  # noqa: ANN401 - any value of a spec
        if isinstance(value, dict):
            return {found for key, item in value.items() for found in paths(item, f"{path}.{key}" if path else key)}
        if isinstance(value, list) and isinstance(value[0], dict):
            return paths(value[0], f"{path}[]")
        return {path}

    declared = set().union(*(paths(sample(kind, variant)) for variant in VARIANTS))
    assert {attribute.path for attribute in leaves(kind)} - declared <= {
        "storageConfig.profile",
        "recordingConfig.profile",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_comes_out(kind: Kind) -> None:
    """Each secret is a variable; its value is neither in the manifest nor in the repr of the result."""
    made = made_from(bodies(kind, sample(kind, next(iter(VARIANTS))))[1], Address(kind, "all-hands"))
    assert made.text
    assert "canary" not in made.text + repr(made)
    assert "rtmp://" not in made.text + repr(made)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(list(Kind)),
    variant=st.sampled_from(list(VARIANTS)),
    dropped=st.sets(st.integers(0, 80), max_size=12),
    changed=st.sets(st.integers(0, 80), max_size=6),
)
def test_a_request_is_taken_where_its_spec_is_valid(
    kind: Kind, variant: str, dropped: set[int], changed: set[int]
) -> None:
    """Whatever is left out or otherwise: what validates comes back the same, and nothing else is taken."""
    spec, table = sample(kind, variant), leaves(kind)
    for number, attribute in enumerate(table):
        if number in dropped and attribute.path not in {"cname", "uid"} and "[]" not in attribute.path:
            put(spec, attribute.path, None)
        elif number in changed and not attribute.sensitive and attribute.path in VALID:
            put(spec, attribute.path, values(attribute)[1])
    started = bodies(kind, spec)[0]
    only_start = {key: value for key, value in spec.items() if key not in _PLACES}
    address = Address(kind, "all-hands")
    header = {"apiVersion": "takeup/v1", "kind": kind.value, "metadata": {"name": address.name}}
    direct = check(Document("direct", 1, 1, {**header, "spec": fresh(only_start)}, START, ())).resources
    made = made_from(started, address)
    assert bool(made.text) == (address in direct)
    if made.text:
        (document,), problems = read_text(made.text.encode(), name="made")
        assert problems == []
        again = bodies(kind, _filled(check(document).resources[address].spec, direct[address].spec))[0]
        assert again == bodies(kind, dict(direct[address].spec))[0]


def _filled(value: Any, source: Any) -> Any:  # noqa: ANN401 - any value of a spec
    """The spec with the secrets of another one."""
    if isinstance(value, dict):
        return {key: _filled(item, source[key]) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, other) for item, other in zip(value, source, strict=True)]
    return source if isinstance(value, Secret) else value


HALL = Address(Kind.COMPOSITE, "all-hands")
STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "canary-a", "secretKey": "canary-s"}
REQUEST: dict[str, Any] = {"token": "canary-t", "recordingConfig": {"channelType": 1}, "storageConfig": STORAGE}
BODY: dict[str, Any] = {"cname": "all-hands", "uid": "10001", "clientRequest": REQUEST}
WEB: dict[str, Any] = {
    "storageConfig": STORAGE,
    "extensionServiceConfig": {
        "errorHandlePolicy": "error_abort",
        "extensionServices": [
            {
                "serviceName": "web_recorder_service",
                "errorHandlePolicy": "error_abort",
                "serviceParam": {
                    "url": "https://example.org",
                    "audioProfile": 1,
                    "videoWidth": 1280,
                    "videoHeight": 720,
                    "maxRecordingHour": 2,
                },
            }
        ],
    },
}
SHOWN = """\
apiVersion: takeup/v1
kind: CompositeRecording
metadata: {name: all-hands}
spec:
  cname: all-hands
  uid: "10001"
  token: {fromEnv: ALL_HANDS_TOKEN}
  recordingConfig: {channelType: live}
  storageConfig:
    vendor: s3
    region: us-east-1
    bucket: b
    accessKey: {fromEnv: S3_ACCESS_KEY}
    secretKey: {fromEnv: S3_SECRET_KEY}
"""


def test_it_is_written_as_a_person_would() -> None:
    """Names for numbers, a quoted uid, references for secrets."""
    made = made_from(BODY, HALL)
    assert made.text == SHOWN
    assert [(item.name, item.attribute) for item in made.variables] == [
        ("ALL_HANDS_TOKEN", "token"),
        ("S3_ACCESS_KEY", "storageConfig.accessKey"),
        ("S3_SECRET_KEY", "storageConfig.secretKey"),
    ]


def test_a_bare_request_is_completed_by_flags() -> None:
    """A clientRequest alone says neither channel nor uid; both are told to be missing."""
    assert made_from(REQUEST, HALL, cname="all-hands", uid="10001").text == SHOWN
    assert [problem.suggestion for problem in made_from(REQUEST, HALL).problems] == [
        "Name it: --cname", "Name it: --uid",
    ]  # fmt: skip


def test_a_variable_has_a_name_that_a_shell_takes() -> None:
    """A name that begins with a digit gets a word before it; a vendor of two words becomes two."""
    storage = {**STORAGE, "vendor": 11, "extensionParams": {"endpoint": "s3.example.org"}}
    body = {**BODY, "clientRequest": {**REQUEST, "storageConfig": storage}}
    made = made_from(body, Address(Kind.COMPOSITE, "7b"))
    assert [item.name for item in made.variables] == [
        "TAKEUP_7B_TOKEN", "S3_COMPATIBLE_ACCESS_KEY", "S3_COMPATIBLE_SECRET_KEY",
    ]  # fmt: skip


def test_an_empty_token_is_left_out() -> None:
    """Agora takes it for none, and an empty variable would be an error."""
    made = made_from({**BODY, "clientRequest": {**REQUEST, "token": ""}}, HALL)
    assert "token" not in made.text
    assert "token is empty in the request: it was left out." in made.notes


def test_a_reference_in_a_request_is_kept() -> None:
    """Whoever keeps requests without secrets names the variables there."""
    made = made_from({**BODY, "clientRequest": {**REQUEST, "token": {"fromEnv": "MINE"}}}, HALL)
    assert "token: {fromEnv: MINE}" in made.text


def test_what_acquire_alone_knows_is_told() -> None:
    """A start request says nothing of resourceExpiredHour."""
    assert any("resourceExpiredHour" in note for note in made_from(BODY, HALL).notes)


def test_screenshots_alone_are_told() -> None:
    """An individual request without recordingFileConfig takes screenshots, and is taken with a note."""
    config = {"channelType": 1, "subscribeUidGroup": 2}
    snapshot = {"captureInterval": 10, "fileType": ["jpg"]}
    body = {**BODY, "clientRequest": {**REQUEST, "recordingConfig": config, "snapshotConfig": snapshot}}
    assert any("ScreenshotCapture" in note for note in made_from(body, Address(Kind.INDIVIDUAL, "a")).notes)
    assert not any("ScreenshotCapture" in note for note in made_from(body, Address(Kind.SCREENSHOT, "a")).notes)


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in BODY.items() if name != key}


def _asked(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any value of a request
    return {**BODY, "clientRequest": {**REQUEST, **changes}}


def _web(*services: object, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any value of a request
    config = {**WEB["extensionServiceConfig"], **changes}
    config["extensionServices"] = [*config["extensionServices"], *services]
    return {**BODY, "clientRequest": {**WEB, "extensionServiceConfig": config}}


_RTMP = {"serviceName": "rtmp_publish_service", "serviceParam": {"outputs": [{"rtmpUrl": "http://canary"}]}}


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        pytest.param([], Kind.COMPOSITE, "A request is a mapping", id="a list"),
        pytest.param({}, Kind.COMPOSITE, "nothing of what is recorded", id="an empty request"),
        pytest.param(_asked(tokn="canary"), Kind.COMPOSITE, "Did you mean 'token'?", id="a misspelt key"),
        pytest.param({**BODY, "mode": "mix"}, Kind.COMPOSITE, "There is no mode", id="a key beside clientRequest"),
        pytest.param(_asked(transcodingConfig={}), Kind.COMPOSITE, "belongs into recordingConfig", id="misplaced"),
        pytest.param(_asked(resourceExpiredHour=2), Kind.COMPOSITE, "belongs to acquire", id="a key of acquire"),
        pytest.param(
            _asked(recordingConfig={"channelType": 1, "unsubscribeAudioUids": ["1"]}),
            Kind.COMPOSITE, "Did you mean 'unSubscribeAudioUids'?", id="the misspelling of the English reference",
        ),
        pytest.param(_asked(storageConfig={**STORAGE, "profile": "x"}), Kind.COMPOSITE, "profile", id="a profile"),
        pytest.param(_asked(storageConfig={**STORAGE, "vendor": 99}), Kind.COMPOSITE, "cannot be 99", id="range"),
        pytest.param(_asked(token=17), Kind.COMPOSITE, "must be a text", id="a secret that is no text"),
        pytest.param(_asked(token=["canary"]), Kind.COMPOSITE, "must be a text", id="a list of secrets"),
        pytest.param({**BODY, "uid": 10001}, Kind.COMPOSITE, "a uid is a text", id="a number as uid"),
        pytest.param(_without("cname"), Kind.COMPOSITE, "--cname", id="no cname"),
        pytest.param(BODY, Kind.INDIVIDUAL, "the request of CompositeRecording", id="mix as individual"),
        pytest.param(_web(), Kind.COMPOSITE, "the request of WebPageRecording", id="web as mix"),
        pytest.param(
            _asked(recordingConfig={"channelType": 1, "subscribeUidGroup": 1}),
            Kind.COMPOSITE, "the request of IndividualRecording", id="individual as mix",
        ),
        pytest.param(
            _asked(snapshotConfig={"fileType": ["jpg"]}),
            Kind.COMPOSITE, "ScreenshotCapture or IndividualRecording", id="screenshots as mix",
        ),
        pytest.param(_web(_RTMP), Kind.WEB_PAGE, "is not an RTMP address", id="no RTMP address"),
        pytest.param(_web(_RTMP, _RTMP), Kind.WEB_PAGE, "two services", id="a service twice"),
        pytest.param(_web({"serviceName": "aliyun_vod_service"}), Kind.WEB_PAGE, "retired", id="a retired service"),
        pytest.param(_web("x"), Kind.WEB_PAGE, "serviceName", id="a service that is a text"),
        pytest.param(_web(errorHandlePolicy="error_ignore"), Kind.WEB_PAGE, "only be error_abort", id="policy"),
        pytest.param(_web(extra=1), Kind.WEB_PAGE, "There is no extra", id="a key beside the services"),
        pytest.param(_asked(extensionServiceConfig=[]), Kind.WEB_PAGE, "must be a mapping", id="no services"),
        pytest.param(
            {**BODY, "clientRequest": {"scene": 2, "startParameter": REQUEST}}, Kind.COMPOSITE, "retired", id="scene 2"
        ),
        pytest.param(
            {**BODY, "clientRequest": {"startParameter": 1}}, Kind.COMPOSITE, "must be a mapping", id="startParameter"
        ),
        pytest.param({**BODY, "clientRequest": 1}, Kind.COMPOSITE, "must be a mapping", id="clientRequest"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_told(body: object, kind: Kind, words: str) -> None:
    """Each mistake is told with what would be right, at a line of the request, without a value of a secret."""
    made = made_from(body, Address(kind, "all-hands"))
    assert made.text == ""
    told = " ".join(f"{problem.message} {problem.suggestion}" for problem in made.problems)
    assert words in told
    assert "canary" not in told
    assert {problem.file for problem in made.problems} == {"start.json"}


def test_all_problems_are_told_with_their_places() -> None:
    """A misspelt key does not hide a value out of range, and both stand at their lines."""
    text = '{"cname": "a", "uid": "1", "clientRequest": {\n"tokn": "x",\n"recordingConfig": {\n"channelType": 9},\n'
    text += f'"storageConfig": {json.dumps(STORAGE)}}}}}'
    problems = manifest_from(HALL, text.encode(), name="start.json").problems
    assert [(problem.line, problem.column) for problem in problems] == [(2, 1), (4, 16)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"a": ', id="cut off"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(b'{"cname": "a", "cname": "b"}', id="a key twice"),
    ],
)
def test_what_is_no_request_is_told(data: bytes) -> None:
    """Broken input is a problem with a place, never a crash."""
    made = manifest_from(HALL, data, name="start.json")
    assert made.problems
    assert made.text == ""
