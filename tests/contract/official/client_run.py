"""Runs all six operations in all modes through Agora's own Python client; prints what came back as JSON.

A process of its own: the client starts a thread that never ends. `client_run.py URL` overrides the client's URL
hook; without an argument it is used entirely unmodified, and finds Agora's host names where its machine says.
"""

import json
import os
import sys
import traceback
from typing import Any

from agora_rest_client.core import domain
from agora_rest_client.services.cloud_recording.v1 import api_start
from agora_rest_client.services.cloud_recording.v1.individual_recording import api_start as individual
from agora_rest_client.services.cloud_recording.v1.individual_recording import api_update as individual_update
from agora_rest_client.services.cloud_recording.v1.individual_recording.individual_recording_client import (
    IndividualRecordingClient,
)
from agora_rest_client.services.cloud_recording.v1.mix_recording import api_start as mix
from agora_rest_client.services.cloud_recording.v1.mix_recording import api_update as mix_update
from agora_rest_client.services.cloud_recording.v1.mix_recording import api_update_layout as mix_layout
from agora_rest_client.services.cloud_recording.v1.mix_recording.mix_recording_client import MixRecordingClient
from agora_rest_client.services.cloud_recording.v1.web_recording import api_start as web
from agora_rest_client.services.cloud_recording.v1.web_recording import api_update as web_update
from agora_rest_client.services.cloud_recording.v1.web_recording.web_recording_client import WebRecordingClient

URL = sys.argv[1] if len(sys.argv) > 1 else None
APP_ID, UID, TOKEN = "app", "10001", "token"


class NamedDomain(domain.Domain):
    """Looks up no host name: the URL is given."""

    def select_best_domain(self) -> None:
        """Know one host, whatever its name."""
        self._domain_list = ["emulator"]


def client(kind: Any, service_region: str | None) -> Any:  # noqa: ANN401 - the client has no types
    """Build a client as its documentation shows, with or without the hook."""
    if URL is not None:

        class Hooked(kind):
            """The client, with its URLs elsewhere."""

            def get_api_url(self, host: str, url: str, service_region: str | None = None) -> str:  # noqa: ARG002
                """Put every call where the test says."""
                return f"{URL}/{service_region}{url}" if service_region else f"{URL}{url}"

        made, where = Hooked(), NamedDomain(domain.EndpointRegion.US.value, service_region)
    else:
        made, where = kind(), domain.Domain(domain.EndpointRegion.US.value, service_region)
    made.with_app_id(APP_ID).with_credential_basic_auth("customer", "secret").with_domain(where)
    return made.build()


def storage(module: Any) -> Any:  # noqa: ANN401 - the client has no types
    """Where the files go."""
    keys = {"bucket": "bucket", "accessKey": "access", "secretKey": "secret"}
    return module.StorageConfig(vendor=1, region=0, fileNamePrefix=["lessons", "maths"], **keys)


def run_mix() -> dict[str, Any]:
    """Composite recording."""
    it, cname = client(MixRecordingClient, "na"), "mix-room"
    rid = it.acquire(cname, UID, resource_expired_hour=24).resourceId
    recording = mix.RecordingConfig(
        channelType=1,
        streamTypes=2,
        maxIdleTime=300,
        audioProfile=0,
        videoStreamType=0,
        transcodingConfig=api_start.TranscodingConfig(width=640, height=360, fps=15, bitrate=500, mixedVideoLayout=0),
        subscribeAudioUids=["123"],
        subscribeVideoUids=["123"],
    )
    started = it.start(rid, cname, UID, TOKEN, storage(mix), recording)
    lists = mix_update.StreamSubscribe(
        audioUidList=mix_update.AudioUidList(subscribeAudioUids=["#allstream#"]),
        videoUidList=mix_update.VideoUidList(subscribeVideoUids=["123", "456"]),
    )
    updated = it.update(rid, started.sid, cname, UID, lists)
    regions = [
        mix_layout.LayoutConfig(uid="123", x_axis=0.0, y_axis=0.0, width=0.5, height=1.0, alpha=1.0, render_mode=0),
        mix_layout.LayoutConfig(x_axis=0.5, y_axis=0, width=0.5, height=1),
    ]
    laid_out = it.update_layout(
        rid, started.sid, cname, UID, mixed_video_layout=3, background_color="#FF0000", layout_config=regions
    )
    seen = it.query(rid, started.sid)
    stopped = it.stop(rid, started.sid, cname, UID, async_stop=False)
    return results(started=started, updated=updated, laidOut=laid_out, seen=seen, stopped=stopped)


def run_individual() -> dict[str, Any]:
    """Individual recording with screenshots."""
    it, cname = client(IndividualRecordingClient, "eu"), "individual-room"
    rid = it.acquire(cname, UID, region_affinity=3).resourceId
    recording = individual.RecordingConfig(channelType=0, streamTypes=2, streamMode="default", subscribeUidGroup=0)
    shots = individual.SnapshotConfig(captureInterval=5, fileType=["jpg"])
    started = it.start(rid, cname, UID, TOKEN, storage(individual), recording, snapshot_config=shots)
    lists = individual_update.StreamSubscribe(
        audioUidList=individual_update.AudioUidList(unsubscribeAudioUids=["1"]),
        videoUidList=individual_update.VideoUidList(subscribeVideoUids=["2"]),
    )
    updated = it.update(rid, started.sid, cname, UID, lists)
    seen = it.query(rid, started.sid)
    stopped = it.stop(rid, started.sid, cname, UID, async_stop=True)
    return results(started=started, updated=updated, seen=seen, stopped=stopped)


def run_web() -> dict[str, Any]:
    """Web page recording, pushed to a live platform."""
    it, cname = client(WebRecordingClient, None), "web-page"
    rid = it.acquire(cname, UID).resourceId
    page = web.ServiceParam(
        url="https://example.org/lesson",
        audioProfile=1,
        videoWidth=1280,
        videoHeight=720,
        maxRecordingHour=1,
        onhold=False,
    )
    push = web.ServiceParam(outputs=[{"rtmpUrl": "rtmp://example.org/live/key"}])
    services = web.ExtensionServiceConfig(
        errorHandlePolicy="error_abort",
        extensionServices=[
            web.ExtensionServices(
                serviceName="web_recorder_service", errorHandlePolicy="error_abort", serviceParam=page
            ),
            web.ExtensionServices(
                serviceName="rtmp_publish_service", errorHandlePolicy="error_ignore", serviceParam=push
            ),
        ],
    )
    started = it.start(rid, cname, UID, storage(web), services)
    updated = it.update(rid, started.sid, cname, UID, web_update.WebRecordingConfig(onhold=True))
    seen = it.query(rid, started.sid)
    stopped = it.stop(rid, started.sid, cname, UID)
    return results(started=started, updated=updated, seen=seen, stopped=stopped)


def results(**answers: Any) -> dict[str, Any]:  # noqa: ANN401 - the client has no types
    """What the client made of each answer, without what the class itself holds."""
    return {name: {key: value for key, value in vars(answer).items() if value} for name, answer in answers.items()}


if __name__ == "__main__":
    status = 1
    try:
        print(json.dumps({"mix": run_mix(), "individual": run_individual(), "web": run_web()}))  # noqa: T201 - its result
        status = 0
    except Exception:  # noqa: BLE001 - told, and the process ends all the same
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(status)  # the client's thread never ends
