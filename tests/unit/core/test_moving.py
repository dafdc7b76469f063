"""Which sessions another state would know nothing of."""

from dataclasses import replace

from tests.unit.backends.samples import HALL, ended, session, snapshot

from takeup.core.moving import forgotten


def test_what_another_state_would_forget() -> None:
    """A session that is neither recorded nor ended there is forgotten, whatever its address."""
    held = snapshot()
    (gone,) = forgotten(held, snapshot(sessions={}))
    assert gone.address == HALL
    assert forgotten(held, held) == ()
    assert forgotten(held, snapshot(sessions={}, ended=(replace(ended(), sid="sid"),))) == ()
    assert forgotten(held, snapshot(sessions={HALL: session(sid="another")})) != ()


def test_knowing_more_is_not_forgetting() -> None:
    """A start whose sid is not known is not forgotten by a state that knows it; the other way round it is."""
    unknown, known = snapshot(sessions={HALL: session(sid=None)}), snapshot()
    assert forgotten(unknown, known) == ()
    assert forgotten(known, unknown) != ()
    assert forgotten(unknown, snapshot(sessions={HALL: session(resource_id="another")})) != ()
