"""A process killed by SIGKILL at every boundary there is: what the next apply makes of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.crash.matrix import ACTIONS, Zygote, rows
from tests.crash.page import PAGE, cells, told_by

from takeup.core.address import Kind


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One process that forks all runs of this module."""
    with Zygote() as started:
        yield started


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
def test_one_apply_mends_whatever_died_when(kind: Kind, action: str, tmp_path: Path, zygote: Zygote) -> None:
    """Exactly one live session if one is declared, none otherwise; LOST only where the service hides the sid.

    The page of the docs says the same for each boundary.
    """
    found = list(rows(kind, action, tmp_path, zygote))
    broken = [row for row in found if row.problems]
    assert broken == []
    assert len(found) > 20, "the harness sees the boundaries"
    assert cells(found) == told_by(PAGE.read_text("utf-8"), kind, action)


@pytest.mark.parametrize("action", ["create", "replace"])
def test_only_a_sid_that_was_answered_and_not_written_is_lost(action: str, tmp_path: Path, zygote: Zygote) -> None:
    """Of all boundaries of a start, two hide a sid: after its answer, and before the write of it."""
    hidden = [row.boundary for row in rows(Kind.COMPOSITE, action, tmp_path, zygote) if row.hidden]
    assert hidden == ["answer of start", "write journal"]
