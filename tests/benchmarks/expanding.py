"""Validate and plan many members of one set from one CSV file, against as many manifests written out."""

from pathlib import Path

from tests.benchmarks.common import Cost, Row, at_most, configure, make_project, takeup, work

_SET = """\
apiVersion: takeup/v1
kind: RecordingSet
metadata: {name: rooms}
spec:
  forEach: {csv: rooms.csv, key: room}
  template:
    kind: CompositeRecording
    metadata: {labels: {team: school}}
    spec:
      cname: "{{ room }}"
      uid: "10001"
      resourceExpiredHour: 72
      recordingConfig:
        channelType: live
        streamTypes: both
        maxIdleTime: "{{ idle }}"
        transcodingConfig: {width: 1280, height: 720, fps: 30, bitrate: 2000, mixedVideoLayout: bestFit}
        subscribeAudioUids: ["#allstream#"]
        subscribeVideoUids: ["#allstream#"]
      recordingFileConfig: {avFileType: [hls, mp4]}
      storageConfig:
        vendor: s3
        region: us-east-1
        bucket: bench
        accessKey: {fromFile: id.txt}
        secretKey: {fromFile: secret.txt}
        fileNamePrefix: [school, "{{ folder }}"]
"""


def measure(folder: Path, count: int = 10_000) -> list[Row]:
    written, expanded = folder / "written", folder / "expanded"
    make_project(written, count, 100)
    make_project(expanded, 0)
    configure(expanded)
    (expanded / "manifests" / "rooms.yaml").write_text(_SET, encoding="utf-8")
    rows = "".join(f"room-{number},300,room{number}\n" for number in range(count))
    (expanded / "rooms.csv").write_text(f"room,idle,folder\n{rows}", encoding="utf-8")
    for project in (written, expanded):
        work("seed", project)
    found: list[Row] = []
    for command in (["validate"], ["plan", "--no-refresh", "--detailed-exitcode"]):
        by_hand, by_set = (_best(project, command) for project in (written, expanded))
        what = f"{' '.join(command)}: {count} members of one CSV / as many manifests (CPU)"
        found.append(at_most(what, f"{by_set} / {by_hand}", by_set.cpu / by_hand.cpu, 1))
        found.append(at_most(f"peak memory of {command[0]} with the set", "", by_set.mib, 400, "MiB"))
    return found


def _best(folder: Path, command: list[str]) -> Cost:
    return min((takeup(folder, *command) for _ in range(2)), key=lambda cost: cost.cpu)
