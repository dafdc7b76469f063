"""Which files a session has, and how an answer lists them. Pure functions of a session and the time.

Names and shapes: [files], [query], [stop]; facts, sections 4, 6 and 9.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from takeup.provider.emulator.sessions import Json, Session, web_service
from takeup.provider.emulator.settings import Settings, matches

MINUTE = 60.0
HOUR = 3600.0
DEFAULT_VIDEO_DURATION = 120
"""maxVideoDuration of a web page recording where none is sent, in minutes [start]."""
_TRACKS = {0: "audio", 1: "video"}


@dataclass(frozen=True, slots=True)
class File:
    """One file: its name, when its first slice began (Unix seconds), and whose it is ("0" where all are mixed)."""

    name: str
    at: float
    track: str
    uid: str


@dataclass(frozen=True, slots=True)
class _Run:
    """An unbroken piece of a recording: one worker, from its first slice until it left or fell out."""

    prefix: str
    since: float
    until: float


def section(session: Session, name: str) -> Json:
    """Read one object of the start request; empty where it was not sent."""
    found = session.request.get(name)
    return found if isinstance(found, dict) else {}


def takes_snapshots(session: Session) -> bool:
    """Whether screenshots are taken: then a query names no files [zhapi]."""
    return session.mode == "individual" and isinstance(session.request.get("snapshotConfig"), dict)


def snapshots_only(session: Session) -> bool:
    """Whether nothing but screenshots is taken: then a stop names no files either [stop]."""
    return takes_snapshots(session) and "recordingFileConfig" not in session.request


def backed_up(session: Session, settings: Settings) -> bool:
    """Whether the files wait in Agora's backup, the bucket being out of reach [stop]."""
    storage = session.storage or section(session, "storageConfig")
    return matches(storage.get("bucket"), settings.unreachableStorage)


def slice_start(session: Session, settings: Settings) -> float | None:
    """Tell when the first slice begins, in Unix seconds; None where nobody is there to be recorded."""
    if session.published_at is None:
        return None
    return max(session.started_at + settings.startup, session.published_at)


def first_file_at(session: Session, settings: Settings) -> float | None:
    """Tell when the first file is in the bucket, in Unix seconds; None where the session ends before that."""
    since = slice_start(session, settings)
    if since is None:
        return None
    at = since + _delay(settings)
    end = session.exit
    if end is None or at < end.at:
        return at
    # An orderly exit uploads what there is up to its last moment; any other one has lost it.
    return at if at == end.at and end.cause.orderly else None


def recorded(session: Session, now: float, settings: Settings) -> bool:
    """Whether there is a file by now."""
    at = first_file_at(session, settings)
    return at is not None and at <= now


def listed(session: Session, now: float, settings: Settings, *, at_once: bool = False) -> tuple[File, ...]:
    """List the files that there are by now, oldest first.

    Args:
        session: the session.
        now: Unix seconds.
        settings: how long things take, and the switches.
        at_once: count files whose recording has only begun (a note of 2019 says so of queries [zhrel]).
    """
    make = {"mix": _mixed, "individual": _individual, "web": _web}[session.mode]
    return tuple(
        file for run in _runs(session, now, settings, at_once=at_once) for file in make(session, run, settings)
    )


def channel_list(session: Session, files: tuple[File, ...], settings: Settings) -> Json:
    """Build `fileListMode` and `fileList` of a channel recording: one name as text, or objects."""
    if _mode(session, settings) == "string":
        return {"fileList": files[-1].name if files else "", "fileListMode": "string"}
    return {
        "fileList": [
            {
                "fileName": file.name,
                "isPlayable": True,
                "mixedAllUser": session.mode == "mix",
                "sliceStartTime": stamp(file.at, settings),
                "trackType": file.track,
                "uid": file.uid,
            }
            for file in files
        ],
        "fileListMode": "json",
    }


def web_list(files: tuple[File, ...], settings: Settings) -> list[Json]:
    """Build the `fileList` of a web page recording; it says `filename`, with a small n."""
    return [{"filename": file.name, "sliceStartTime": stamp(file.at, settings)} for file in files]


def stamp(at: float, settings: Settings) -> int:
    """Write a time as `sliceStartTime`."""
    return round(at * 1000) if settings.switches.sliceTime == "ms" else int(at)


def _delay(settings: Settings) -> float:
    """From a first slice until its file, in seconds."""
    return max(0.0, settings.firstFile - settings.startup)


def _mode(session: Session, settings: Settings) -> str:
    if session.mode == "individual":
        return settings.switches.individualList
    return "json" if _with_mp4(session) else "string"


def _with_mp4(session: Session) -> bool:
    return "mp4" in (section(session, "recordingFileConfig").get("avFileType") or ())


def _runs(session: Session, now: float, settings: Settings, *, at_once: bool) -> Iterator[_Run]:
    """Cut a session at its failovers; a run that was over before its first file has none [bp]."""
    since = slice_start(session, settings)
    if since is None or (not at_once and first_file_at(session, settings) is None):
        return
    moment = min(now, session.leaves_at)
    bounds = [(since, session.started_at), *((max(item.until, since), item.until) for item in session.failovers)]
    ends = [*(item.at for item in session.failovers), float("inf")]
    for number, ((begins, named), ends_at) in enumerate(zip(bounds, ends, strict=True)):
        until = min(ends_at, moment)
        if (named if at_once else begins + _delay(settings)) <= until:
            yield _Run(f"bak{number}_" if number else "", begins, until)


def _pieces(run: _Run, length: float) -> Iterator[tuple[int, float]]:
    """Number the MP4 files of a run, and tell when each begins."""
    for index in range(max(0, int((run.until - run.since) // length)) + 1):
        yield index, run.since + index * length


def _mixed(session: Session, run: _Run, settings: Settings) -> Iterator[File]:
    base = f"{run.prefix}{session.sid}_{session.cname}"
    media = _media(session)
    track = media[0] if len(media) == 1 else "audio_and_video"
    yield File(f"{base}.m3u8", run.since, track, "0")
    if _with_mp4(session):
        for index, at in _pieces(run, settings.switches.mp4Hours * HOUR):
            yield File(f"{base}_{index}.mp4", at, track, "0")


def _individual(session: Session, run: _Run, settings: Settings) -> Iterator[File]:  # noqa: ARG001 - one of three alike
    base = f"{run.prefix}{session.sid}_{session.cname}"
    for track in _media(session):
        for uid in _publishers(session, track):
            yield File(f"{base}__uid_s_{uid}__uid_e_{track}.m3u8", run.since, track, uid)


def _web(session: Session, run: _Run, settings: Settings) -> Iterator[File]:  # noqa: ARG001 - one of three alike
    # Which characters are special is not documented; those that need no escaping anywhere are kept.
    base = f"{run.prefix}{session.sid}_{re.sub(r'[^A-Za-z0-9_-]', '-', session.cname)}"
    yield File(f"{base}.m3u8", run.since, "audio_and_video", "0")
    if _with_mp4(session):
        recorder = web_service(session.request, "web_recorder_service") or {}
        minutes = recorder.get("maxVideoDuration", DEFAULT_VIDEO_DURATION)
        for index, at in _pieces(run, max(1.0, minutes) * MINUTE):
            yield File(f"{base}_{index}.mp4", at, "audio_and_video", "0")


def _lists(session: Session) -> Json:
    """Tell the subscription in force: that of the last update, else that of the start."""
    if session.subscription is None:
        return section(session, "recordingConfig")
    return {key: uids for part in session.subscription.values() if isinstance(part, dict) for key, uids in part.items()}


def _media(session: Session) -> tuple[str, ...]:
    """Tell what is recorded; a list for one medium alone leaves the other one out [sub]."""
    stream_types = section(session, "recordingConfig").get("streamTypes", 2)
    if stream_types in _TRACKS:
        return (_TRACKS[stream_types],)
    lists = _lists(session)
    wanted = tuple(
        track
        for track, word in (("audio", "Audio"), ("video", "Video"))
        if f"subscribe{word}Uids" in lists or f"unSubscribe{word}Uids" in lists
    )
    return wanted or ("audio", "video")


def _publishers(session: Session, track: str) -> list[str]:
    """Name who is recorded: the uids subscribed to, else somebody who is not the recorder."""
    uids = _lists(session).get(f"subscribe{track.capitalize()}Uids") or ()
    named = [uid for uid in uids if isinstance(uid, str) and not uid.startswith("#")]
    return named or ["123" if session.uid != "123" else "124"]
