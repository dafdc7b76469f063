"""The bodies that the emulator answers with: pure functions of a session and the time.

Keys are sorted where the answer is written (`wsgi`), as the real service does. Shapes: facts, sections 3.9, 4, 5, 6
and 12.
"""

from typing import Any

from takeup.provider.emulator import files
from takeup.provider.emulator.sessions import Cause, Json, Reservation, Session
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.switches import Switches

Answer = tuple[int, Json]
"""HTTP status and body."""

EXIT_STATUSES = (6, 7, 8)
ABNORMAL_EXIT = 20
READY, IN_PROGRESS = 4, 5
CODE_BODY = 2
BODY_CHECK_FAILED = "post method api body check failed!"
NOT_FOUND = "failed to find worker"
LONGEST_STOP = 20.0
"""For which a synchronous stop waits for the upload, in seconds [stop]."""

_RESOURCE_REASONS = {
    8: "the Content-Type must be application/json;charset=utf-8",
    432: "the App ID, cname or uid does not match the resourceId",
    433: "the resourceId has expired",
    1001: "the resourceId cannot be parsed",
    1003: "the App ID or sid does not match the resourceId",
}
# Only StopCloudRecorder was ever seen [gh:AgoraIO/API-Examples#373]; the others follow its pattern.
_COMMANDS = {
    "query": "QueryCloudRecorder",
    "update": "UpdateCloudRecorder",
    "updateLayout": "UpdateLayoutCloudRecorder",
    "stop": "StopCloudRecorder",
}


def error(status: int, code: int, reason: str, **more: Any) -> Answer:  # noqa: ANN401 - JSON values
    """Build an error of the service (not of the gateway)."""
    return status, {"code": code, "reason": reason, **more}


def bad_body(reason: str = BODY_CHECK_FAILED, switches: Switches | None = None) -> Answer:
    """Build the answer to a body that does not pass [codes]."""
    return error(400 if switches is None else switches.bodyCheckStatus, CODE_BODY, reason)


def resource_error(code: int, switches: Switches) -> Answer:
    """Build a legacy error about a resourceId (432, 433, 1001, 1003) or about headers (8) [oerr].

    Numbers and meanings are documented, words and HTTP statuses are not.
    """
    return error(switches.resourceErrorStatus, code, _RESOURCE_REASONS[code])


def not_found(
    cname: str | None,
    uid: str | None,
    switches: Switches,
    *,
    operation: str = "query",
    at: tuple[str, str] = ("", ""),
) -> Answer:
    """Build the 404 of the service, in the form that `errorBody` asks for [codes, t36773].

    Without a name where nothing tells it (a query of a session nobody knows). `at` is (resourceId, sid) of the URL.
    """
    if switches.errorBody == "nested":
        response = {
            "command": _COMMANDS[operation],
            "payload": {"message": NOT_FOUND},
            "subscribeModeBitmask": 1,
            "vid": "1209",
        }
        names = {"cname": cname or "", "uid": uid or "", "resourceId": at[0], "sid": at[1]}
        return 404, {"code": 404, "serverResponse": response, **names}
    known = {} if cname is None or switches.errorBody == "minimal" else {"cname": cname, "uid": uid}
    return error(404, 404, NOT_FOUND, **known)


def identity(session: Session) -> Json:
    """Name a session the way every successful answer does [start, update, ul]."""
    return {
        "cname": session.cname,
        "resourceId": session.resource_id,
        "sid": session.sid,
        "uid": session.uid,
    }


def acquired(reservation: Reservation, switches: Switches) -> Json:
    """Build the answer of an acquire [acq]; older deployments gave the resourceId alone [o24]."""
    if switches.acquireAnswer == "resourceIdOnly":
        return {"resourceId": reservation.resource_id}
    return {"cname": reservation.cname, "resourceId": reservation.resource_id, "uid": reservation.uid}


def already_started(reservation: Reservation, switches: Switches) -> Answer:
    """Build the answer to a start that was repeated [codes, start]."""
    more = {"sid": reservation.sid} if switches.alreadyStartedSid else {}
    return error(201, 7, "already started", **more)


def status_of(session: Session, now: float, settings: Settings) -> int:
    """Tell the status of a session.

    1, 2, 3 while it starts, 4 when it is ready, 5 with its first file; 6, 7, 8 while an orderly exit can be seen,
    20 where it is none [query].
    """
    end = session.exit
    if end is not None and now >= end.at:
        if not end.cause.orderly:
            return ABNORMAL_EXIT
        step = int((now - end.at) / settings.linger * 3) if settings.linger > 0 else 2
        return EXIT_STATUSES[min(step, 2)]
    age = now - session.started_at
    if age < settings.startup:
        return 1 + min(int(age / settings.startup * 3), 2)
    return IN_PROGRESS if files.recorded(session, now, settings) else READY


def query_answer(session: Session, now: float, settings: Settings) -> Json:
    """Build the answer of a query [query, zhapi]."""
    status = status_of(session, now, settings)
    found = files.listed(session, now, settings, at_once=settings.switches.queryFilesAt == "atOnce")
    if session.mode == "web":
        response: Json = {"extensionServiceState": _web_services(session, status, files.web_list(found, settings))}
    else:
        response = {} if files.takes_snapshots(session) else files.channel_list(session, found, settings)
        response["sliceStartTime"] = files.stamp(found[0].at, settings) if found else 0
    return {**identity(session), "serverResponse": {**response, "status": status}}


def stop_answer(session: Session, now: float, settings: Settings, *, wait: bool) -> Answer:
    """Build the answer of a stop [stop, codes].

    Args:
        session: the session, stopped.
        now: Unix seconds.
        settings: how long the upload takes, and the switches.
        wait: whether the answer waits for the upload (no `async_stop`).
    """
    switches = settings.switches
    if not wait and switches.asyncStopBody == "identity":
        return 200, identity(session)
    recorded = files.recorded(session, now, settings)
    if (not recorded and switches.noData == "noRecordedData") or (
        files.snapshots_only(session) and switches.snapshotStop == "noRecordedData"
    ):
        return error(206, 435, "no recorded data")
    if recorded and wait and settings.upload > LONGEST_STOP:
        # 206 once meant, among other things, that the upload is not over yet [oerr].
        late = switches.slowUpload == "uploadTimeout"
        return error(206, 50, "upload timeout") if late else error(206, 65, "request not completed")
    uploading = {"uploadingStatus": _uploading(session, settings, recorded=recorded, wait=wait)}
    found = files.listed(session, now, settings)
    if session.mode == "web":
        recorder = _web_payload(session, "exit", files.web_list(found, settings))
        response: Json = {
            "extensionServiceState": [
                {"serviceName": "upload_service", "payload": uploading},
                {"serviceName": "web_recorder_service", "payload": recorder},
            ]
        }
    elif files.snapshots_only(session):
        response = dict(uploading)
    else:
        response = {**files.channel_list(session, found, settings), **uploading}
    return 200, {**identity(session), "serverResponse": response}


def stop_takes(settings: Settings, wait: bool, answer: Answer | None = None) -> float:  # noqa: FBT001 - agreed on
    """Tell how long a stop lets its caller wait for the upload, in seconds; the front sleeps so long.

    Args:
        settings: how long an upload takes.
        wait: whether the stop is synchronous.
        answer: what will be answered; where it is an error of the moment nothing is uploaded and nobody waits.
    """
    if not wait or (answer is not None and answer[0] != 200 and answer[1].get("code") not in {50, 65}):  # noqa: PLR2004 - HTTP OK
        return 0.0
    return min(settings.upload, LONGEST_STOP)


def _uploading(session: Session, settings: Settings, *, recorded: bool, wait: bool) -> str:
    """Tell the uploadingStatus: an async stop cannot know it, a refused bucket is not rescued [zhrel]."""
    if not wait or any(item.cause is Cause.STORAGE_REJECTED for item in session.exits):
        return "unknown"
    # The only real answer with an empty list says so [t36441].
    return "uploaded" if recorded and not files.backed_up(session, settings) else "backuped"


def _web_payload(session: Session, state: str, listed: list[Json]) -> Json:
    return {"fileList": listed, "onhold": session.onhold, "state": state}


def _web_services(session: Session, status: int, listed: list[Json]) -> list[Json]:
    if status > IN_PROGRESS:
        state, stream = "exit", "disconnected"
    elif status < READY:
        state, stream = "init", "connecting"
    else:
        state, stream = "inProgress", "onhold" if session.onhold else "publishing"
    services = [{"serviceName": "web_recorder_service", "payload": _web_payload(session, state, listed)}]
    if session.outputs:
        outputs = [{"rtmpUrl": output.get("rtmpUrl", "***"), "status": stream} for output in session.outputs]
        services.append({"serviceName": "rtmp_publish_service", "payload": {"outputs": outputs, "state": state}})
    return services
