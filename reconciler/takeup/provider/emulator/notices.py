"""Which notices (webhook events) a session gives rise to, when, and with which details. Pure.

Everything is derived from the session as it stands; nothing is remembered here. Sources: events and details [ncse],
order of the end 41, 31, 11 [bp], doubled events after a failover [bp], times as in `answers` and `fate`.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from heapq import merge
from math import ceil, inf

from takeup.provider.emulator import files
from takeup.provider.emulator.fate import idle_time
from takeup.provider.emulator.sessions import Cause, Json, Session, web_service
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.story import Notice, Story, ms

LATE = 1_000_000_000
"""`nth` of what closes a row of notices whose length is not known beforehand."""
PROGRESS_EVERY = 60.0
"""Upload progress comes once a minute, in seconds [ncse]."""
SLICE = 15.0
"""Length of a TS slice, in seconds [t36144]."""
REGISTERED_WITHIN = 10.0
"""Event 13 comes at most this long after the start, in seconds [bp]."""

LEAVE_CODES = {Cause.IDLE: 4, Cause.TOKEN_REJECTED: 0, Cause.STORAGE_REJECTED: 2}
"""leaveCode by cause: nobody there, initialisation failed, ended by a signal; otherwise 16, left the channel [ncse]."""
ERRORS = {
    Cause.STORAGE_REJECTED: (1, 32, "the third-party cloud storage is not configured correctly"),
    Cause.TOKEN_REJECTED: (0, 110, "the token is not valid"),
    Cause.TOKEN_EXPIRED: (0, 109, "the token has expired"),
}
"""(module, errorCode, errorMsg) by cause [ncse, oerr]; the words are ours."""
_RECORDING_MODES = {"en": {"individual": 0, "mix": 1}, "zh": {"mix": 0, "individual": 1}}


def notices(session: Session, settings: Settings, until: float = inf) -> list[Notice]:
    """List the notices of a session up to and including `until`, oldest first.

    Raises:
        ValueError: neither the session nor the time has an end, and progress is told for ever.
    """
    if until == inf and over_at(session, settings) == inf:
        raise ValueError("this session has no end in sight: say until when")
    return list(notices_between(session, settings, session.started_at, until))


def notices_between(
    session: Session, settings: Settings, since: float, until: float, *, wanted: Callable[[int], bool] = lambda _: True
) -> Iterator[Notice]:
    """Tell the notices in [since, until], oldest first, without looking at those before: cheap for any length.

    Args:
        session: as it stands.
        settings: of the world it lives in.
        since: Unix seconds.
        until: Unix seconds; may be infinite.
        wanted: which events; the others are not even made.
    """
    story = Story(session, settings)
    single = sorted((item for item in _singles(story) if since <= item.at <= until), key=lambda item: item.at)
    rows = [iter(single)]
    if wanted(33):
        rows.append(_progress(story, since, until))
    if wanted(45):
        rows.append(_snapshots(story, since, until))
    return (item for item in merge(*rows, key=lambda item: item.at) if wanted(item.event))


def over_at(session: Session, settings: Settings) -> float:
    """Tell after which moment a session has no more notices; infinite where no end is in sight."""
    end = session.exit
    if end is None:
        return inf
    return end.at if end.cause.abrupt else end.at + max(session.upload, settings.linger)


def of_change(before: Session, after: Session, at: float, settings: Settings) -> list[Notice]:
    """Tell what a change of a session gives rise to at once: streams that come and go, rtmp outputs, onhold."""
    story = Story(after, settings)
    if after.mode == "web":
        return _rtmp_change(story, before, at) if story.ready <= at < after.leaves_at else []
    was, left = _left_at(before), _left_at(after)
    if (was is None) == (left is None) or before.published_at is None:
        return []
    # Everybody may have left a while ago: a step of the clock finds out afterwards.
    moment = at if left is None else left
    return list(_streams(story, moment, 0 if left is None else 1)) if story.ready <= moment < after.leaves_at else []


def _left_at(session: Session) -> float | None:
    """When the channel became empty; None where somebody is there."""
    return min((item.at - idle_time(session) for item in session.exits if item.cause is Cause.IDLE), default=None)


def misfit(session: Session, status: int, at: float, settings: Settings) -> Notice:
    """Tell event 3: a call did not fit the state, such as a second start of a running session [ncse].

    Args:
        session: the one that the call meant.
        status: what a query tells at that moment.
        at: Unix seconds.
        settings: of the world; the switch `recordingMode` tells what 0 and 1 mean.
    """
    modes = _RECORDING_MODES[settings.switches.recordingMode]
    known: Json = {"recordingMode": modes[session.mode]} if session.mode in modes else {}
    names = _playlists(session, at, settings)
    return Story(session, settings).tell(at, 3, status=status, fileList=names[0] if names else "", **known)


# --- single notices ---------------------------------------------------------------------------------------


def _singles(story: Story) -> Iterator[Notice]:
    """All notices but the periodic ones, not sorted."""
    session, end = story.session, story.end
    yield from (item for item in _beginning(story) if item.at < end)
    for nth, move in enumerate(session.failovers):
        if move.until < end:
            yield from _moved(story, nth)
    yield from _ending(story)


def _beginning(story: Story) -> Iterator[Notice]:
    session, ready = story.session, story.ready
    yield story.tell(min(ready, session.started_at + REGISTERED_WITHIN), 13)
    if session.mode == "web":
        for nth, output in enumerate(session.outputs):
            yield _rtmp(story, session.started_at, output, "connecting", nth)
    yield from _up(story, ready, 0)
    if session.mode == "web":
        state = "onhold" if session.onhold else "publishing"
        for nth, output in enumerate(session.outputs):
            yield _rtmp(story, ready, output, state, len(session.outputs) + nth)
    elif story.begins < inf:
        yield from _streams(story, story.begins, 0)
        yield from _slices(story, story.begins, story.begins, 0)
    first = files.first_file_at(session, story.settings)
    if first is not None and not files.snapshots_only(session):
        for nth, name in enumerate(_playlists(session, first, story.settings)):
            yield story.tell(first, 4, nth, fileList=name)


def _up(story: Story, at: float, nth: int) -> Iterator[Notice]:
    """The worker's parts are up: the recorder and the uploader."""
    if story.session.mode == "web":
        yield story.tell(at, 70, nth, recorderStartTime=ms(at))
    else:
        yield story.tell(at, 40, nth, status=0)
    yield story.tell(at, 30, nth, status=0)


def _moved(story: Story, nth: int) -> Iterator[Notice]:
    """A failover is over: the new worker introduces itself, under its new uid [bp]."""
    session = story.session
    move = session.failovers[nth]
    old = session.failovers[nth - 1].new_uid if nth else session.uid
    new_uid: int | str = int(move.new_uid) if move.new_uid.isdecimal() else move.new_uid
    yield story.tell(move.until, 12, nth, uid=old, newUid=new_uid)
    yield story.tell(move.until, 13, nth + 1)
    yield from _up(story, move.until, nth + 1)
    if session.mode != "web" and story.begins < move.at:
        yield from _slices(story, move.until, move.at, nth + 1)


def _slices(story: Story, start: float, stopped: float, turn: int) -> Iterator[Notice]:
    """Files begin, one notice per track; `turn` counts the failovers before."""
    rows = [] if files.snapshots_only(story.session) else story.tracks
    for nth, (track, uid) in enumerate(rows):
        yield story.tell(
            start,
            42,
            turn * len(rows) + nth,
            startUtcMs=ms(start),
            discontinueUtcMs=ms(stopped),
            mixedAllUser=story.session.mode == "mix",
            streamUid=uid,
            trackType=track,
        )


def _streams(story: Story, at: float, state: int) -> Iterator[Notice]:
    """Streams are received (state 0), or no longer (1)."""
    for nth, (track, uid) in enumerate(story.tracks):
        for event, medium in ((43, "audio"), (44, "video")):
            if medium in track:
                yield story.tell(at, event, nth, streamUid=uid, state=state, UtcMs=ms(at))


def _ending(story: Story) -> Iterator[Notice]:
    """The end, by its cause. A worker that died tells nothing any more."""
    session, end = story.session, story.session.exit
    if end is None or end.cause is Cause.WORKER_DIED:
        return
    if end.cause in ERRORS:
        module, code, words = ERRORS[end.cause]
        yield story.tell(end.at, 1, module=module, errorLevel=5, errorCode=code, stat=1, errorMsg=words)
    if session.mode == "web":
        yield from _page_ending(story, end.at, end.cause)
    elif end.cause is not Cause.FAILOVERS and (story.ready < end.at or end.cause is Cause.TOKEN_REJECTED):
        yield story.tell(end.at, 41, leaveCode=LEAVE_CODES.get(end.cause, 16))
    yield from _upload(story, end.at, end.cause)
    yield story.tell(over_at(session, story.settings), 11, exitStatus=0 if end.cause.orderly else 1)


def _upload(story: Story, end: float, cause: Cause) -> Iterator[Notice]:
    """All files are in the bucket: 31; or in Agora's backup, with a warning: 32 [ncse]."""
    session, settings = story.session, story.settings
    if cause.abrupt or not _recorded(story):
        return
    done = end + session.upload
    backup = files.backed_up(session, settings)
    if backup:
        yield story.tell(done, 2, module=1, warnCode=32)
    yield story.tell(done, 33, LATE, progress=10_000)
    listed: Json = {} if session.mode == "web" else {"fileList": _file_list(session, done, settings)}
    yield story.tell(done, 32 if backup else 31, status=0, **listed)


def _recorded(story: Story) -> bool:
    """Whether there is anything to upload: a file, or a screenshot."""
    interval = _interval(story.session)
    if interval is not None and story.begins + interval < story.end:
        return True
    return not files.snapshots_only(story.session) and files.recorded(story.session, story.end, story.settings)


def _file_list(session: Session, at: float, settings: Settings) -> list[Json]:
    """The file objects of 31 and 32: always a list, whatever fileListMode a query has [ncse]."""
    if files.snapshots_only(session):
        return []
    return [
        {
            "fileName": file.name,
            "trackType": file.track,
            "uid": file.uid,
            "mixedAllUser": session.mode == "mix",
            "isPlayable": True,
            "sliceStartTime": files.stamp(file.at, settings),
        }
        for file in files.listed(session, at, settings)
    ]


def _playlists(session: Session, at: float, settings: Settings) -> list[str]:
    return [file.name for file in files.listed(session, at, settings) if file.name.endswith(".m3u8")]


def _page_ending(story: Story, end: float, cause: Cause) -> Iterator[Notice]:
    session = story.session
    recorder = web_service(session.request, "web_recorder_service") or {}
    timeout = recorder.get("readyTimeout", 0)
    if cause is Cause.PAGE_FAILED and timeout:
        # The first timeout reloads the page, the second one ends the session [wlt].
        yield story.tell(max(end - timeout, session.started_at), 73, reason="page_load_timeout")
    if cause is Cause.FAILOVERS:
        return
    code, message, words = _page_words(cause, recorder)
    names = files.web_list(files.listed(session, end, story.settings), story.settings)
    yield story.tell(end, 71, code=code, message=message, details=words, fileList=names)
    if story.ready < end:
        for nth, output in enumerate(session.outputs):
            yield _rtmp(story, end, output, "disconnected", LATE + nth)


def _page_words(cause: Cause, recorder: Json) -> tuple[int, str, str]:
    """Code, message and details of event 71 [ncse]; only the details of code 1 are Agora's own words."""
    if cause is Cause.MAX_HOURS:
        return 1, "max_recording_hour", f"max recording hour is {recorder.get('maxRecordingHour')}"
    if cause is Cause.PAGE_FAILED and recorder.get("readyTimeout", 0):
        return 4, "page_load_timeout", "the page was not ready in time, twice"
    if cause is Cause.PAGE_FAILED:
        return 5, "access_url_failed", "the page could not be opened"
    return (0, "ok", "") if cause is Cause.STOPPED else (6, "recorder_error", "the recorder cannot go on")


def _rtmp(story: Story, at: float, output: Json, status: str, nth: int = 0) -> Notice:
    return story.tell(at, 100, nth, rtmpUrl=output.get("rtmpUrl", "***"), status=status)


def _rtmp_change(story: Story, before: Session, at: float) -> list[Notice]:
    after = story.session
    state = "onhold" if after.onhold else "publishing"
    gone = [output for output in before.outputs if output not in after.outputs]
    new = [output for output in after.outputs if output not in before.outputs]
    kept = [output for output in after.outputs if output in before.outputs]
    told = [_rtmp(story, at, output, "disconnected") for output in gone]
    if before.onhold != after.onhold:
        told += [_rtmp(story, at, output, state) for output in kept]
    for output in new:
        told += [_rtmp(story, at, output, "connecting"), _rtmp(story, at, output, state)]
    return told


# --- periodic notices -------------------------------------------------------------------------------------


def _steps(begins: float, every: float, since: float, until: float) -> Iterator[tuple[int, float]]:
    """Count the multiples of a period, from 1, that fall in [since, until]."""
    if begins == inf:
        return
    nth = max(1, ceil((since - begins) / every))
    while begins + nth * every <= until:
        yield nth, begins + nth * every
        nth += 1


def _progress(story: Story, since: float, until: float) -> Iterator[Notice]:
    """Once a minute from the first slice on: uploaded slices of recorded ones, out of 10,000 [ncse]."""
    session = story.session
    if files.snapshots_only(session):
        return
    for nth, at in _steps(story.begins, PROGRESS_EVERY, since, until):
        if at >= story.end:
            return
        if not session.failing_over(at):
            slices = int(nth * PROGRESS_EVERY / SLICE)
            yield story.tell(at, 33, nth, progress=10_000 * slices // (slices + 1))


def _interval(session: Session) -> float | None:
    """Tell captureInterval, in seconds; None where no screenshots are taken."""
    if not files.takes_snapshots(session):
        return None
    return float(files.section(session, "snapshotConfig").get("captureInterval", 10))


def _snapshots(story: Story, since: float, until: float) -> Iterator[Notice]:
    """One per captureInterval, while somebody is there to be seen."""
    session, every = story.session, _interval(story.session)
    if every is None or every <= 0:
        return
    left = _left_at(session)
    empty_from = inf if left is None else left
    uid = next((uid for track, uid in story.tracks if "video" in track), session.uid)
    storage = session.storage or files.section(session, "storageConfig")
    folder = "".join(f"{part}/" for part in storage.get("fileNamePrefix") or ())
    for nth, at in _steps(story.begins, every, since, min(until, empty_from)):
        if at >= story.end:
            return
        if not session.failing_over(at):
            name = f"{session.sid}_{session.cname}__uid_s_{uid}__uid_e_video_{_stamp(at)}.jpg"
            yield story.tell(at, 45, nth, fileName=folder + name)


def _stamp(at: float) -> str:
    """The UTC part of a file name: yyyyMMddHHmmssSSS [files]."""
    return datetime.fromtimestamp(ms(at) / 1000, UTC).strftime("%Y%m%d%H%M%S%f")[:-3]
