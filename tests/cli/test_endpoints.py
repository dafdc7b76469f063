"""Where a run may go, and what it may do there."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Project


@pytest.mark.parametrize("command", [("validate",), ("plan",), ("apply", "--auto-approve")], ids=lambda args: args[0])
@pytest.mark.parametrize("endpoint", ["http://api.sd-rtn.com", "http://192.0.2.7:8080", "http://127.0.0.1.example.org"])
def test_plain_http_leaves_no_machine(project: "Project", endpoint: str, command: tuple[str, ...]) -> None:
    """Plain http to anything but loopback is refused before a credential could be sent."""
    project.point(endpoint)
    done = project.run(*command)
    assert done.returncode == 1
    assert "loopback" in done.stdout + done.stderr


def test_a_plan_only_asks(project: "Project") -> None:
    """Whatever there is to create, change, replace and stop: a plan makes queries and no other call."""
    project.run("plan")
    assert project.seen == []
    project.apply()
    text = (project.root / "manifests/hall.yaml").read_text("utf-8")
    for changed in (text.replace('["7"]', '["8"]'), text.replace("uid: ", "resourceExpiredHour: 5\n  uid: ")):
        project.write(changed)
        project.seen.clear()
        for args in (["plan"], ["plan", "--destroy"], ["plan", "--replace", "*"]):
            assert project.run(*args).returncode == 0
        assert project.seen == ["query"] * 3
    project.seen.clear()
    assert project.run("plan", "--no-refresh").returncode == 0
    assert project.seen == []


def test_the_state_of_one_service_is_not_taken_to_another(project: "Project") -> None:
    """Sessions of a server on this machine are not judged by Agora."""
    project.apply()
    project.point("https://api.sd-rtn.com", rate="10")
    done = project.run("plan")
    assert done.returncode == 1
    assert "look as if it had ended" in done.stderr
