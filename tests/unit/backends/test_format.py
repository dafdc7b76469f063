"""The state and its journal as bytes."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.backends.samples import FULL, HALL, NOON, PAGE, covered, ended, entry, session, snapshot
from tests.unit.core.test_schedule import SCHEDULES

from takeup.backends.format import PHASES, checksum, decode_journal, decode_snapshot, encode_entry, encode_snapshot
from takeup.core.account import Account, Cause, Day, Segment, Standing, Sums
from takeup.core.address import Address, Kind, Mode
from takeup.core.schedule import Span
from takeup.core.snapshot import EndedSession, JournalEntry, Liveness, OpenCall, SessionState, Snapshot
from takeup.errors import StateError

GOLDEN = Path(__file__).parent / "golden" / "state-v1.json"
GOLDEN_JOURNAL = GOLDEN.with_name("journal-v1.jsonl")

texts = st.text(max_size=8)
times = st.datetimes(min_value=datetime(1970, 1, 2), timezones=st.just(UTC))  # noqa: DTZ001 -- the zone is added
addresses = st.builds(Address, st.sampled_from(Kind), st.text(min_size=1, max_size=4))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
objects = st.dictionaries(texts, json_values, max_size=3)
endeds = st.builds(
    EndedSession,
    addresses,
    texts,
    texts,
    st.sampled_from(Mode),
    texts,
    st.none() | texts,
    times,
    times,
    texts,
    uploading_status=st.none() | texts,
    files=st.lists(objects, max_size=2).map(tuple),
    confirmed_at=st.none() | times,
    seen_at=st.none() | times,
    gone_at=st.none() | times,
)


calls = st.builds(OpenCall, texts, times, st.lists(texts, max_size=3).map(tuple))


def sessions_of(
    address: Address, predecessors: st.SearchStrategy[SessionState | None] | None = None
) -> st.SearchStrategy[SessionState]:
    return st.builds(
        SessionState,
        st.just(address),
        texts,
        texts,
        texts,
        texts,
        st.sampled_from(Mode),
        objects,
        texts,
        st.none() | texts,
        st.sampled_from(Liveness),
        times,
        confirmed_at=st.none() | times,
        suspect_since=st.none() | times,
        since=st.none() | times,
        evidence=texts,
        open=st.none() | calls,
        token_expires_at=st.none() | times,
        former=st.lists(texts, max_size=2).map(tuple),
        predecessor=(st.none() | sessions_of(address, st.none())) if predecessors is None else predecessors,
        broken=st.lists(texts, max_size=2).map(tuple),
        overlapping=(st.none() | sessions_of(address, st.none())) if predecessors is None else predecessors,
        prevent_stop=st.booleans(),
        short_lives=st.integers(0, 99),
        exited=st.sampled_from(["", "normal", "abnormal"]),
        seen_at=st.none() | times,
    ).map(_opened)


def _opened(session: SessionState) -> SessionState:
    """A LOST session always has an open start: one that was written without is read with it."""
    if session.liveness is Liveness.LOST and session.open is None:
        return replace(session, open=OpenCall("start", session.started_at))
    return session


seconds = st.integers(0, 4_000_000_000)
causes = st.sampled_from(Cause)
sums = st.builds(Sums, st.integers(0, 90_000), st.dictionaries(causes, st.integers(1, 90_000), max_size=3))
singles = st.tuples(times, times).map(lambda pair: Span(min(pair), max(pair)))
accounts = st.builds(
    Account,
    texts,
    st.builds(
        lambda schedule, single: replace(schedule, single=tuple(single)), SCHEDULES, st.lists(singles, max_size=2)
    ),
    since=seconds,
    until=seconds,
    closed=st.booleans(),
    standing=st.none() | st.builds(Standing, causes, seconds, st.none() | seconds, texts),
    segments=st.lists(
        st.one_of(
            st.builds(lambda begin, length: Segment(begin, begin + length), seconds, st.integers(1, 9999)),
            st.builds(
                lambda begin, length, cause, detail: Segment(begin, begin + length, cause, detail),
                seconds,
                st.integers(1, 9999),
                causes,
                texts,
            ),
        ),
        max_size=3,
    ).map(tuple),
    days=st.dictionaries(st.dates().map(str), sums, max_size=3).map(
        lambda found: tuple(Day(day, part) for day, part in sorted(found.items()))
    ),
).flatmap(
    lambda account: (
        st.just(account)
        | st.builds(lambda part, day: replace(account, earlier=part, earlier_until=day), sums, st.dates().map(str))
    )
)

snapshots = st.builds(
    Snapshot,
    texts,
    st.integers(min_value=0),
    st.binary(max_size=8),
    st.lists(addresses.flatmap(sessions_of), max_size=3).map(lambda all_: {one.address: one for one in all_}),
    st.lists(endeds, max_size=5).map(tuple),
    fence=st.integers(min_value=0),
    accounts=st.dictionaries(addresses, accounts, max_size=3),
)
entries = addresses.flatmap(
    lambda address: st.builds(
        JournalEntry,
        times,
        st.just(address),
        texts,
        st.sampled_from(PHASES),
        st.none() | sessions_of(address),
        ended=st.none() | endeds,
    )
)


@settings(deadline=None, max_examples=60)
@given(snapshots)
def test_state_round_trip(state: Snapshot) -> None:
    """Every state comes back as it was written."""
    assert decode_snapshot(encode_snapshot(state), "s") == state


@settings(deadline=None, max_examples=60)
@given(st.lists(entries, max_size=3), st.data())
def test_journal_round_trip(wanted: list[JournalEntry], data: st.DataObject) -> None:
    """Every journal comes back; cut anywhere, it gives the whole lines before the cut."""
    lines = [encode_entry("line", 3, one) for one in wanted]
    journal = b"".join(lines)
    content = decode_journal(journal, "j")
    assert [line.entry for line in content.lines] == wanted
    cut = data.draw(st.integers(0, len(journal)))
    part = decode_journal(journal[:cut], "j")
    assert [line.entry for line in part.lines] == wanted[: len(part.lines)]
    assert part.torn == (part.intact < cut)


@settings(deadline=None, max_examples=60)
@given(st.lists(entries, min_size=2, max_size=3), st.data())
def test_a_changed_byte_is_found(wanted: list[JournalEntry], data: st.DataObject) -> None:
    """One changed byte before the last line is an error that names its line; in the last line it cuts that line."""
    lines = [encode_entry("line", 3, one) for one in wanted]
    journal = bytearray(b"".join(lines))
    at = data.draw(st.integers(0, len(journal) - 1).filter(lambda index: journal[index] != ord("\n")))
    journal[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte not in {journal[at], ord("\n")}))
    hit = next(number for number in range(1, len(lines) + 1) if at < len(b"".join(lines[:number])))
    if hit == len(lines):
        content = decode_journal(bytes(journal), "j")
        assert [line.entry for line in content.lines] == wanted[:-1]
        assert (content.intact, content.torn) == (len(b"".join(lines[:-1])), True)
    else:
        with pytest.raises(StateError, match=f"^j, line {hit}, .*Nothing was changed"):
            decode_journal(bytes(journal), "j")


def test_golden_journal() -> None:
    """The lines of a journal are fixed too: this file is read and written byte for byte."""
    content = decode_journal(GOLDEN_JOURNAL.read_bytes(), "golden")
    assert [line.entry for line in content.lines] == [
        entry(),
        replace(entry(gone=True), phase="intent", ended=ended()),
    ]
    assert b"".join(encode_entry(line.lineage, line.serial, line.entry) for line in content.lines) == (
        GOLDEN_JOURNAL.read_bytes()
    )


@pytest.mark.parametrize("position", [pytest.param(0, id="the first"), pytest.param(1, id="the last")])
def test_lines_from_before_the_checksum(position: int) -> None:
    """A line that never had a checksum is refused in a sentence that says so, wherever it stands."""
    line = encode_entry("line", 3, entry())
    old = {key: value for key, value in json.loads(line).items() if key != "crc"}
    lines = [line, line]
    lines[position] = json.dumps(old).encode() + b"\n"
    with pytest.raises(StateError, match=rf"^j, line {position + 1}, has no checksum") as caught:
        decode_journal(b"".join(lines), "j")
    assert "folds the journal" in caught.value.hint


def test_unknown_phase() -> None:
    """An entry is an intent, done or failed, and nothing else: neither written nor read."""
    with pytest.raises(ValueError, match="one of intent, done, failed"):
        encode_entry("line", 3, replace(entry(), phase="maybe"))
    content = encode_entry("line", 3, entry())[len('{"crc": "00000000", ') :].replace(b'"done"', b'"over"').rstrip()
    planted = b'{"crc": "%b", %b\n' % (checksum(content).encode(), content)
    with pytest.raises(StateError, match=r"line 1, phase is none of intent, done, failed"):
        decode_journal(planted, "j")


def test_golden_file() -> None:
    """Format version 1 is fixed: this file is read and written byte for byte."""
    assert encode_snapshot(FULL, writer="0.1.0") == GOLDEN.read_bytes()
    assert decode_snapshot(GOLDEN.read_bytes(), "golden") == FULL


@pytest.mark.parametrize(
    "file", [pytest.param(file, id=file.stem) for file in sorted(GOLDEN.parent.glob("state-v*.json"))]
)
def test_every_released_state_is_read(file: Path) -> None:
    """Each golden file, of whichever version, is read to the same sessions for ever, and written in today's format."""
    state = decode_snapshot(file.read_bytes(), file.name)
    assert (state.lineage, state.sessions, state.ended) == (FULL.lineage, FULL.sessions, FULL.ended)
    assert decode_snapshot(encode_snapshot(state), "again") == state


def test_the_golden_file_of_a_shared_state() -> None:
    """A state that a backend with numbered locks has written holds that number: this file is fixed byte for byte."""
    fenced = GOLDEN.with_name("state-v1-fenced.json")
    assert encode_snapshot(replace(FULL, fence=12), writer="0.1.0") == fenced.read_bytes()
    assert decode_snapshot(fenced.read_bytes(), "golden").fence == 12


def test_the_golden_file_of_accounts() -> None:
    """A state that keeps accounts of coverage is fixed byte for byte, each schedule in it once."""
    file = GOLDEN.with_name("state-v1-covered.json")
    state = replace(FULL, accounts=covered())
    assert encode_snapshot(state, writer="0.1.0") == file.read_bytes()
    assert decode_snapshot(file.read_bytes(), "golden") == state
    assert len(json.loads(file.read_bytes())["schedules"]) == 1


def test_keys_stand_in_order() -> None:
    """A Terraform-style state server finds version, serial and lineage at the top; resources are sorted."""
    document = json.loads(encode_snapshot(FULL))
    assert list(document)[:4] == ["version", "serial", "lineage", "takeup"]
    assert list(document["resources"]) == [str(HALL), str(PAGE)]
    assert "sid" not in document["resources"][str(PAGE)]


def changed(**changes: Any) -> bytes:  # noqa: ANN401 -- any JSON
    document = json.loads(GOLDEN.read_bytes()) | changes
    return json.dumps({key: value for key, value in document.items() if value is not None}).encode()


def with_resource(**changes: Any) -> bytes:  # noqa: ANN401 -- any JSON
    resource = json.loads(GOLDEN.read_bytes())["resources"][str(HALL)] | changes
    return changed(resources={str(HALL): resource})


def with_account(**changes: Any) -> bytes:  # noqa: ANN401 -- any JSON
    document = json.loads(GOLDEN.with_name("state-v1-covered.json").read_bytes())
    account = document["accounts"][str(HALL)] | changes
    return json.dumps(document | {"accounts": {str(HALL): account}}).encode()


def with_schedule(**changes: Any) -> bytes:  # noqa: ANN401 -- any JSON
    document = json.loads(GOLDEN.with_name("state-v1-covered.json").read_bytes())
    return json.dumps(document | {"schedules": [document["schedules"][0] | changes]}).encode()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(with_account(schedule=1), "schedule 1 is none of the schedules", id="a schedule that is missing"),
        pytest.param(with_account(extra=1), "does not know: extra in accounts", id="an unknown key of an account"),
        pytest.param(with_account(until="soon"), "until is not a UTC time", id="an account until no time"),
        pytest.param(with_account(standing={"cause": "bad"}), "cause is none of", id="standing for no cause"),
        pytest.param(with_account(segments=[5]), "is not a begin, a length", id="a segment that is a number"),
        pytest.param(
            with_account(segments=[["2026-03-01T12:00:00Z", -5]]), "length is negative", id="a negative segment"
        ),
        pytest.param(
            with_account(segments=[["2026-03-01T12:00:00Z", 5, "sleep"]]), "cause is none of", id="an unknown cause"
        ),
        pytest.param(with_account(days={"today": {}}), "'today' that is not a day", id="a day that is none"),
        pytest.param(
            with_account(days={"2026-03-01": {"sleep": 5}}), "does not know: sleep", id="a sum of an unknown cause"
        ),
        pytest.param(with_schedule(zone="Mars/Olympus"), "its time zone is not known here", id="an unknown time zone"),
        pytest.param(with_schedule(windows=[["0 8 * * *"]]), "is not a schedule", id="a window without a duration"),
        pytest.param(with_schedule(windows=[["often", 5]]), "is not a schedule", id="a window that never opens"),
        pytest.param(with_schedule(omitted=[["a", "b"]]), "is not a schedule", id="days that are none"),
        pytest.param(b"", "truncated or not JSON", id="an empty file"),
        pytest.param(GOLDEN.read_bytes()[:-20], "truncated or not JSON", id="a truncated file"),
        pytest.param(b"\xff\xfe\xff", "truncated or not JSON", id="not text"),
        pytest.param(b"[" * 100_000, "truncated or not JSON", id="too deep"),
        pytest.param(b'{"a": 1, "a": 2}', "stands twice", id="a key twice"),
        pytest.param(b'{"a": NaN}', "NaN is not JSON", id="not a number"),
        pytest.param(b"[]", "not a JSON object", id="a list"),
        pytest.param(b'{"version": 4, "terraform_version": "1.15.5"}', "Terraform state", id="Terraform's"),
        pytest.param(changed(version=2), "written by a newer takeup", id="a newer version"),
        pytest.param(changed(version=0), "no takeup has written", id="version 0"),
        pytest.param(changed(version=True), "version is not a whole number", id="version true"),
        pytest.param(changed(serial=-1), "serial is negative", id="a negative serial"),
        pytest.param(changed(fence="7"), "fence is not a whole number", id="a number of a lock in quotes"),
        pytest.param(changed(version=99), "written by a newer takeup", id="a version far ahead"),
        pytest.param(changed(serial="7"), "serial is not a whole number", id="a serial in quotes"),
        pytest.param(changed(lineage=None), "lineage is missing", id="no lineage"),
        pytest.param(changed(fingerprintKey="xyz"), "not hexadecimal", id="a key that is not hex"),
        pytest.param(changed(resources=[]), "resources is not an object", id="resources in a list"),
        pytest.param(changed(resources={"a": {}}), "'a' is not an address", id="a wrong address"),
        pytest.param(changed(ended=[1]), "is not an object", id="an ended session that is a number"),
        pytest.param(changed(extra=1), "does not know: extra", id="an unknown key"),
        pytest.param(with_resource(mode="video"), "mode is none of", id="an unknown mode"),
        pytest.param(with_resource(liveness="DEAD"), "liveness is none of", id="an unknown liveness"),
        pytest.param(with_resource(sid=5), "sid is not a string", id="a sid that is a number"),
        pytest.param(with_resource(startedAt="2026-03-01T12:00:00"), "not a UTC time", id="no zone"),
        pytest.param(with_resource(startedAt="noonZ"), "not a UTC time", id="not a time"),
        pytest.param(with_resource(open={"at": "2026-03-01T12:00:00Z"}), "open, operation is missing", id="a bad call"),
        pytest.param(with_resource(predecessor={}), "predecessor, realm is missing", id="an empty predecessor"),
        pytest.param(with_resource(overlapping={}), "overlapping, realm is missing", id="an empty overlapping"),
        pytest.param(with_resource(formerResourceIds=[1]), "not a list of strings", id="an id that is a number"),
        pytest.param(
            with_resource(preventStop="yes"), "preventStop is neither true nor false", id="a guard that is text"
        ),
        pytest.param(with_resource(shortLives=-1), "shortLives is negative", id="fewer than no lives"),
        pytest.param(with_resource(brokenPromises="x"), "brokenPromises is not a list", id="promises that are text"),
    ],
)
def test_damaged_state(data: bytes, problem: str) -> None:
    """What is not a state is refused in a sentence that names the file and says what to do."""
    with pytest.raises(StateError, match=problem) as caught:
        decode_snapshot(data, "state/default.json")
    assert caught.value.message.startswith("state/default.json")
    assert caught.value.message.endswith("Nothing was changed.")
    assert caught.value.hint


def test_torn_line_is_reported() -> None:
    """A torn last line is cut, and the content says so."""
    line = encode_entry("line", 1, entry())
    content = decode_journal(line + line[:-9], "journal")
    assert (len(content.lines), content.intact, content.torn) == (1, len(line), True)


def test_foreign_session_in_an_entry() -> None:
    """An entry cannot hold the session of another address."""
    with pytest.raises(ValueError, match="cannot hold"):
        encode_entry("line", 1, JournalEntry(NOON, PAGE, "start", "done", session(HALL)))


def test_oldest_ended_goes_first() -> None:
    """Of six ended sessions the one that ended first is dropped, wherever it stands."""
    six = tuple(ended(HALL, minutes) for minutes in (3, 1, 6, 5, 4, 2))
    kept = decode_snapshot(encode_snapshot(snapshot(ended=six)), "s").ended
    assert kept == tuple(one for one in six if one.sid != "sid-1")
