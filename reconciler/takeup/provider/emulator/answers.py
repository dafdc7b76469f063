"""The bodies that the emulator answers with: pure functions of a session and the time.

Keys are sorted where the answer is written (`wsgi`), as the real service does.
"""

import re
from typing import Any

from takeup.provider.emulator.sessions import Json, Session

EXIT_STATUSES = (6, 7, 8)
READY, IN_PROGRESS = 4, 5
CODE_BODY = 2
BODY_CHECK_FAILED = "post method api body check failed!"


def error(status: int, code: int, reason: str, **more: Any) -> tuple[int, Json]:  # noqa: ANN401 - JSON values
    """Build an error of the service (not of the gateway)."""
    return status, {"code": code, "reason": reason, **more}


def bad_body(reason: str = BODY_CHECK_FAILED) -> tuple[int, Json]:
    """Build the answer to a body that does not pass."""
    return error(400, CODE_BODY, reason)


def not_found(cname: str | None, uid: str | None) -> tuple[int, Json]:
    """Build the 404 of the service; without a name where nothing tells it (a query of an unknown session)."""
    known = {} if cname is None else {"cname": cname, "uid": uid}
    return error(404, 404, "failed to find worker", **known)


def identity(session: Session) -> Json:
    """Name a session the way every successful answer does."""
    return {
        "cname": session.cname,
        "resourceId": session.resource_id,
        "sid": session.sid,
        "uid": session.uid,
    }


def status_of(session: Session, now: float, *, startup: float, first_file: float, linger: float) -> int:
    """Tell the status that a query shows: 1..5 while it lives, 6, 7, 8 while it is seen exiting."""
    leaves_at = session.leaves_at
    if now >= leaves_at:
        step = int((now - leaves_at) / linger * 3) if linger > 0 else 2
        return EXIT_STATUSES[min(step, 2)]
    age = now - session.started_at
    if age < startup:
        return 1 + min(int(age / startup * 3), 2)
    return IN_PROGRESS if age >= first_file and session.publishers else READY


def query_answer(session: Session, status: int, *, files: bool, slice_ms: int) -> Json:
    """Build the answer of a query; `files` tells whether a first file exists."""
    if session.mode == "web":
        response: Json = {"extensionServiceState": _web_services(session, status, slice_ms if files else None)}
    elif "snapshotConfig" in session.request:
        response = {"sliceStartTime": slice_ms if files else 0}
    else:
        response = {
            **_file_list(session, slice_ms if files else None),
            "sliceStartTime": slice_ms if files else 0,
        }
    return {**identity(session), "serverResponse": {**response, "status": status}}


def stop_answer(session: Session, *, files: bool, slice_ms: int) -> Json:
    """Build the answer of a stop that waited for the upload."""
    uploaded = {"uploadingStatus": "uploaded"}
    at = slice_ms if files else None
    if session.mode == "web":
        response: Json = {
            "extensionServiceState": [
                {"serviceName": "upload_service", "payload": uploaded},
                {"serviceName": "web_recorder_service", "payload": _web_payload(session, "exit", at)},
            ]
        }
    elif "snapshotConfig" in session.request and "recordingFileConfig" not in session.request:
        response = dict(uploaded)
    else:
        response = {**_file_list(session, at), **uploaded}
    return {**identity(session), "serverResponse": response}


def _section(session: Session, name: str) -> Json:
    section = session.request.get(name)
    return section if isinstance(section, dict) else {}


def _with_mp4(session: Session) -> bool:
    return "mp4" in (_section(session, "recordingFileConfig").get("avFileType") or ())


def _file_list(session: Session, at: int | None) -> Json:
    """List the files of a channel recording; `at` is None before the first one."""
    base = f"{session.sid}_{session.cname}"
    if session.mode == "mix" and not _with_mp4(session):
        return {"fileListMode": "string", "fileList": "" if at is None else f"{base}.m3u8"}
    if at is None:
        return {"fileListMode": "json", "fileList": []}
    config = _section(session, "recordingConfig")
    stream_types = config.get("streamTypes", 2)
    if session.mode == "mix":
        track = {0: "audio", 1: "video"}.get(stream_types, "audio_and_video")
        names = [(f"{base}.m3u8", track, "0"), (f"{base}_0.mp4", track, "0")]
    else:
        uid = _publisher(session, config)
        tracks = {0: ("audio",), 1: ("video",)}.get(stream_types, ("audio", "video"))
        names = [(f"{base}__uid_s_{uid}__uid_e_{track}.m3u8", track, uid) for track in tracks]
    return {
        "fileListMode": "json",
        "fileList": [
            {
                "fileName": name,
                "isPlayable": True,
                "mixedAllUser": session.mode == "mix",
                "sliceStartTime": at,
                "trackType": track,
                "uid": uid,
            }
            for name, track, uid in names
        ],
    }


def _publisher(session: Session, config: Json) -> str:
    """Name somebody in the channel: the first uid subscribed to, else one that is not the recorder."""
    for key in ("subscribeVideoUids", "subscribeAudioUids"):
        for uid in config.get(key) or ():
            if isinstance(uid, str) and not uid.startswith("#"):
                return uid
    return "123" if session.uid != "123" else "124"


def _web_payload(session: Session, state: str, at: int | None) -> Json:
    base = f"{session.sid}_{re.sub(r'[^A-Za-z0-9]', '-', session.cname)}"
    names = [] if at is None else [f"{base}.m3u8", *([f"{base}_0.mp4"] if _with_mp4(session) else [])]
    return {
        "fileList": [{"filename": name, "sliceStartTime": at} for name in names],
        "onhold": session.onhold,
        "state": state,
    }


def _web_services(session: Session, status: int, at: int | None) -> list[Json]:
    if status in EXIT_STATUSES:
        state, stream = "exit", "disconnected"
    elif status < READY:
        state, stream = "init", "connecting"
    else:
        state, stream = "inProgress", "onhold" if session.onhold else "publishing"
    services = [{"serviceName": "web_recorder_service", "payload": _web_payload(session, state, at)}]
    if session.outputs:
        outputs = [{"rtmpUrl": output.get("rtmpUrl", "***"), "status": stream} for output in session.outputs]
        services.append({"serviceName": "rtmp_publish_service", "payload": {"outputs": outputs, "state": state}})
    return services
