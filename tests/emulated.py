"""Sessions in the emulator, for tests that are about what befalls them."""

from takeup.provider.emulator.emulator import Emulator

APP = "app-1"
CANARY = "canary-4711"
"""Every secret of a start; it must be seen nowhere."""


def start(emulator: Emulator, cname: str = "hall", uid: str = "1") -> str:
    """Start a composite recording of a channel; its sid."""
    world = emulator.world
    acquired = world.acquire(APP, {"cname": cname, "uid": uid, "clientRequest": {}})[1]
    request = {
        "token": CANARY,
        "recordingConfig": {"channelType": 1},
        "recordingFileConfig": {"avFileType": ["hls"]},
        "storageConfig": {"vendor": 1, "region": 0, "bucket": "bucket", "accessKey": CANARY, "secretKey": CANARY},
    }
    body = {"cname": cname, "uid": uid, "clientRequest": request}
    status, answer = world.start(APP, acquired["resourceId"], "mix", body)
    assert status == 200, answer
    return str(answer["sid"])
