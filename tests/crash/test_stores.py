"""The state in a bucket or in PostgreSQL, and its run killed or stopped: what the next one makes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.crash.matrix import ACTIONS, Zygote
from tests.crash.page import PAGE, line_of
from tests.crash.remote import KIND, REMOTE, chosen, play, requests
from tests.crash.zombie import ANNOUNCED, sleeps

IN = {"s3": "in a bucket", "postgres": "in PostgreSQL"}


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One process that forks all runs of this module."""
    with Zygote() as started:
        yield started


@pytest.mark.parametrize("place", REMOTE, ids=IN.values())
@pytest.mark.parametrize("action", ACTIONS)
def test_one_apply_mends_what_died_at_a_request(place: str, action: str, tmp_path: Path, zygote: Zygote) -> None:
    """Refused while the lease lasts; then exactly what is declared records, or is LOST where the service hides the sid.

    It dies from its first call to the journal after its last one, and at every tenth boundary; `make matrices` plays
    all. The page of the docs says how many there are, and at which of them a sid is lost.
    """
    unit = play(place, KIND, action, (tmp_path, zygote), lambda names: chosen(names, action))
    assert [row for row in unit.found if row.problems] == []
    page = PAGE.read_text("utf-8")
    _, _, _, boundaries, _, lost, _ = (cell.strip() for cell in line_of(page, place, action).split("|"))
    assert int(boundaries) == len(unit.passed), "make matrices renews the page"
    assert (", ".join(row.boundary for row in unit.found if row.hidden) or "-") == lost
    if action == "create":
        assert f"{requests(unit.passed)}." in page


@pytest.mark.parametrize("place", REMOTE, ids=IN.values())
def test_a_run_that_slept_through_its_lease_makes_no_further_call(place: str, tmp_path: Path, zygote: Zygote) -> None:
    """Whatever it slept before: but for the call in flight it calls nothing, and no session is lost or doubled."""
    slept = sleeps(place, "replace", (tmp_path, zygote), lambda names: chosen(names, "replace"))
    assert [one for one in slept.found if one.problems] == []
    assert ANNOUNCED & {one.boundary for one in slept.found}, "it slept behind an intent, too"
    assert any("start" in one.calls for one in slept.found), "the harness sees the call in flight"
