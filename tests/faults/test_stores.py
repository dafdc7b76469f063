"""The state in a bucket or in PostgreSQL: faults of the recorder, and faults of the store itself."""

import os
from itertools import product
from pathlib import Path

import pytest
from tests.faults.matrix import SECTIONS, TRIES, accidents, play
from tests.faults.page import PAGE, numbered, stores_told
from tests.faults.remote import DISKS
from tests.faults.stage import Stage
from tests.faults.stores import CASES, PLACES, requests
from tests.faults.stores import play as harmed
from tests.store_fronts import Harm

IN = {"s3": "in a bucket", "postgres": "in PostgreSQL"}
EVERY = 1 if os.environ.get("TAKEUP_NIGHTLY") == "1" else 34
"""Of the cells of a section every 34th is played; all of them with TAKEUP_NIGHTLY=1."""
OPERATIONS: dict[str, dict[str, tuple[str, int]]] = {
    "s3": {
        "the lease is taken": ("put lease", 1),
        "the lease is renewed": ("put lease", 2),
        "state and journal are read": ("get state", 1),
        "the start is announced": ("put journal", 3),
        "the sid is written down": ("put journal", 4),
        "the state becomes an earlier one": ("put history", 1),
        "the state is written": ("put state", 1),
        "the lease is given back": ("put lease", 3),
    },
    "postgres": {
        "the lease is taken": ("take lease", 1),
        "the lease is renewed": ("renew lease", 1),
        "state and journal are read": ("read state and journal", 1),
        "the start is announced": ("append to journal", 3),
        "the sid is written down": ("append to journal", 4),
        "the state becomes an earlier one": ("keep earlier state", 1),
        "the state is written": ("COMMIT", 3),
        "the lease is given back": ("release lease", 1),
    },
}
"""What each operation of a backend comes down to in a replacement: a request, and which of those with its name."""
CELLS = [(place, operation) for place in PLACES for operation in OPERATIONS[place]]


@pytest.mark.parametrize("place", DISKS, ids=IN.values())
@pytest.mark.parametrize(("operation", "scenario"), SECTIONS, ids=[f"{one}, {other}" for one, other in SECTIONS])
def test_a_fault_of_the_recorder_ends_as_it_does_elsewhere(
    place: str, operation: str, scenario: str, tmp_path: Path
) -> None:
    """It makes no difference to what comes of a fault where the state is; a part of each section is played."""
    first = SECTIONS.index((operation, scenario)) % EVERY
    for accident, tries in list(product(accidents(), TRIES))[first::EVERY]:
        found = play(operation, scenario, accident, tries, lambda: Stage(disk=DISKS[place](tmp_path)))
        assert found == play(operation, scenario, accident, tries)
        assert found.problems == ()


@pytest.mark.parametrize(("place", "operation"), CELLS, ids=[f"{IN[place]}: {name}" for place, name in CELLS])
def test_a_store_that_fails_costs_no_session(place: str, operation: str) -> None:
    """No call is made that is not written down; what the run knows is kept; a run later all is well.

    Each harm strikes once. `make matrices` harms every request, and all that follow as well.
    """
    name, count = OPERATIONS[place][operation]
    numbers = [number for number, asked in enumerate(requests(place, "replace"), 1) if asked == name]
    lost = set()
    for harm in (one for one in Harm if one is not Harm.AWAY):
        found = harmed(place, "replace", numbers[count - 1], harm, lasting=False)
        assert found is not None
        assert found.request == name
        assert found.problems == ()
        lost |= {harm} if "LOST" in found.told else set()
    assert lost <= ({Harm.TAKEN, Harm.LATE} if operation == "the sid is written down" else set())
    assert Harm.TAKEN in lost or operation != "the sid is written down", "the harness sees a lost sid"


@pytest.mark.parametrize("place", PLACES, ids=IN.values())
@pytest.mark.parametrize("action", CASES)
def test_the_page_tells_of_every_request(place: str, action: str) -> None:
    """A request that is new to a backend is not among those that were harmed, and must get there."""
    told = stores_told(PAGE.read_text("utf-8"), place, action)
    names = numbered(requests(place, action))
    assert {name for row in told.splitlines()[3:] for name in row[2:].partition(" | ")[0].split(", ")} >= set(names)
    assert f"{len(names) * len(CASES[action]):,} harms at {len(names)} requests." in told, (
        "make matrices renews the page"
    )


@pytest.mark.parametrize("place", PLACES, ids=IN.values())
def test_a_store_that_stays_away_after_a_start_leaves_its_sid_on_this_machine(place: str) -> None:
    """Its sid is not written down, so the next run tells the session as LOST; what was rescued names it."""
    name, count = OPERATIONS[place]["the sid is written down"]
    numbers = [number for number, asked in enumerate(requests(place, "replace"), 1) if asked == name]
    found = harmed(place, "replace", numbers[count - 1], Harm.AWAY, lasting=True)
    assert found is not None
    assert (found.told, found.problems) == ("**LOST**, its sid rescued", ())
