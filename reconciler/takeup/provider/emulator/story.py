"""One notice, and the moments of a session that notices hang on. Pure; `notices` tells what happens at them."""

from dataclasses import dataclass
from math import inf

from takeup.provider.emulator import files
from takeup.provider.emulator.sessions import Json, Session
from takeup.provider.emulator.settings import Settings

NAMES = {
    1: "cloud_recording_error",
    2: "cloud_recording_warning",
    3: "cloud_recording_status_update",
    4: "cloud_recording_file_infos",
    11: "session_exit",
    12: "session_failover",
    13: "high_availability_register_success",
    30: "uploader_started",
    31: "uploaded",
    32: "backuped",
    33: "uploading_progress",
    40: "recorder_started",
    41: "recorder_leave",
    42: "recorder_slice_start",
    43: "recorder_audio_stream_state_changed",
    44: "recorder_video_stream_state_changed",
    45: "recorder_snapshot_file",
    70: "web_recorder_started",
    71: "web_recorder_stopped",
    73: "web_recorder_reload",
    100: "rtmp_publish_status",
}
"""The events that can come, by number [ncse]. The name of 13 is (I): the facts have only its words [bp]."""

SERVICES = {30: 2, 31: 2, 32: 2, 33: 2, 40: 1, 41: 1, 42: 1, 43: 1, 44: 1, 45: 1, 70: 6, 71: 6, 73: 6, 100: 6}
"""serviceType by event; 0, the service itself, for the others [ncse]. 45 is (C): 1 in English, 2 in Chinese."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One event of one session.

    `at` is when it happens, in Unix seconds; `nth` counts the notices of this event in the session, upwards in time,
    so that (event, nth) is the same notice however often it is derived. `uid` is the recorder's at that moment.
    """

    at: float
    event: int
    service: int
    details: Json
    uid: str
    nth: int = 0


@dataclass(frozen=True, slots=True)
class Story:
    """A session and the moments that its notices hang on."""

    session: Session
    settings: Settings

    @property
    def ready(self) -> float:
        """When the recorder is up, status 4."""
        return self.session.started_at + self.settings.startup

    @property
    def end(self) -> float:
        """When it is over; infinite where no end is in sight."""
        return self.session.leaves_at

    @property
    def begins(self) -> float:
        """When the first slice begins; infinite where nobody is there."""
        begins = files.slice_start(self.session, self.settings)
        return inf if begins is None else begins

    @property
    def tracks(self) -> list[tuple[str, str]]:
        """What is recorded of whom: (trackType, uid), "0" for all."""
        if self.begins >= self.end:
            return []
        first = files.listed(self.session, self.begins, self.settings, at_once=True)
        return [(file.track, file.uid) for file in first if file.name.endswith(".m3u8")]

    def tell(self, at: float, event: int, nth: int = 0, *, uid: str | None = None, **details: object) -> Notice:
        """Build a notice of this session; without a uid it is the recorder's at that moment."""
        moved = [item.new_uid for item in self.session.failovers if item.until <= at]
        recorder = uid or (moved[-1] if moved else self.session.uid)
        return Notice(at, event, SERVICES.get(event, 0), {"msgName": NAMES[event], **details}, recorder, nth)


def ms(at: float) -> int:
    """Write Unix seconds as whole milliseconds."""
    return round(at * 1000)
