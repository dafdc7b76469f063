"""Where the emulator runs a task: what acquire asks for, and what it is to avoid."""

from typing import Any

import pytest

from takeup.provider.emulator.placing import placed
from takeup.provider.emulator.world import World


@pytest.mark.parametrize(
    ("request_", "avoided", "region"),
    [
        pytest.param({}, set(), "NA", id="nothing is asked for: the nearest"),
        pytest.param({}, {"NA"}, "EU", id="the nearest is avoided"),
        pytest.param({}, {"NA", "EU", "AP"}, "CN", id="all but one are avoided"),
        pytest.param({}, {"NA", "EU", "AP", "CN"}, "NA", id="all are avoided"),
        pytest.param({"regionAffinity": 3}, set(), "EU", id="a wish is fulfilled"),
        pytest.param({"regionAffinity": 3}, {"EU"}, "NA", id="a wish spills over"),
        pytest.param({"regionAffinity": 0}, {"NA"}, "EU", id="the nearest is no wish"),
        pytest.param({"region": "AP"}, set(), "AP", id="a fence"),
        pytest.param({"region": "AP"}, {"AP"}, "AP", id="a fence around what is avoided"),
    ],
)
def test_a_task_is_placed(request_: dict[str, Any], avoided: set[str], region: str) -> None:
    """A fence holds, a wish spills over, and what is avoided is avoided where that leaves anything."""
    assert placed(request_, avoided) == region


def acquire(world: World, uid: str, app_id: str = "app", **request: Any) -> str:  # noqa: ANN401 - any key of acquire
    """Reserve; the resourceId."""
    status, body = world.acquire(app_id, {"cname": "c", "uid": uid, "clientRequest": request})
    assert status == 200
    resource_id: str = body["resourceId"]
    return resource_id


def region(world: World, resource_id: str) -> str:
    """Where a reservation is run."""
    found = world.reservation(resource_id)
    assert found is not None
    return found.region


def test_the_region_of_a_named_task_is_avoided() -> None:
    """The second task runs elsewhere, and a third one elsewhere again."""
    world = World()
    first = acquire(world, "1")
    second = acquire(world, "2", excludeResourceIds=[first])
    third = acquire(world, "3", excludeResourceIds=[first, second])
    assert [region(world, item) for item in (first, second, third)] == ["NA", "EU", "AP"]


def test_only_tasks_of_the_same_app_id_are_known() -> None:
    """Somebody else's resourceId, or one that nobody knows, means nothing."""
    world = World()
    foreign = acquire(world, "1", app_id="another")
    assert region(world, acquire(world, "2", excludeResourceIds=[foreign, "nobody's"])) == "NA"


def test_a_session_runs_where_its_resource_id_was_placed() -> None:
    """The start takes the region over."""
    world = World()
    first = acquire(world, "1")
    second = acquire(world, "2", excludeResourceIds=[first])
    storage = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "k", "secretKey": "s"}
    request = {"storageConfig": storage, "recordingConfig": {"channelType": 1}}
    for uid, resource_id in (("1", first), ("2", second)):
        assert world.start("app", resource_id, "mix", {"cname": "c", "uid": uid, "clientRequest": request})[0] == 200
    assert [item.region for item in world.sessions()] == ["NA", "EU"]
