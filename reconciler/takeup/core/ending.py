"""When a session ends by itself at the latest. Pure; sources: facts, sections 6 and 11."""

from datetime import datetime, timedelta

from takeup.core.address import Kind
from takeup.core.schema.table import attributes
from takeup.core.snapshot import SessionState

SLACK = timedelta(minutes=2)
"""Added to what is reckoned from the time at which start was sent: recording begins some seconds later, and a
failover may shift it [bp]."""


def latest_end(session: SessionState) -> tuple[datetime | None, str]:
    """The time by which a session has surely ended, None where nothing says so; and why, as a sentence."""
    if session.address.kind is Kind.WEB_PAGE:
        hours = _number(session, "webRecorder", "maxRecordingHour")
        return session.started_at + timedelta(hours=hours) + SLACK, f"maxRecordingHour ({hours} h) ends it"
    idle = _number(session, "recordingConfig", "maxIdleTime")
    empty = f"it leaves when the channel has been empty for maxIdleTime ({idle} s)"
    if session.token_expires_at is not None:
        return session.token_expires_at + SLACK, f"its token expires then; before that, {empty}"
    return None, f"nothing sets an end: {empty}, and its token does not tell when it expires"


def _number(session: SessionState, group: str, name: str) -> int:
    """One attribute, or its default; `effective` fills in all of them, and a plan asks this of every session."""
    declared = session.applied.get(group, {}).get(name)
    return int(attributes(session.address.kind)[f"{group}.{name}"].default if declared is None else declared)
