"""When a session is handed over because its token ends. Pure.

No call gives a running session another token, and the recorder leaves when its token expires [start]. So a new
session with a new token takes its place before that.
"""

from datetime import datetime, timedelta

from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness, SessionState
from takeup.core.token import expires_at


def renewed_at(
    resource: Resource | None, session: SessionState, now: datetime, hand_over: timedelta
) -> datetime | None:
    """When a later plan hands a running session over for its token; None where it does not, or this one does."""
    ends = session.token_expires_at if session.liveness is Liveness.RUNNING else None
    if ends is None or resource is None or resource.token_build is None or ends - hand_over <= now:
        return None
    return ends - hand_over


def renewal(resource: Resource, session: SessionState, now: datetime, hand_over: timedelta) -> tuple[str, str]:
    """Why a running session is handed over, or else what there is to warn of; both empty while its token lasts.

    Args:
        resource: as wanted; a token of the manifest counts only if it lasts beyond the window.
        session: what records.
        now: the time of the plan.
        hand_over: how long before the end of a token the window opens.
    """
    ends = session.token_expires_at
    if ends is None or ends - now > hand_over:
        return "", ""
    told = f"its token expires at {ends:%Y-%m-%d %H:%M:%S} UTC"
    if resource.token_build is not None:
        return told, ""
    token = resource.spec.get("token")
    given = expires_at(token.reveal()) if isinstance(token, Secret) and token.resolved else None
    if given is not None and given > ends and given - now > hand_over:
        return told, ""
    return "", (
        f"{session.address}: {told}, and the recorder leaves then. The token of the manifest lasts no longer than the "
        "hand-over window (spec.tokens.handOver): give it a newer one, or let takeup build it (token: {build: ...})."
    )
