"""The two stores behave alike, and the SQLite one is shared by threads and processes."""

import json
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from takeup.errors import StateError
from takeup.provider.emulator.records import PRUNE_EVERY
from takeup.provider.emulator.sessions import Cause, Exit, Failover, Reservation, Session, without_secrets
from takeup.provider.emulator.store import MemoryStore, SqliteStore, Store
from takeup.provider.emulator.world import World

RESERVATION = Reservation("rid", "app", "room", "1", 10.0, scene=1, start_parameter_hash="h")
SESSION = Session(
    "sid",
    "rid",
    "app",
    "room",
    "1",
    "mix",
    {"recordingConfig": {}},
    10.0,
    99.0,
    exits=(Exit(50.0, Cause.MAX_HOURS), Exit(40.0, Cause.KICKED)),
    failovers=(Failover(20.0, 30.0, "77"),),
    outputs=({"rtmpUrl": "x"},),
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
        records.put_session(SESSION.ending(20.0, Cause.STOPPED))
        latest = records.latest(SESSION.triple)
        assert latest is not None
        assert latest.sid == "second"
        assert [session.sid for session in records.sessions()] == ["sid", "second"]
        assert records.latest(("app", "room", "2")) is None


def test_a_block_that_raises_is_undone(store: Store) -> None:
    """A transaction that raises leaves nothing behind, puts back what it changed, and leaves the store usable."""
    with store.writing() as records:
        records.put_session(SESSION)
        records.put_meta("seen", 1)

    def fail() -> None:
        with store.writing() as records:
            records.put_session(replace(SESSION, sid="second", app_id="other"))
            records.put_session(SESSION.ending(5.0, Cause.STOPPED))
            records.put_reservation(RESERVATION)
            records.put_meta("seen", None)
            raise RuntimeError("seeded")

    with pytest.raises(RuntimeError, match="seeded"):
        fail()
    with store.writing() as records:
        assert records.sessions() == records.live(30.0) == [SESSION]
        assert records.latest(SESSION.triple) == SESSION
        assert records.count_live("other", 30.0) == 0
        assert records.reservation("rid") is None
        assert records.meta("seen") == 1


def test_a_block_within_a_block_is_undone_with_it(store: Store) -> None:
    """A nested transaction is part of the outer one."""

    def fail() -> None:
        with store.writing():
            with store.writing() as records:
                records.put_session(SESSION)
            raise RuntimeError("seeded")

    with pytest.raises(RuntimeError, match="seeded"):
        fail()
    with store.reading() as records:
        assert records.sessions() == []


def test_live_sessions_are_those_that_have_not_left(store: Store) -> None:
    """A session is listed and counted until its earliest end, oldest first, whatever is put in between."""
    with store.writing() as records:
        records.put_session(SESSION)
        records.put_session(replace(SESSION, sid="endless", exits=()))
        records.put_session(replace(SESSION, sid="elsewhere", app_id="other"))
        records.put_session(replace(SESSION, onhold=True))
        assert [item.sid for item in records.live(39.0)] == ["sid", "endless", "elsewhere"]
        assert records.count_live("app", 39.0) == 2
        assert [item.sid for item in records.live(40.0)] == ["endless"]
        assert (records.count_live("app", 40.0), records.count_live("other", 40.0)) == (1, 0)


def test_an_end_that_does_not_come_keeps_a_session_listed(store: Store) -> None:
    """A session whose end was taken back is live beyond it."""
    with store.writing() as records:
        records.put_session(SESSION)
        records.put_session(SESSION.without(Cause.KICKED))
        assert [item.sid for item in records.live(45.0)] == ["sid"]
        assert records.count_live("app", 45.0) == 1
        assert records.live(50.0) == []


def test_what_is_old_is_forgotten(store: Store) -> None:
    """Sessions that left and reservations older than a time are forgotten, those of live sessions are kept."""
    endless = replace(SESSION, sid="endless", uid="2", exits=())
    with store.writing() as records:
        for session in (SESSION, endless):
            records.put_session(session)
            records.put_reservation(replace(RESERVATION, resource_id=session.sid, sid=session.sid))
        records.put_reservation(RESERVATION)
        records.prune(40.0)
        assert len(records.sessions()) == 2
        assert records.reservation("rid") is None
        records.prune(40.0 + PRUNE_EVERY - 1)
        assert len(records.sessions()) == 2
        records.prune(40.0 + PRUNE_EVERY)
        assert records.sessions() == [endless]
        assert records.latest(SESSION.triple) is None
        assert records.reservation("sid") is None
        assert records.reservation("endless") is not None


def test_notes_are_kept_until_they_are_taken_away(store: Store) -> None:
    """A JSON value is read back under its key, replaced, and taken away by None."""
    with store.writing() as records:
        records.put_meta("clock", {"offset": 1.5})
        assert records.meta("clock") == {"offset": 1.5}
        records.put_meta("clock", [1])
        assert records.meta("clock") == [1]
        records.put_meta("clock", None)
        assert records.meta("clock") is None


def test_a_cleared_store_is_empty(store: Store) -> None:
    """Clearing forgets sessions, reservations and notes."""
    with store.writing() as records:
        records.put_session(SESSION)
        records.put_reservation(RESERVATION)
        records.put_meta("clock", 1)
        records.clear()
        assert records.sessions() == records.live(0.0) == []
        assert (records.reservation("rid"), records.meta("clock"), records.count_live("app", 0.0)) == (None, None, 0)


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


def test_a_sqlite_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    """Nobody but the owner can read the file."""
    SqliteStore(tmp_path / "emulator.db").close()
    assert stat.S_IMODE((tmp_path / "emulator.db").stat().st_mode) == 0o600


def test_a_file_of_the_first_version_begins_empty(tmp_path: Path) -> None:
    """A file that an earlier emulator wrote is taken over, without its rows."""
    path = tmp_path / "emulator.db"
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE reservations (resource_id TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID")
        old.execute("CREATE TABLE sessions (n INTEGER PRIMARY KEY, sid TEXT, app_id TEXT, cname TEXT, uid TEXT, doc)")
        old.execute("CREATE INDEX triples ON sessions (app_id, cname, uid, n)")
        old.execute("INSERT INTO sessions VALUES (1, 'sid', 'app', 'room', '1', '{}')")
    old.close()
    store = SqliteStore(path)
    with store.writing() as records:
        assert records.sessions() == []
        records.put_session(SESSION)
    store.close()
    again = SqliteStore(path)
    with again.reading() as records:
        assert records.sessions() == [SESSION]
    again.close()


def foreign(path: Path, *statements: str) -> None:
    """Make a SQLite file of somebody else."""
    with sqlite3.connect(path) as db:
        for statement in statements:
            db.execute(statement)
    db.close()


def test_a_text_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    """What is no SQLite file is named in a sentence and not changed."""
    path = tmp_path / "emulator.db"
    path.write_text("my own notes, " * 100)
    before = path.read_bytes()
    with pytest.raises(StateError, match="is not a file of the emulator"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_sqlite_file_of_somebody_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A SQLite file with other tables is named in a sentence and not changed."""
    path = tmp_path / "emulator.db"
    foreign(path, "CREATE TABLE addresses (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(StateError, match="is not a file of the emulator"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """A file with a higher version says so, and what to do."""
    path = tmp_path / "emulator.db"
    SqliteStore(path).close()
    foreign(path, "PRAGMA user_version = 99")
    with pytest.raises(StateError, match="newer takeup") as caught:
        SqliteStore(path)
    assert caught.value.hint


def test_a_file_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    """A path that cannot be opened is told in a sentence."""
    with pytest.raises(StateError, match="cannot be opened: No such file or directory"):
        SqliteStore(tmp_path / "missing" / "emulator.db")


STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "a", "secretKey": "s"}
CHANNEL = {"storageConfig": STORAGE, "recordingConfig": {"channelType": 1}}


def start_body(uid: str) -> dict[str, object]:
    return {"cname": "room", "uid": uid, "clientRequest": CHANNEL}


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
channel = json.loads(sys.argv[2])
for uid in range(1, 41):
    body = {"cname": "room", "uid": str(uid), "clientRequest": {}}
    rid = world.acquire("app", body)[1]["resourceId"]
    codes.append(world.start("app", rid, "mix", {**body, "clientRequest": channel})[0])
print(json.dumps(codes))
"""


def test_processes_share_one_sqlite_file(tmp_path: Path) -> None:
    """Of three processes that start the same forty triples, exactly one wins each."""
    command = [sys.executable, "-c", _RACER, str(tmp_path / "emulator.db"), json.dumps(CHANNEL)]
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
