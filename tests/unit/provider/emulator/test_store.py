"""The two stores behave alike, and the SQLite one is shared by threads and processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from takeup.provider.emulator.sessions import Reservation, Session, without_secrets
from takeup.provider.emulator.store import MemoryStore, SqliteStore, Store
from takeup.provider.emulator.world import World

RESERVATION = Reservation("rid", "app", "room", "1", 10.0, scene=1, start_parameter_hash="h")
SESSION = Session(
    "sid", "rid", "app", "room", "1", "mix", {"recordingConfig": {}}, 10.0, 99.0, outputs=({"rtmpUrl": "x"},)
)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Give each kind of store."""
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "emulator.db")
    yield made
    made.close()


def test_values_come_back_as_they_were_put(store: Store) -> None:
    """A reservation and a session are read back equal, whatever kept them."""
    with store.writing() as records:
        records.put_reservation(RESERVATION)
        records.put_session(SESSION)
    with store.reading() as records:
        assert records.reservation("rid") == RESERVATION
        assert records.session("sid") == SESSION
        assert records.reservation("other") is None
        assert records.session("other") is None


def test_the_latest_session_of_a_triple_is_the_one_started_last(store: Store) -> None:
    """Changing an older session does not make it the latest of its triple."""
    with store.writing() as records:
        records.put_session(SESSION)
        records.put_session(replace(SESSION, sid="second"))
        records.put_session(replace(SESSION, stopped_at=20.0))
        latest = records.latest(SESSION.triple)
        assert latest is not None
        assert latest.sid == "second"
        assert [session.sid for session in records.sessions()] == ["sid", "second"]
        assert records.latest(("app", "room", "2")) is None


def test_sqlite_undoes_a_block_that_raises(tmp_path: Path) -> None:
    """A transaction that raises leaves nothing behind and the store usable."""
    store = SqliteStore(tmp_path / "emulator.db")

    def fail() -> None:
        with store.writing() as records:
            records.put_session(SESSION)
            raise RuntimeError("seeded")

    with pytest.raises(RuntimeError, match="seeded"):
        fail()
    with store.writing() as records:
        assert records.sessions() == []
    store.close()


def test_sqlite_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    """What one store wrote, a store opened later on the same file reads."""
    first = SqliteStore(tmp_path / "emulator.db")
    with first.writing() as records:
        records.put_session(SESSION)
    first.close()
    second = SqliteStore(tmp_path / "emulator.db")
    with second.reading() as records:
        assert records.session("sid") == SESSION
    second.close()


def start_body(uid: str) -> dict[str, object]:
    return {"cname": "room", "uid": uid, "clientRequest": {"storageConfig": {}}}


def race(world: World) -> list[int]:
    """Let eight threads start the same triple."""

    def one(_: int) -> int:
        rid = world.acquire("app", {**start_body("7"), "clientRequest": {}})[1]["resourceId"]
        return world.start("app", rid, "mix", start_body("7"))[0]

    with ThreadPoolExecutor(8) as pool:
        return sorted(pool.map(one, range(8)))


def test_one_of_many_racing_starts_wins(store: Store) -> None:
    """Of eight threads that start the same triple, one gets a sid and seven get 400."""
    assert race(World(store)) == [200] + [400] * 7


_RACER = """
import json, sys
from takeup.provider.emulator.store import SqliteStore
from takeup.provider.emulator.world import World
world, codes = World(SqliteStore(sys.argv[1])), []
for uid in range(1, 41):
    body = {"cname": "room", "uid": str(uid), "clientRequest": {}}
    rid = world.acquire("app", body)[1]["resourceId"]
    codes.append(world.start("app", rid, "mix", {**body, "clientRequest": {"storageConfig": {}}})[0])
print(json.dumps(codes))
"""


def test_processes_share_one_sqlite_file(tmp_path: Path) -> None:
    """Of three processes that start the same forty triples, exactly one wins each."""
    command = [sys.executable, "-c", _RACER, str(tmp_path / "emulator.db")]
    racers = [
        subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own interpreter and text
        for _ in range(3)
    ]
    codes = [json.loads(racer.communicate(timeout=60)[0]) for racer in racers]
    assert [sorted(row) for row in zip(*codes, strict=True)] == [[200, 400, 400]] * 40


def test_secrets_are_left_out_and_stream_keys_masked() -> None:
    """No secret key survives at any depth, and an rtmp URL keeps only its host."""
    request = {
        "token": "CANARY",
        "storageConfig": {"accessKey": "CANARY", "secretKey": "CANARY", "stsToken": "CANARY", "bucket": "b"},
        "recordingConfig": {"secret": "CANARY", "salt": "CANARY"},
        "outputs": [{"rtmpUrl": "rtmp://user:CANARY@live.test:1935/app/CANARY"}, {"rtmpUrl": "CANARY"}],
    }
    assert without_secrets(request) == {
        "storageConfig": {"bucket": "b"},
        "recordingConfig": {},
        "outputs": [{"rtmpUrl": "rtmp://live.test:1935/***"}, {"rtmpUrl": "***"}],
    }
