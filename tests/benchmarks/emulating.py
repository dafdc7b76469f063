"""The emulator itself: calls in process, and what 10,000 live sessions take."""

# ruff: noqa: T201 - the child prints its figures

import base64
import io
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.common import Row, at_most

if TYPE_CHECKING:
    from collections.abc import Callable

_ROOT = "/v1/apps/bench/cloud_recording"
_AUTH = "Basic " + base64.b64encode(b"id:secret").decode()
_STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "a", "secretKey": "s", "fileNamePrefix": ["school"]}
_CONFIG = {
    "channelType": 1,
    "maxIdleTime": 300,
    "transcodingConfig": {"width": 1280, "height": 720, "fps": 30, "bitrate": 2000, "mixedVideoLayout": 1},
    "subscribeAudioUids": ["#allstream#"],
    "subscribeVideoUids": ["#allstream#"],
}
_LISTS = {"audioUidList": {"subscribeAudioUids": ["7"]}, "videoUidList": {"subscribeVideoUids": ["7"]}}


def measure(_folder: Path, count: int = 10_000) -> list[Row]:
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.benchmarks.emulating", str(count)], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    rows = [
        Row(f"{name}, {count:,} calls in process", f"{rate:,.0f} calls/s, {micro:.0f} us CPU each")
        for name, (rate, micro) in found["operations"].items()
    ]
    mib = found["mib"]
    rows.append(at_most(f"peak memory with {count:,} live sessions", f"{mib:.0f} MiB", mib, 200, "MiB"))
    return rows


def _child(count: int) -> None:
    from takeup.provider.emulator.emulator import Emulator  # noqa: PLC0415 - measured here, not in the parent

    app = Emulator().app
    ids: list[tuple[str, str]] = []

    def call(method: str, path: str, number: int, request: object = None) -> Any:  # noqa: ANN401 - any answer
        body = json.dumps({"cname": f"room-{number}", "uid": "10001", "clientRequest": request}).encode()
        content = b"" if method == "GET" else body
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": _ROOT + path,
            "HTTP_AUTHORIZATION": _AUTH,
            "HTTP_HOST": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(content)),
            "wsgi.input": io.BytesIO(content),
        }
        status: list[str] = []

        def began(line: str, *_: object) -> "Callable[[bytes], object]":
            status.append(line)
            return len

        answer = b"".join(app(environ, began))
        assert status[0].startswith("20"), answer
        return json.loads(answer)

    def acquire(number: int) -> None:
        ids.append((call("POST", "/acquire", number, {})["resourceId"], ""))

    def start(number: int) -> None:
        rid = ids[number][0]
        request = {"storageConfig": _STORAGE, "recordingConfig": _CONFIG}
        ids[number] = (rid, call("POST", f"/resourceid/{rid}/mode/mix/start", number, request)["sid"])

    def on(number: int, method: str, operation: str, request: object = None) -> None:
        rid, sid = ids[number]
        call(method, f"/resourceid/{rid}/sid/{sid}/mode/mix/{operation}", number, request)

    operations: dict[str, Callable[[int], None]] = {
        "acquire": acquire,
        "start": start,
        "query": lambda number: on(number, "GET", "query"),
        "update": lambda number: on(number, "POST", "update", {"streamSubscribe": _LISTS}),
        "updateLayout": lambda number: on(number, "POST", "updateLayout", {"mixedVideoLayout": 1}),
        "stop": lambda number: on(number, "POST", "stop", {}),
    }
    found: dict[str, tuple[float, float]] = {}
    mib = 0.0
    for name, act in operations.items():
        began, cpu = time.perf_counter(), time.process_time()
        for number in range(count):
            act(number)
        found[name] = (count / (time.perf_counter() - began), (time.process_time() - cpu) / count * 1e6)
        if name == "updateLayout":
            mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"operations": found, "mib": mib}))


if __name__ == "__main__":
    _child(int(sys.argv[1]))
