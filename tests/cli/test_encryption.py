"""An encrypted state, from the command line: switched on, rotated, switched off, and with a wrong key."""

import base64
import json
import re
from typing import TYPE_CHECKING

import pytest

from takeup.backends.codec import Codec
from takeup.backends.http_server import StateServer
from takeup.backends.local import LocalBackend
from takeup.core.keyring import Keyring, StateKey
from takeup.core.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Done, Project

HALL = "CompositeRecording.hall"
KEYS = {name: StateKey(f"canary-{name}-that-nobody-may-see!".encode()[:32].ljust(32, b"!")) for name in ("K1", "K2")}
TEXTS = {name: base64.b64encode(key.reveal()).decode() for name, key in KEYS.items()}


def encrypt(project: "Project", encryption: str, where: str = "") -> None:
    """Write spec.state anew."""
    path = project.root / "takeup.yaml"
    kept = re.sub(r"^  state: .*\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
    path.write_text(f"{kept}  state: {{{where}{where and ', '}encryption: {{{encryption}}}}}\n", "utf-8")


@pytest.fixture
def sealed(project: "Project") -> "Project":
    """A project whose state is encrypted with K1, and one recording that runs."""
    encrypt(project, "key: {fromEnv: K1}")
    project.env |= TEXTS
    project.apply()
    return project


def files(project: "Project") -> dict[str, bytes]:
    """All files but the lock, which every run writes."""
    found = sorted(path for path in project.root.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(project.root)): path.read_bytes() for path in found}


def clean(project: "Project", *runs: "Done") -> None:
    """No key, in whatever form, in any output or file; and no name of a recording in what takeup has written."""
    forms = [form for key in KEYS.values() for form in (key.reveal(), key.reveal().hex().encode())]
    forms += [text.encode() for text in TEXTS.values()]
    for name, data in files(project).items():
        assert not any(form in data for form in forms), name
        if not name.startswith(("manifests/", "takeup.yaml", "plain")):
            assert b"hall" not in data, name
    for done in runs:
        assert not any(form in (done.stdout + done.stderr).encode() for form in forms), done.args


def key_of(path: "Path") -> str:
    return str(json.loads(path.read_bytes())["encryption"]["key"])


def test_a_recording_from_beginning_to_end(sealed: "Project") -> None:
    """Plan, apply, show and destroy work on an encrypted state, and neither keys nor names are left in any file."""
    state = sealed.root / "state/default.json"
    runs = [
        sealed.run(*args) for args in (["plan"], ["state", "list"], ["show"], ["state", "fsck"], ["state", "history"])
    ]
    assert [done.returncode for done in runs] == [0] * len(runs)
    assert runs[1].stdout == f"{HALL}\n"
    assert key_of(state) == KEYS["K1"].id
    over = sealed.run("destroy", "--auto-approve")
    assert over.returncode == 0
    assert sealed.world.sessions() == []
    clean(sealed, *runs, over)


def test_pull_prints_it_readably_and_push_takes_it_back(sealed: "Project") -> None:
    """A state is edited as ever; what is stored stays encrypted. An encrypted file can be pushed as well."""
    pulled = sealed.run("state", "pull")
    document = json.loads(pulled.stdout)
    assert document["resources"][HALL]["sid"]
    document["serial"] += 1
    (sealed.root / "plain.json").write_text(json.dumps(document), "utf-8")
    pushed = sealed.run("state", "push", "plain.json")
    assert pushed.returncode == 0, pushed.stderr
    assert key_of(sealed.root / "state/default.json") == KEYS["K1"].id
    again = sealed.run("state", "push", "--force", "state/default.json.backup")
    assert again.returncode == 0, again.stderr
    clean(sealed, pulled, pushed, again)


WRITING = (
    ("apply", "--auto-approve"),
    ("apply", "saved.plan"),
    ("destroy", "--auto-approve"),
    ("import", HALL, "--sid", "s", "--resource-id", "r"),
    ("state", "mv", HALL, "CompositeRecording.other"),
    ("state", "rm", HALL),
    ("state", "push", "--force", "plain.json"),
    ("state", "restore", "1"),
    ("state", "rekey"),
    ("state", "fsck", "--repair"),
    ("state", "migrate", "--to", "plain.yaml"),
    ("plan", "--out", "new.plan"),
)


@pytest.mark.parametrize(
    ("key", "problem", "commands"),
    [
        pytest.param("{fromEnv: K2}", "that is none of those configured", WRITING, id="another key"),
        pytest.param("", "no key", WRITING, id="no key"),
        pytest.param("{fromEnv: NO}", "NO is not set", WRITING[:2], id="a key that is not set"),
    ],
)
def test_a_wrong_key_says_so_and_changes_nothing(
    sealed: "Project", key: str, problem: str, commands: tuple[tuple[str, ...], ...]
) -> None:
    """Whatever would write says which key is needed; no file changes, and nothing is asked of Agora."""
    assert sealed.run("plan", "--out", "saved.plan").returncode == 0
    (sealed.root / "plain.json").write_text(sealed.run("state", "pull").stdout, "utf-8")
    plain = re.sub(
        r"  state: .*", "  state: {path: plain/default.json}", (sealed.root / "takeup.yaml").read_text("utf-8")
    )
    (sealed.root / "plain.yaml").write_text(plain, "utf-8")
    if key:
        encrypt(sealed, f"key: {key}")
    else:
        path = sealed.root / "takeup.yaml"
        path.write_text(re.sub(r"  state: .*\n", "", path.read_text("utf-8")), "utf-8")
    before, asked = files(sealed), len(sealed.seen)
    for command in commands:
        done = sealed.run(*command)
        told = done.stdout + done.stderr
        assert done.returncode == 1, command
        assert problem in told, command
        assert KEYS["K1"].id in told or problem == "NO is not set" or command == ("state", "rekey"), command
        assert "Traceback" not in told
        assert files(sealed) == before, command
        assert len(sealed.seen) == asked, command
        assert "canary" not in told
    assert len(sealed.world.sessions()) == 1


def test_rotation_without_downtime(sealed: "Project") -> None:
    """The new key is added, everything goes on; rekey leaves nothing that needs the old one, which is taken out."""
    encrypt(sealed, "key: {fromEnv: K2}, previousKeys: [{fromEnv: K1}]")
    assert "No changes" in sealed.run("plan").stdout
    done = sealed.run("state", "rekey")
    assert done.returncode == 0, done.stderr
    assert f"encrypted with the key {KEYS['K2'].id}" in done.stdout
    encrypt(sealed, "key: {fromEnv: K2}")
    del sealed.env["K1"]
    folder = sealed.root / "state"
    kept = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert len(kept) >= 4
    assert {key_of(path) for path in kept} == {KEYS["K2"].id}
    for args in (["plan"], ["state", "fsck"], ["state", "restore", "2"], ["destroy", "--auto-approve"]):
        assert sealed.run(*args).returncode == 0, args
    clean(sealed, done)


def test_a_journal_under_the_old_key_is_folded_after_a_rotation(sealed: "Project") -> None:
    """A run that died under the old key has left its journal: the next one, under the new key, goes on from it."""
    backend = LocalBackend(sealed.root / "state/default.json", codec=Codec(Keyring(KEYS["K1"])))
    state = backend.read()
    assert state is not None
    (session,) = state.sessions.values()
    from takeup.core.snapshot import JournalEntry  # noqa: PLC0415 - only here

    backend.journal(state.lineage, state.serial).append(
        JournalEntry(session.started_at, session.address, "forget", "done", None)
    )
    clean(sealed)
    encrypt(sealed, "key: {fromEnv: K2}, previousKeys: [{fromEnv: K1}]")
    done = sealed.run("state", "rekey")
    assert done.returncode == 0, done.stderr
    assert "folded into it" in done.stderr
    assert sealed.run("state", "list").stdout == ""


def test_switching_on(project: "Project") -> None:
    """A readable state is refused until allowPlaintext says that it is meant; rekey encrypts all that is kept."""
    project.apply()
    project.run("plan", "--out", "saved.plan")
    project.env |= TEXTS
    encrypt(project, "key: {fromEnv: K1}")
    refused = project.run("apply", "--auto-approve")
    assert refused.returncode == 1
    assert "is not encrypted" in refused.stderr
    assert "allowPlaintext: true" in refused.stderr
    encrypt(project, "key: {fromEnv: K1}, allowPlaintext: true")
    assert project.run("apply", "saved.plan").returncode == 0
    done = project.run("state", "rekey")
    assert done.returncode == 0, done.stderr
    encrypt(project, "key: {fromEnv: K1}")
    assert "No changes" in project.run("plan").stdout
    assert project.run("state", "fsck").returncode == 0
    stale = project.run("apply", "saved.plan")
    assert stale.returncode == 1
    assert "saved.plan is not encrypted" in stale.stderr
    (project.root / "saved.plan").unlink()
    clean(project, refused, done, stale)


@pytest.mark.parametrize("on", [True, False], ids=["to encrypted", "to readable"])
def test_migrate_goes_both_ways(project: "Project", *, on: bool) -> None:
    """A state is copied from readable to encrypted, or back, and verified; what was there is kept."""
    project.env |= TEXTS
    if not on:
        encrypt(project, "key: {fromEnv: K1}")
    project.apply()
    first = (project.root / "takeup.yaml").read_text("utf-8")
    encrypt(project, "key: {fromEnv: K1}", "path: moved/default.json")
    if not on:
        text = (project.root / "takeup.yaml").read_text("utf-8")
        (project.root / "takeup.yaml").write_text(
            re.sub("  state: .*", "  state: {path: moved/default.json}", text), "utf-8"
        )
    (project.root / "takeup.yaml").rename(project.root / "new.yaml")
    (project.root / "takeup.yaml").write_text(first, "utf-8")
    done = project.run("state", "migrate", "--to", "new.yaml")
    assert done.returncode == 0, done.stderr
    (project.root / "new.yaml").replace(project.root / "takeup.yaml")
    assert ("encryption" in json.loads((project.root / "moved/default.json").read_bytes())) is on
    assert "No changes" in project.run("plan").stdout


def test_a_server_keeps_what_it_cannot_read(project: "Project") -> None:
    """Over http the state is encrypted end to end: the server has no key, and nothing readable reaches its disk."""
    project.env |= {**TEXTS, "STATE_TOKEN": "token"}
    with StateServer(project.root / "served", token=Secret("token")) as server:
        where = f'backend: http, address: "{server.url}/state/campus", token: {{fromEnv: STATE_TOKEN}}'
        encrypt(project, "key: {fromEnv: K1}", where)
        project.apply()
        assert "No changes" in project.run("plan").stdout
        encrypt(project, "key: {fromEnv: K2}", where)
        refused = project.run("apply", "--auto-approve")
        assert refused.returncode == 1
        assert f"encrypted with the key {KEYS['K1'].id}" in refused.stderr
        encrypt(project, "key: {fromEnv: K2}, previousKeys: [{fromEnv: K1}]", where)  # its lock is not left
        done = project.run("state", "rekey")
        assert done.returncode == 0, done.stderr
        assert "Earlier versions at the server were left alone" in done.stdout
        assert key_of(project.root / "served/campus.json") == KEYS["K2"].id
        assert project.run("destroy", "--auto-approve").returncode == 0
    clean(project, done)


def test_a_saved_plan_is_encrypted(sealed: "Project") -> None:
    """It is shown and applied with the key, written over by another plan, and refused without."""
    sealed.write((sealed.root / "manifests/hall.yaml").read_text("utf-8").replace('["7"]', '["8"]'))
    assert sealed.run("plan", "--out", "p.plan").returncode == 0
    assert sealed.run("plan", "--out", "p.plan").returncode == 0
    clean(sealed)
    shown = sealed.run("show", "p.plan")
    assert "will be updated" in shown.stdout
    applied = sealed.run("apply", "p.plan")
    assert applied.returncode == 0, applied.stderr
    assert "1 changed" in applied.stdout
    harmed = sealed.root / "p.plan"
    harmed.write_bytes(harmed.read_bytes().replace(b'"serial":', b'"serial":1'))
    for command in ("show", "apply"):
        refused = sealed.run(command, "p.plan")
        assert refused.returncode == 1
        assert "does not fit its seal" in refused.stderr
        clean(sealed, refused)
    encrypt(sealed, "key: {fromEnv: K2}")
    assert KEYS["K1"].id in sealed.run("show", "p.plan").stderr


def test_a_state_that_was_put_back_is_told(sealed: "Project") -> None:
    """No seal tells an older state from the newest; a plan that was saved does."""
    state = sealed.root / "state/default.json"
    older = state.read_bytes()
    assert sealed.run("state", "rekey").returncode == 0
    assert sealed.run("plan", "--out", "p.plan").returncode == 0
    state.write_bytes(older)
    done = sealed.run("apply", "p.plan")
    assert done.returncode == 0, done.stderr
    assert "Warning: the state is older than this plan: serial 3 then, 2 now." in done.stderr


def test_rekey_needs_a_key_and_a_state(project: "Project") -> None:
    """Without either it says what to do."""
    done = project.run("state", "rekey")
    assert done.returncode == 1
    assert "openssl rand -base64 32" in done.stderr
    project.env |= TEXTS
    encrypt(project, "key: {fromEnv: K1}")
    done = project.run("state", "rekey")
    assert done.returncode == 1
    assert "no state yet" in done.stderr
