"""spec.state.encryption."""

import base64
import os
import sys
from pathlib import Path

import pytest

from takeup.core.keyring import StateKey
from takeup.manifest import encryption
from takeup.manifest.problem import Problem
from takeup.manifest.project import Project, load_project

HEAD = """\
apiVersion: takeup/v1
kind: Project
metadata: {name: campus}
spec:
  agora: {endpoint: emulator}
  state:
    encryption:
"""
RAW = b"canary-key-of-exactly-32-bytes!!"
TEXT = base64.b64encode(RAW).decode()
OLD = bytes(range(32))


def read(folder: Path, *lines: str, **env: str) -> tuple[Project | None, list[Problem]]:
    text = HEAD + "".join(f"      {line}\n" for line in lines)
    (folder / "takeup.yaml").write_text(text, "utf-8")
    return load_project(folder, {"PATH": "/usr/bin:/bin", **env}, only="state")


def script(folder: Path, text: str) -> str:
    """The words of a command that runs this Python."""
    (folder / "key.py").write_text(f"import os, sys, time\n{text}\n", "utf-8")
    return f"{{fromCommand: ['{sys.executable}', key.py]}}"


def clean(project: Project | None, problems: list[Problem]) -> None:
    """No key in anything that is shown."""
    for shown in (repr(project), repr(problems)):
        assert "canary" not in shown
        assert TEXT not in shown


def test_keys_come_from_everywhere(tmp_path: Path) -> None:
    """A variable, a file and the output of a program give keys; the order stays, and no repr shows one."""
    (tmp_path / "old.key").write_text(OLD.hex() + "\n", "utf-8")
    command = script(tmp_path, f"print({base64.b64encode(OLD[::-1]).decode()!r})")
    project, problems = read(
        tmp_path,
        "key: {fromEnv: K}",
        f"previousKeys: [{{fromFile: old.key}}, {command}]",
        "allowPlaintext: true",
        K=TEXT,
    )
    assert [(found.severity, found.suggestion) for found in problems] == [
        ("warning", "Run takeup state rekey, and remove it.")
    ]
    assert project is not None
    assert project.keys is not None
    assert project.keys.key == StateKey(RAW)
    assert project.keys.previous == (StateKey(OLD), StateKey(OLD[::-1]))
    assert project.keys.allow_plaintext
    clean(project, problems)


def test_a_key_may_be_a_variable(tmp_path: Path) -> None:
    """A sensitive variable gives the key, as it gives any secret."""
    (tmp_path / "takeup.yaml").write_text(
        HEAD.replace("spec:\n", "spec:\n  variables: {key: {type: string, sensitive: true}}\n")
        + "      key: {var: key}\n",
        "utf-8",
    )
    project, problems = load_project(tmp_path, {"TAKEUP_VAR_key": TEXT})
    assert problems == []
    assert project is not None
    assert project.keys is not None
    assert project.keys.key == StateKey(RAW)
    clean(project, problems)


def test_an_environment_keeps_the_keys(tmp_path: Path) -> None:
    """An environment that names no state of its own has another file, under the same keys."""
    from takeup.manifest.settling import Given  # noqa: PLC0415 - only here

    read(tmp_path, "key: {fromEnv: K}", K=TEXT)
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "prod.yaml").write_text(
        "apiVersion: takeup/v1\nkind: Environment\nmetadata: {name: prod}\nspec: {}\n", "utf-8"
    )
    project, problems = load_project(tmp_path, {"K": TEXT}, Given(environment="prod", env={"K": TEXT}))
    assert problems == []
    assert project is not None
    assert project.state_path.name == "prod.json"
    assert project.keys is not None


def test_nothing_is_read_offline(tmp_path: Path) -> None:
    """`validate` reads no variable and runs no program."""
    read(tmp_path, f"key: {script(tmp_path, 'open(str(0), chr(119))')}", "previousKeys: [{fromEnv: NO}]")
    (tmp_path / "0").unlink()  # with an environment, the program was run
    project, problems = load_project(tmp_path, None)
    assert problems == []
    assert project is not None
    assert project.keys is None
    assert not (tmp_path / "0").exists()


def test_no_key_is_no_encryption(tmp_path: Path) -> None:
    """Without the section there are no keys."""
    (tmp_path / "takeup.yaml").write_text(HEAD.replace("    encryption:\n", "    path: a.json\n"), "utf-8")
    project, problems = load_project(tmp_path, {})
    assert problems == []
    assert project is not None
    assert project.keys is None


@pytest.mark.parametrize(
    ("lines", "column", "problem"),
    [
        pytest.param(("key: {fromEnv: NO}",), 12, "Environment variable NO is not set", id="a variable not set"),
        pytest.param(("key: {fromEnv: EMPTY}",), 12, "Environment variable EMPTY is empty", id="an empty variable"),
        pytest.param(("key: {fromFile: no.key}",), 12, "There is no file no.key", id="no file"),
        pytest.param(("key: {fromEnv: PASSWORD}",), 12, "a password is no key", id="a password"),
        pytest.param(("key: {fromEnv: SHORT}",), 12, "holds 16 bytes, not 32", id="half a key"),
        pytest.param((f"key: {TEXT}",), 12, "does not belong into the project file", id="a key in the file"),
        pytest.param(("key: 5",), 12, "not where a key could be", id="a number"),
        pytest.param(("key: {fromVault: x}",), 12, "not where a key could be", id="an unknown source"),
        pytest.param(("key: {fromCommand: sops}",), 12, "takes a list of texts", id="a command in one text"),
        pytest.param(("key: {fromCommand: []}",), 12, "takes a list of texts", id="no command"),
        pytest.param(("key: {fromCommand: [head, 5]}",), 12, "takes a list of texts", id="a number in a command"),
        pytest.param(("key: {fromCommand: [no-such-program]}",), 12, "could not be run", id="no such program"),
        pytest.param(
            ("key: {fromCommand: ['false']}",), 12, "failed with exit code 1. It said nothing", id="a failure"
        ),
        pytest.param(("key: {fromCommand: ['true']}",), 12, "printed no key", id="a program that prints nothing"),
        pytest.param(
            ("key: {fromCommand: [echo, canary]}",), 12, "What echo printed", id="a program that prints no key"
        ),
        pytest.param(("allowPlaintext: true",), 7, "key is required", id="no key"),
        pytest.param(("key: {fromEnv: K}", "kee: 1"), 7, "no attribute state.encryption.kee", id="an unknown name"),
        pytest.param(("key: {fromEnv: K}", "previousKeys: {fromEnv: K}"), 21, "only single values can", id="no list"),
        pytest.param(("key: {fromEnv: K}", "previousKeys: [{fromEnv: NO}]"), 22, "NO is not set", id="a previous one"),
        pytest.param(("key: {fromEnv: K}", "allowPlaintext: yes"), 23, "must be", id="a word for true"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, lines: tuple[str, ...], column: int, problem: str) -> None:
    """It is told with its place and what to write, and no key is in the sentence."""
    env = {"K": TEXT, "EMPTY": "", "PASSWORD": "canary pass phrase", "SHORT": base64.b64encode(RAW[:16]).decode()}
    project, problems = read(tmp_path, *lines, **env)
    assert project is None
    (found,) = [one for one in problems if problem in one.message]
    assert (found.file, found.line, found.column) == ("takeup.yaml", 7 + len(lines), column)
    assert found.suggestion
    clean(project, problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            f"print({TEXT!r}); print('no such \\x1b[31mpath', file=sys.stderr); sys.exit(3)",
            "failed with exit code 3. It said: no such [31mpath",
            id="a failure after the key was printed",
        ),
        pytest.param("print('locked', file=sys.stderr)", "printed no key. It said: locked", id="a word on stderr"),
        pytest.param(f"print({TEXT!r} * 2)", "neither base64", id="the key twice"),
        pytest.param("sys.stdout.buffer.write(bytes(range(200)))", "printed what is no text", id="bytes"),
        pytest.param("sys.stderr.write('x' * 9999); sys.exit(1)", "It said: " + "x" * 256, id="a long complaint"),
    ],
)
def test_what_a_program_says(tmp_path: Path, text: str, problem: str) -> None:
    """Its complaint is told, cut and without control characters; what it printed is not."""
    project, problems = read(tmp_path, f"key: {script(tmp_path, text)}")
    assert project is None
    (found,) = problems
    assert problem in found.message
    assert len(found.message) < 600
    clean(project, problems)


def test_a_program_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time it is killed, although a child of it holds its output open."""
    monkeypatch.setattr(encryption, "COMMAND_SECONDS", 0.5)
    sleeper = "subprocess.Popen(['sleep', '5'])"
    text = f"import subprocess\n{sleeper}\nprint(os.getpid(), file=open('pid', 'w'), flush=True)\ntime.sleep(60)"
    _, problems = read(tmp_path, f"key: {script(tmp_path, text)}")
    (found,) = problems
    assert "has printed no key within 0.5 seconds" in found.message
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_program_is_run_here_without_a_shell(tmp_path: Path) -> None:
    """Its folder is the project's, its words are passed on as they are, and it cannot ask."""
    (tmp_path / "key.sh").write_text(TEXT, "utf-8")
    project, problems = read(tmp_path, "key: {fromCommand: [cat, key.sh]}")
    assert problems == []
    assert project is not None
    assert project.keys is not None
    _, problems = read(tmp_path, "key: {fromCommand: [echo, '$(cat key.sh)']}")
    assert "What echo printed is neither base64" in problems[0].message
    _, problems = read(tmp_path, "key: {fromCommand: [cat]}")
    assert "cat printed no key" in problems[0].message
