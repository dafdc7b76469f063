"""Safety rails as a user meets them: the refusal, the flag, the line, and a project that would be emptied."""

import json
import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.cli.conftest import HALL, TAKEUP

if TYPE_CHECKING:
    from tests.cli.conftest import Done, Project

PROFILE = """\
apiVersion: takeup/v1
kind: StorageProfile
metadata: {name: archive}
spec: {vendor: s3, region: us-east-1, bucket: b, accessKey: {fromEnv: ACCESS_KEY}, secretKey: {fromEnv: SECRET_KEY}}
"""


def halls(project: "Project", *numbers: int) -> None:
    """Declare these halls and no others."""
    for path in (project.root / "manifests").iterdir():
        path.unlink()
    for number in numbers:
        project.write(HALL.replace("hall", f"hall-{number}").replace("10001", f"{10001 + number}"), f"{number}.yaml")


@pytest.fixture
def three(project: "Project") -> "Project":
    """Three running recordings, and one manifest fewer; the share counts from three on."""
    halls(project, 1, 2, 3)
    project.apply()
    halls(project, 1)
    project.add("  safety: {stops: {shareFrom: 3}}")
    return project


def test_too_many_stops_are_refused(three: "Project") -> None:
    """Above the share nothing is called, and the error has the numbers, the flag and the line."""
    done = three.run("apply", "--auto-approve")
    assert done.returncode == 1
    assert "cuts off 2 of 3 recorded sessions (2 stopped): 66.7 %, more than the 30 %" in done.stderr
    assert "run: takeup apply --auto-approve --force\n" in done.stderr
    assert "    safety: {stops: {share: 67%, shareFrom: 3}}\n" in done.stderr
    assert "stop" not in three.seen
    assert len(three.world.sessions()) == 3


def test_the_flag_lets_it_through(three: "Project") -> None:
    """The very command of the hint stops them."""
    assert three.run("apply", "--auto-approve", "--force").returncode == 0
    assert three.seen.count("stop") == 2


def test_the_line_lets_it_through(three: "Project") -> None:
    """The very line of the hint, written into takeup.yaml, allows the plan."""
    line = next(line for line in three.run("apply", "--auto-approve").stderr.splitlines() if "safety: {" in line)
    three.point(three.url)
    three.add(f"  {line.strip()}")
    three.apply()
    assert three.seen.count("stop") == 2


def test_a_plan_warns_and_exits_as_ever(three: "Project") -> None:
    """`plan` tells of the refusal in text and in JSON, and it is no error."""
    text = three.run("plan")
    assert text.returncode == 0
    assert "Warning: This plan cuts off 2 of 3" in text.stdout
    done = three.run("plan", "--format", "json", "--detailed-exitcode")
    assert done.returncode == 2
    told = json.loads(done.stdout)
    assert told["rails"]["refused"] is True
    assert told["rails"]["line"] == "safety: {stops: {share: 67%, shareFrom: 3}}"
    assert [row["cutsOff"]["sure"] for row in told["changes"]] == [True, True]


def test_destroy_is_asked_to_stop_everything(three: "Project") -> None:
    """The share does not hold up a destroy, a number does until it is forced."""
    three.point(three.url)
    three.add("  safety: {stops: {shareFrom: 3, most: 2}}")
    done = three.run("destroy", "--auto-approve")
    assert done.returncode == 1
    assert "more than the 2 that spec.safety.stops.most allows" in done.stderr
    assert "stop" not in three.seen
    three.point(three.url)
    three.add("  safety: {stops: {shareFrom: 3}}")
    assert three.run("destroy", "--auto-approve").returncode == 0
    assert three.world.sessions() == []


def emptied(project: "Project") -> None:
    """One running recording, and a folder in which only a storage profile is left."""
    project.apply()
    halls(project)
    project.write(PROFILE, "archive.yaml")


def test_emptying_without_a_terminal_is_refused(project: "Project") -> None:
    """With nobody to ask, --auto-approve alone empties no project; the exact command is told, and works."""
    emptied(project)
    done = project.run("apply", "--auto-approve", "--target", "*hall")
    assert done.returncode == 1
    assert "No manifest declares a recording any more, and this plan stops 1 recorded session." in done.stderr
    assert "run: takeup apply --auto-approve --target '*hall' --force\n" in done.stderr
    assert "stop" not in project.seen
    assert project.run("apply", "--auto-approve", "--target", "*hall", "--force").returncode == 0
    assert project.world.sessions() == []


@pytest.mark.parametrize(
    ("answer", "code", "left"),
    [pytest.param("yes", 0, 0, id="a yes empties it"), pytest.param("no", 1, 1, id="anything else leaves it")],
)
def test_emptying_on_a_terminal_asks(project: "Project", answer: str, code: int, left: int) -> None:
    """A person is asked although --auto-approve was given."""
    emptied(project)
    done = on_a_terminal(project, f"{answer}\n", "apply", "--auto-approve")
    assert "What is not recorded now can never be recorded again." in done.stdout
    assert (done.returncode, len(project.world.sessions())) == (code, left)


def on_a_terminal(project: "Project", typed: str, *args: str) -> "Done":
    """Run takeup with a terminal to read from."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        env = {"PATH": os.environ["PATH"], "HOME": str(project.root), **project.env}
        return subprocess.run(  # noqa: S603 - our own command
            [TAKEUP, *args],
            cwd=project.root,
            env=env,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_plan_says_what_it_costs(project: "Project") -> None:
    """Money stands in text and JSON; the prices of the project file go before Agora's."""
    assert "Cost per hour: $0.00 now -> $0.36 after (+$0.36)" in project.run("plan").stdout
    project.add("  prices: {per1000Minutes: {hd: 10}}")
    told = json.loads(project.run("plan", "--format", "json").stdout)["cost"]
    assert told["perHour"] == {"now": "0", "after": "0.6", "exposed": "0"}
    assert told["resources"][0]["after"]["listed"] is True
    project.apply()
    assert "Cost per hour: $0.60, unchanged\n\nNo changes." in project.run("plan").stdout
