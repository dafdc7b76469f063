"""What the project file says reaches the client and the engine."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from takeup.cli import graph
from takeup.core.budget import BUDGETS, Budget
from takeup.manifest.project import Project, load_project
from takeup.provider.agora.client import AgoraReader, AgoraRecorder

TEXT = """apiVersion: takeup/v1
kind: Project
metadata: {name: campus}
spec:
  agora:
    endpoint: ENDPOINT
    appId: app
    customerId: {fromEnv: ID}
    customerSecret: {fromEnv: SECRET}
    failover: FAILOVER
    retries: {query: {attempts: 7, giveUpAfter: 9s}, start: {acquires: 3}}
"""


def read(folder: Path, endpoint: str, failover: str = "true") -> Project:
    text = TEXT.replace("ENDPOINT", endpoint).replace("FAILOVER", failover)
    (folder / "takeup.yaml").write_text(text, "utf-8")
    project, problems = load_project(folder, {"ID": "id", "SECRET": "secret"})
    assert problems == []
    assert project is not None
    return project


@contextmanager
def opened(project: Project) -> Iterator[tuple[AgoraReader, AgoraRecorder]]:
    with closing(graph.open_reader(project)) as reader, closing(graph.open_recorder(project)) as recorder:
        yield reader, recorder


def test_budgets_reach_their_users(tmp_path: Path) -> None:
    """Reader and recorder repeat as the project says, and the engine acquires as often as it says."""
    project = read(tmp_path, "https://api.sd-rtn.com")
    with opened(project) as clients:
        for client in clients:
            assert client._retry._budgets == {**BUDGETS, "query": Budget(7, 9)}
    assert graph.open_world(project, lambda _: None).policy.acquires == 3


@pytest.mark.parametrize(
    ("endpoint", "failover", "other_hosts"),
    [
        pytest.param("https://api.sd-rtn.com", "true", True, id="Agora"),
        pytest.param("https://api-eu-west-1.agora.io", "true", True, id="a regional host"),
        pytest.param("https://api.sd-rtn.com", "false", False, id="switched off"),
        pytest.param("https://proxy.example.org", "true", False, id="somebody else's host"),
        pytest.param("emulator", "true", False, id="the embedded emulator"),
        pytest.param("http://127.0.0.1:9", "true", False, id="loopback"),
    ],
)
def test_failover_is_for_agora_alone(tmp_path: Path, endpoint: str, failover: str, other_hosts: bool) -> None:  # noqa: FBT001 - a row
    """Only Agora's own hosts have others beside them, and only where the project does not forbid it."""
    with opened(read(tmp_path, endpoint, failover)) as clients:
        for client in clients:
            assert bool(client._hosts.route()._steps) is other_hosts
