"""Buckets as stores: each store at its server keeps the promises of `Store`, and no error or repr tells a secret."""

import base64
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.object_servers import ACCOUNT_KEY, SECRETS, Server, careless, fresh_name, losing_answers
from tests.unit.backends.places import STORES, azure_store, gcs_shared, gcs_store, s3_shared, s3_store
from tests.unit.backends.samples import lock

from takeup.backends import clouds
from takeup.backends.bucket import BucketStore
from takeup.backends.objects import ObjectBackend
from takeup.backends.store import put_surely
from takeup.core.secret import Secret
from takeup.errors import StateConflictError, StateError, StateLockedError, StateUnclearError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Make = Callable[..., BucketStore]
CANARIES = (*SECRETS.values(), ACCOUNT_KEY, "canary-other", base64.b64encode(b"canary-other").decode())
TOLD = [
    pytest.param(s3_store, s3_shared, id="s3, at moto"),
    pytest.param(gcs_store, gcs_shared, id="gcs, at a server of our own"),
]


@pytest.fixture(autouse=True)
def _well_behaved() -> Iterator[None]:
    """Whatever a test does to the shared servers ends with it."""
    yield
    s3_shared().between = gcs_shared().between = None


def everything(error: BaseException) -> str:
    """All that anybody could print of an error."""
    told = [error, *([error.__cause__] if error.__cause__ else [])]
    return " ".join(f"{one} {one!r} {getattr(one, 'hint', '')}" for one in told)


@pytest.mark.parametrize("make", STORES)
def test_the_promises_of_a_store(make: Make) -> None:
    """What is put is got, listed and removed; a wrong condition is refused; absence is an answer."""
    name = fresh_name()
    store = make(name)
    assert store.get(f"{name}/a b+c%20ä") is None
    tag = store.put(f"{name}/a b+c%20ä", b"one", after=None)
    found = store.get(f"{name}/a b+c%20ä")
    assert found is not None
    assert (found.data, found.tag) == (b"one", tag)
    for wrong in (None, '"wrong"', "wrong"):
        with pytest.raises(StateConflictError):
            store.put(f"{name}/a b+c%20ä", b"two", after=wrong)
    with pytest.raises(StateConflictError):
        store.put(f"{name}/none", b"two", after=tag)
    newer = store.put(f"{name}/a b+c%20ä", b"two", after=tag)
    with pytest.raises(StateConflictError):
        store.put(f"{name}/a b+c%20ä", b"three", after=tag)
    store.put(f"{name}/sub/deep", b"", after=None)
    store.put(f"{name}x", b"", after=None)
    assert store.list(f"{name}/") == (f"{name}/a b+c%20ä", f"{name}/sub/deep")
    assert store.list(f"{name}/a") == (f"{name}/a b+c%20ä",)
    assert store.list(f"{name}/none/") == ()
    found = store.get(f"{name}/a b+c%20ä")
    assert found is not None
    assert (found.data, found.tag) == (b"two", newer)
    store.delete(f"{name}/a b+c%20ä")
    store.delete(f"{name}/a b+c%20ä")
    assert store.get(f"{name}/a b+c%20ä") is None


@pytest.mark.parametrize("make", STORES)
def test_the_clock_of_a_store(make: Make) -> None:
    """The store's clock goes on, and can be asked before anything is stored."""
    store = make(fresh_name())
    assert store.now() <= store.now()


@pytest.mark.parametrize("make", STORES)
def test_more_keys_than_a_page_holds(make: Make) -> None:
    """All keys are listed, in order."""
    name = fresh_name()
    store = make(name)
    keys = tuple(f"{name}/{number:04d}" for number in range(60))
    for key in reversed(keys):
        store.put(key, b"", after=None)
    assert store.list(f"{name}/") == keys


@pytest.mark.parametrize("make", STORES)
def test_a_bucket_that_is_not_there(make: Make) -> None:
    """Every request to a bucket that does not exist says so."""
    store = make("key", name="nobody-has-made-it")
    asked: list[Callable[[], object]] = [
        lambda: store.get("key"),
        lambda: store.list("key/"),
        lambda: store.put("key", b"", after=None),
        lambda: store.put("key", b"", after='"tag"'),
        store.now,
    ]
    for ask in asked:
        with pytest.raises(StateError, match=r"there is no (bucket|container) nobody-has-made-it|HTTP 404") as caught:
            ask()
        assert not isinstance(caught.value, StateConflictError | StateUnclearError)


@pytest.mark.parametrize("make", STORES)
def test_a_server_that_is_not_there(make: Make) -> None:
    """Where nobody answers, a write was surely not done."""
    store = make("key", endpoint="http://127.0.0.1:9/acme", timeout=2.0)
    with pytest.raises(StateError, match="no connection could be made") as caught:
        store.put("key", b"", after=None)
    assert not isinstance(caught.value, StateUnclearError)
    with pytest.raises(StateError, match="no connection could be made"):
        store.get("key")


@pytest.mark.parametrize(
    ("make", "keys"),
    [
        pytest.param(azure_store, {"accessKey": base64.b64encode(b"canary-other").decode()}, id="azure, another key"),
        pytest.param(azure_store, {"sasToken": "sv=2021-10-04&ss=b&srt=o&sp=r&sig=canary-other"}, id="azure, a token"),
        pytest.param(gcs_store, {"token": "canary-other"}, id="gcs, another token"),
    ],
)
def test_credentials_that_are_refused(make: Make, keys: dict[str, str]) -> None:
    """Refused credentials are told as that, with where they come from, and are not shown."""
    store = make("key", keys={name: Secret(value) for name, value in keys.items()})
    for ask in (lambda: store.get("key"), lambda: store.put("key", b"", after=None)):
        with pytest.raises(StateError, match="these credentials are refused") as caught:
            ask()
        assert "in spec.state" in caught.value.hint
        assert not [canary for canary in CANARIES if canary in everything(caught.value)]


@pytest.mark.parametrize(
    ("make", "keys"),
    [
        pytest.param(azure_store, {"accessKey": "canary-other!"}, id="azure, a key that is no base64"),
        pytest.param(gcs_store, {"credentials": '{"private_key": "canary-other"}'}, id="gcs, a key that is none"),
    ],
)
def test_credentials_that_are_none(make: Make, keys: dict[str, str]) -> None:
    """What is no credential at all is refused without being shown."""
    with pytest.raises(StateError, match="cannot be asked with these settings") as caught:
        make("key", keys={name: Secret(value) for name, value in keys.items()})
    assert not [canary for canary in CANARIES if canary in everything(caught.value)]


def test_no_credentials_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither takeup.yaml nor the environment nor the machine has credentials, that is said."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    store = s3_store("key", keys={}, timeout=2.0)
    for ask in (lambda: store.get("key"), lambda: store.put("key", b"", after=None)):
        with pytest.raises(StateError, match="no credentials were found") as caught:
            ask()
        assert not isinstance(caught.value, StateUnclearError)
        assert "AWS_ACCESS_KEY_ID" in caught.value.hint


@pytest.mark.parametrize("make", STORES)
def test_no_repr_tells_a_secret(make: Make) -> None:
    """Neither a store nor what it is made of shows a secret."""
    store = make("key")
    parts: list[object] = [store, store._reader, store._writer, store._words, ObjectBackend(store, "key")]
    parts.append(clouds.Place("campus", "key", keys={"token": Secret(SECRETS["token"])}, environment=SECRETS))
    assert not [
        canary for canary in CANARIES for part in parts if canary in f"{part!r} {vars(part) if part is store else ''}"
    ]


def answering(status: str, body: bytes, after: bool) -> Any:  # noqa: ANN401, FBT001 -- a WSGI function
    def between(environ: "WSGIEnvironment", start: "StartResponse", app: "WSGIApplication") -> Iterable[bytes]:
        if after:
            list(app(environ, lambda *_: None))  # type: ignore[arg-type]  # the answer that nobody gets
        start(status, [("Content-Length", str(len(body)))])
        return [body]

    return between


@pytest.mark.parametrize(("make", "server"), TOLD)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param("500 Internal Server Error", StateUnclearError, id="500"),
        pytest.param("503 Slow Down", StateUnclearError, id="503"),
        pytest.param("504 Gateway Timeout", StateUnclearError, id="504"),
        pytest.param("409 Conflict", StateConflictError, id="409: another write at this moment"),
        pytest.param("412 Precondition Failed", StateConflictError, id="412"),
        pytest.param("400 Bad Request", StateError, id="400"),
        pytest.param("403 Forbidden", StateError, id="403"),
    ],
)
def test_what_became_of_a_write(make: Make, server: Callable[[], Server], status: str, kind: type[StateError]) -> None:
    """Each answer to a write is told as done by nobody, done by somebody else, or unclear; its text is not shown."""
    store = make("key")
    body = b"<Error><Code>Odd</Code><Message>" + SECRETS["secretKey"].encode() + b"</Message></Error>"
    server().between = answering(status, body, after=False)
    server().seen.clear()
    with pytest.raises(StateError) as caught:
        store.put("key", b"", after=None)
    assert type(caught.value) is kind
    assert SECRETS["secretKey"] not in everything(caught.value)
    assert len(server().seen) == 1, "a write is never repeated below put_surely"


@pytest.mark.parametrize(("make", "server"), TOLD)
@pytest.mark.parametrize("done", [pytest.param(True, id="it was done"), pytest.param(False, id="it was not done")])
def test_a_connection_that_breaks(make: Make, server: Callable[[], Server], done: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """A write whose connection breaks is unclear, and put_surely finds out what became of it."""
    key = fresh_name()
    store = make(key)
    server().between = losing_answers(3, done=done)
    with pytest.raises(StateUnclearError, match="may or may not have been written"):
        store.put(key, b"one", after=None)
    other = f"{key}-surely"
    tag = put_surely(store, other, b"one", after=None)
    found = store.get(other)
    assert found is not None
    assert (found.data, found.tag) == (b"one", tag)


def test_an_answer_that_does_not_come_in_time() -> None:
    """A write without an answer within the timeout is unclear."""
    import time  # noqa: PLC0415 - only here

    def late(environ: "WSGIEnvironment", start: "StartResponse", app: "WSGIApplication") -> Iterable[bytes]:
        time.sleep(1)
        return app(environ, start)

    s3_shared().between = late
    with pytest.raises(StateUnclearError, match="no answer came in time"):
        s3_store("key", timeout=0.2).put(fresh_name(), b"", after=None)


@pytest.mark.parametrize(("make", "server"), TOLD)
def test_a_server_that_ignores_conditions(make: Make, server: Callable[[], Server]) -> None:
    """A real server behind something that strips conditions from requests is refused before any lock."""
    key = fresh_name()
    server().between = careless
    with pytest.raises(StateError, match="ignores conditions"), ObjectBackend(make(key), key).lock(lock("alice")):
        pytest.fail("it was used")
    assert make(key).get(f"{key}.lock") is None


def test_plain_http_from_the_environment() -> None:
    """An endpoint in the environment is held to what one in takeup.yaml is: plain http is for loopback."""
    place = clouds.Place("campus", "key", environment={"AWS_ENDPOINT_URL": "http://192.0.2.7:9000"})
    with pytest.raises(StateError, match="plain http"):
        clouds.s3(place)


def test_without_obstore(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the error says what to install."""
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    for make in (clouds.s3, clouds.azure, clouds.gcs):
        with pytest.raises(StateError, match="needs obstore") as caught:
            make(clouds.Place("campus", "key"))
        assert caught.value.hint == "pip install 'takeup[objects]'"


def test_a_profile_without_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile needs boto3, and the error names the way without it."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(StateError, match="AWS_PROFILE is set") as caught:
        clouds.s3(clouds.Place("campus", "key", environment={"AWS_PROFILE": "team"}))
    assert "export-credentials" in caught.value.hint


# The lock that Terraform reads.

THEIRS = {
    "ID": "12345678-aaaa", "Operation": "OperationTypeApply", "Info": "", "Who": "bob@laptop", "Version": "1.15.5",
    "Created": "2026-03-01T12:00:00.123456789Z", "Path": "campus/key",
}  # fmt: skip


@pytest.mark.parametrize("make", STORES)
def test_our_lock_as_terraform_reads_it(make: Make) -> None:
    """While a run is in, the lock object has every attribute of Terraform's; afterwards it is gone."""
    key = fresh_name()
    store = make(key)
    with ObjectBackend(store, key).lock(lock("alice")):
        found = store.get(f"{key}.tflock")
        assert found is not None
        record = json.loads(found.data)
        assert set(THEIRS) <= set(record)
        assert (record["ID"], record["Operation"]) == ("alice-1", "takeup apply")
        assert record["Who"].startswith("alice@")
    assert store.get(f"{key}.tflock") is None


@pytest.mark.parametrize("make", STORES)
def test_a_lock_of_terraform_keeps_us_out(make: Make) -> None:
    """Terraform's lock object is a lock that names its holder, is left alone, and goes only by its ID."""
    key = fresh_name()
    store = make(key)
    theirs = json.dumps(THEIRS).encode()
    store.put(f"{key}.tflock", theirs, after=None)
    backend = ObjectBackend(store, key)
    with pytest.raises(StateLockedError, match=r"locked by bob \(OperationTypeApply"), backend.lock(lock("alice")):
        pytest.fail("Terraform is in")
    found = store.get(f"{key}.tflock")
    assert found is not None
    assert found.data == theirs
    with pytest.raises(StateError, match="not locked by alice-1 but by bob"):
        backend.unlock("alice-1")
    removed = backend.unlock("12345678-aaaa")
    assert removed is not None
    assert removed.holder == "bob"
    with backend.lock(lock("alice")):
        pass


def test_a_lock_object_that_is_no_record() -> None:
    """What cannot be read keeps us out as well, and the refusal says what to remove."""
    key = fresh_name()
    store = s3_store(key)
    store.put(f"{key}.tflock", b"\x00", after=None)
    backend = ObjectBackend(store, key)
    refused = pytest.raises(StateLockedError, match=f"locked by the object {key}.tflock")
    with refused as caught, backend.lock(lock("alice")):
        pytest.fail("somebody is in")
    assert f"remove {key}.tflock" in caught.value.hint
