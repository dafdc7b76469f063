"""takeup fmt, as a process: which files it takes, what it writes, and how it exits."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.cli.conftest import TAKEUP

PROJECT = "apiVersion: takeup/v1\nkind: Project\nmetadata: {name: campus}\nspec:\n  agora: {endpoint: emulator}\n"
UGLY = "a:   'b'   # c\n"
FINE = "a: b       # c\n"
DIFF = "--- {0}\n+++ {0}\n@@ -1 +1 @@\n-a:   'b'   # c\n+a: b       # c\n"


def run(folder: Path, *args: str, stdin: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(  # noqa: S603 - our own command
        [TAKEUP, *args], cwd=folder, input=stdin, capture_output=True, timeout=60, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def ugly(tmp_path: Path) -> Path:
    """A file that is not in the style, in a folder that is no project."""
    (tmp_path / "x.yaml").write_text(UGLY, "utf-8")
    return tmp_path / "x.yaml"


def test_without_paths_the_whole_project_is_formatted(tmp_path: Path) -> None:
    """takeup.yaml and every manifest below the folder it names; only those that changed are named."""
    (tmp_path / "takeup.yaml").write_text(PROJECT.replace("campus", "'campus'"), "utf-8")
    for name in ("manifests/deep/a.yaml", "manifests/b.yml", "manifests/c.yaml", "manifests/d.txt", "elsewhere.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(FINE if name == "manifests/c.yaml" else UGLY, "utf-8")
    assert run(tmp_path, "fmt") == (0, "takeup.yaml\nmanifests/b.yml\nmanifests/deep/a.yaml\n", "")
    assert (tmp_path / "takeup.yaml").read_text("utf-8") == PROJECT
    assert (tmp_path / "manifests/deep/a.yaml").read_text("utf-8") == FINE
    assert (tmp_path / "elsewhere.yaml").read_text("utf-8") == UGLY
    assert run(tmp_path, "fmt") == (0, "", "")


def test_another_project_below_is_formatted_where_it_is_meant(tmp_path: Path) -> None:
    """Its files are not those of the project above; who names a folder means all that is in it."""
    for name in ("takeup.yaml", "manifests/a.yaml", "manifests/other/takeup.yaml", "manifests/other/manifests/b.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(PROJECT if name.endswith("takeup.yaml") else UGLY, "utf-8")
    assert run(tmp_path, "fmt", "--check") == (1, "manifests/a.yaml\n", "")
    both = f"{tmp_path}/manifests/a.yaml\n{tmp_path}/manifests/other/manifests/b.yaml\n"
    assert run(tmp_path, "fmt", "--check", str(tmp_path / "manifests")) == (1, both, "")


def test_paths_need_no_project(ugly: Path) -> None:
    """A file or a folder may be named where there is no takeup.yaml; -C is where relative ones begin."""
    assert run(ugly.parent, "fmt", "x.yaml") == (0, "x.yaml\n", "")
    ugly.write_text(UGLY, "utf-8")
    assert run(Path("/"), "-C", str(ugly.parent), "fmt", ".", "x.yaml") == (0, f"{ugly}\n", "")
    assert ugly.read_text("utf-8") == FINE


def test_without_paths_a_project_is_needed(tmp_path: Path) -> None:
    """Where nothing says which files are meant, nothing is formatted."""
    code, out, err = run(tmp_path, "fmt")
    assert (code, out) == (1, "")
    assert "There is no takeup.yaml" in err


@pytest.mark.parametrize(
    ("flags", "out"),
    [
        pytest.param(["--check"], "x.yaml\n", id="check names it"),
        pytest.param(["--diff"], DIFF.format("x.yaml"), id="diff shows it"),
        pytest.param(["--check", "--diff"], DIFF.format("x.yaml"), id="both show it"),
    ],
)
def test_check_and_diff_change_nothing_and_exit_1(ugly: Path, flags: list[str], out: str) -> None:
    """The exit code says that something would change; the file stays as it is."""
    before = ugly.stat()
    assert run(ugly.parent, "fmt", *flags, "x.yaml") == (1, out, "")
    assert ugly.read_text("utf-8") == UGLY
    assert ugly.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("flags", [pytest.param([flag], id=flag[2:]) for flag in ("--check", "--diff")])
def test_check_and_diff_of_what_is_in_the_style_say_nothing(ugly: Path, flags: list[str]) -> None:
    """Nothing to do is no output and exit 0."""
    ugly.write_text(FINE, "utf-8")
    assert run(ugly.parent, "fmt", *flags, "x.yaml") == (0, "", "")


@pytest.mark.parametrize(
    ("flags", "code", "out"),
    [
        pytest.param([], 0, FINE, id="is formatted"),
        pytest.param(["--check"], 1, "<stdin>\n", id="is checked"),
        pytest.param(["--diff"], 1, DIFF.format("<stdin>"), id="is compared"),
    ],
)
def test_standard_input(tmp_path: Path, flags: list[str], code: int, out: str) -> None:
    """`-` reads standard input, and needs no project."""
    assert run(tmp_path, "fmt", *flags, "-", stdin=UGLY.encode()) == (code, out, "")


def test_standard_input_that_is_refused_gives_no_output(tmp_path: Path) -> None:
    """An editor that pipes its text through does not get half of it back."""
    code, out, err = run(tmp_path, "fmt", "-", stdin=b"a: &x 1\n")
    assert (code, out) == (1, "")
    assert "<stdin>:1:4: The anchor &x cannot be kept." in err


def test_standard_input_stands_alone(ugly: Path) -> None:
    """Beside files it would not be clear what goes to standard output."""
    code, out, err = run(ugly.parent, "fmt", "-", "x.yaml")
    assert (code, out) == (1, "")
    assert "`-` stands alone" in err
    assert ugly.read_text("utf-8") == UGLY


def test_a_refused_file_is_left_alone_and_the_others_are_formatted(ugly: Path) -> None:
    """One file with an anchor does not keep the rest from being formatted, but the exit code tells."""
    bad = ugly.with_name("bad.yaml")
    bad.write_text("a:   &x 1\n", "utf-8")
    code, out, err = run(ugly.parent, "fmt", "bad.yaml", "x.yaml", "missing.yaml", "x" * 300)
    assert (code, out) == (1, "x.yaml\n")
    assert "bad.yaml:1:6: The anchor &x cannot be kept." in err
    assert "missing.yaml:1:1: The file does not exist." in err
    assert "The file cannot be read: File name too long." in err
    assert bad.read_text("utf-8") == "a:   &x 1\n"


def test_mode_and_symbolic_link_stay(ugly: Path) -> None:
    """The file that a link leads to is rewritten, keeps its rights, and no other file is left beside it."""
    ugly.chmod(0o640)
    link = ugly.parent / "links" / "y.yaml"
    link.parent.mkdir()
    link.symlink_to("../x.yaml")
    assert run(ugly.parent, "fmt", "links/y.yaml") == (0, "links/y.yaml\n", "")
    assert link.is_symlink()
    assert ugly.read_text("utf-8") == FINE
    assert ugly.stat().st_mode & 0o777 == 0o640
    assert sorted(ugly.parent.iterdir()) == [link.parent, ugly]
    assert list(link.parent.iterdir()) == [link]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written_is_left_alone(ugly: Path) -> None:
    """A file that is write-protected is not replaced by the back door of its folder."""
    ugly.chmod(0o440)
    code, out, err = run(ugly.parent, "fmt", "x.yaml")
    assert (code, out) == (1, "")
    assert "x.yaml:1:1: x.yaml cannot be written: Permission denied." in err
    assert ugly.read_text("utf-8") == UGLY
