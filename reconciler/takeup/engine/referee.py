"""Holds an answer against what was promised. Pure."""

from takeup.core.address import Mode
from takeup.core.snapshot import SessionState
from takeup.provider.port import Identity


def broken_promises(operation: str, session: SessionState, answer: Identity) -> tuple[str, ...]:
    """What an answer says of another session than the one that was asked about; nothing where it is silent.

    Args:
        operation: whose answer it is.
        session: as it was announced. A resourceId or sid that is not known yet promises nothing.
        answer: whom the service says it is about.
    """
    rows = (
        ("cname", session.cname, answer.cname),
        ("uid", session.uid, answer.uid),
        ("resourceId", session.resource_id or None, answer.resource_id),
        ("sid", session.sid, answer.sid),
        ("mode", _shape(session.mode is Mode.WEB), None if answer.web is None else _shape(answer.web)),
    )
    return tuple(
        f"{operation} was about {name} {promised}, and the answer is about {name} {told}"
        for name, promised, told in rows
        if promised is not None and told is not None and told != promised
    )


def _shape(web: bool) -> str:  # noqa: FBT001 - a value, not a switch
    return "web" if web else "of a channel"


def marked(session: SessionState, found: tuple[str, ...]) -> tuple[str, ...]:
    """The broken promises of a session, the new ones included, each once."""
    return (*session.broken, *(text for text in found if text not in session.broken))
