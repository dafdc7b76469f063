"""A world, its clock and short ways to call it, for the tests of this folder."""

from typing import Any

from takeup.provider.emulator.sessions import Session
from takeup.provider.emulator.store import MemoryStore, Store
from takeup.provider.emulator.world import Settings, World

APP = "app"
STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "CANARY", "secretKey": "CANARY"}
MIX: dict[str, Any] = {"token": "CANARY", "storageConfig": STORAGE, "recordingConfig": {"channelType": 1}}
INDIVIDUAL: dict[str, Any] = {**MIX, "recordingConfig": {"channelType": 1, "subscribeUidGroup": 0}}
RTMP = {"serviceName": "rtmp_publish_service", "serviceParam": {"outputs": [{"rtmpUrl": "rtmp://h/CANARY"}]}}
PAGE = {"url": "https://page.test/", "audioProfile": 0, "videoWidth": 1280, "videoHeight": 720, "maxRecordingHour": 2}
RECORDER = {"serviceName": "web_recorder_service", "errorHandlePolicy": "error_abort", "serviceParam": PAGE}
WEB: dict[str, Any] = {
    "storageConfig": STORAGE,
    "extensionServiceConfig": {"extensionServices": [RECORDER, RTMP]},
}


class Lab:
    """A world, its clock, and short ways to call it."""

    def __init__(self, settings: Settings | None = None, store: Store | None = None) -> None:
        self.now = 1000.0
        self.store = store or MemoryStore()
        self.world = World(self.store, clock=lambda: self.now, settings=settings)

    def body(self, request: object, cname: str = "room", uid: str = "7") -> dict[str, Any]:
        """Build the body of a POST."""
        return {"cname": cname, "uid": uid, "clientRequest": request}

    def acquire(self, request: object = None, **names: str) -> str:
        """Reserve; the resourceId."""
        status, answer = self.world.acquire(APP, self.body(request or {}, **names))
        assert status == 200
        rid: str = answer["resourceId"]
        return rid

    def begin(
        self, request: dict[str, Any] = MIX, mode: str = "mix", hours: int = 72, **names: str
    ) -> tuple[str, str, str, str]:
        """Acquire and start; the address of the session."""
        scene = {"scene": 1 if mode == "web" else 0, "resourceExpiredHour": hours}
        rid = self.acquire(scene, **names)
        status, answer = self.world.start(APP, rid, mode, self.body(request, **names))
        assert status == 200, answer
        return APP, rid, answer["sid"], mode

    def status(self, at: tuple[str, str, str, str]) -> int:
        """The status of a query, or the HTTP status where it is not 200."""
        http, answer = self.world.query(*at)
        return answer["serverResponse"]["status"] if http == 200 else http


def only(lab: Lab) -> Session:
    """The one live session."""
    [session] = lab.world.sessions()
    return session
