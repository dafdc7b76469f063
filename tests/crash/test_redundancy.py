"""A recording by two sessions, its process killed by SIGKILL at every boundary: neither is lost, doubled or stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.crash.matrix import Zygote
from tests.crash.page import PAGE, told_of_two
from tests.crash.two import ACTIONS, FIRST, SECOND, UIDS, cells, deaths, doubled, gap, room

LOSES_SID = ["answer of start", "write journal"]


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One process that forks all runs of this module."""
    with Zygote() as started:
        yield started


@pytest.mark.parametrize("action", ACTIONS)
def test_one_apply_mends_both_sessions_wherever_it_died(action: str, tmp_path: Path, zygote: Zygote) -> None:
    """Exactly two live sessions in two regions, or none where none is wanted; LOST only where the sid is hidden.

    There is no moment between the first start and the end at which neither records, while both are replaced too. The
    page of the docs says the same for each boundary.
    """
    found = list(deaths(action, tmp_path, zygote))
    assert len(found) > 20, "the harness sees the boundaries"
    for death in found:
        assert death.trouble == "", death
        assert doubled(death.every) == [], death
        assert gap(death.every) == 0, death
        if action == "delete":
            assert (death.live, death.held, death.left, death.runs) == ((), {}, 0, 1), death
            continue
        assert sorted(item.uid for item in death.live) == list(UIDS), death
        assert (death.left, death.runs) == (3 if death.hidden else 0, 1), death
        for address, uid in zip((FIRST, SECOND), UIDS, strict=True):
            (live,) = (item for item in death.live if item.uid == uid)
            held = death.held[address]
            assert held.sid == (None if uid in death.hidden else live.sid), death
            assert live.resource_id in {held.resource_id, *held.former}, death
            idle = room(action)["recordingConfig"]["maxIdleTime"]
            assert uid in death.hidden or live.request["recordingConfig"]["maxIdleTime"] == idle, death
        assert len({item.region for item in death.live}) == 2, death
    if action in {"create", "replace"}:
        # Of each of the two as of a single one: after the answer of its start, and before the write of it.
        hidden = {uid: [death.boundary for death in found if uid in death.hidden] for uid in UIDS}
        assert hidden == dict.fromkeys(UIDS, LOSES_SID)
    assert cells(found) == told_of_two(PAGE.read_text("utf-8"), action)
