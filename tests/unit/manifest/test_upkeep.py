"""`schedule` and `lifecycle` in a manifest: what they become, and what is wrong with them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from takeup.core.address import Address, Kind
from takeup.core.lifecycle import Lifecycle, Restart
from takeup.core.resource import Resource
from takeup.core.schedule import CronWindow, Days, Span
from takeup.manifest.loader import check
from takeup.manifest.problem import Problem
from takeup.manifest.reader import read_file

MANIFEST = """\
apiVersion: takeup/v1
kind: CompositeRecording
metadata: {{name: hall}}
spec:
  cname: hall
  uid: "10001"
  recordingConfig: {{channelType: live}}
  storageConfig: {{vendor: s3, region: us-east-1, bucket: b, accessKey: {{fromEnv: A}}, secretKey: {{fromEnv: S}}}}
  {line}
"""


def loaded(tmp_path: Path, line: str) -> tuple[Resource | None, list[Problem]]:
    (tmp_path / "hall.yaml").write_text(MANIFEST.format(line=line), "utf-8")
    documents, problems = read_file(tmp_path / "hall.yaml", name="hall.yaml")
    assert problems == []
    found = check(documents[0])
    return next(iter(found.resources.values()), None), found.problems


def test_a_schedule_is_read(tmp_path: Path) -> None:
    """Cron windows, single ones by wall clock and by offset, days and the zone."""
    made, problems = loaded(
        tmp_path,
        'schedule: {windows: [{cron: "0 8 * * MON-FRI", duration: 90m}, '
        '{from: "2026-07-01T10:00", to: "2026-07-01T10:00Z"}'
        "], timeZone: Europe/Berlin, except: [2026-12-24..2027-01-06, 2026-05-01]}",
    )
    assert problems == []
    assert made is not None
    assert made.schedule is not None
    assert made.schedule.windows == (CronWindow("0 8 * * MON-FRI", timedelta(minutes=90)),)
    assert made.schedule.single == (Span(datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 10, tzinfo=UTC)),)
    assert made.schedule.zone.key == "Europe/Berlin"
    assert made.schedule.omitted == (
        Days(date(2026, 12, 24), date(2027, 1, 6)),
        Days(date(2026, 5, 1), date(2026, 5, 1)),
    )


def test_a_lifecycle_is_read(tmp_path: Path) -> None:
    """Its keys are no part of the spec, and preventStop is known by its line."""
    made, problems = loaded(
        tmp_path,
        "lifecycle: {restart: onFailure, preventStop: true, ignoreChanges: [recordingConfig.maxIdleTime], "
        "replaceOnChange: [recordingConfig.transcodingConfig], "
        "moved: [{from: CompositeRecording.aula}, {from: 'rooms[\"a-1\"]'}]}",
    )
    assert problems == []
    assert made is not None
    assert made.lifecycle == Lifecycle(
        Restart.ON_FAILURE,
        "hall.yaml:9",
        ("recordingConfig.maxIdleTime",),
        ("recordingConfig.transcodingConfig",),
        (Address(Kind.COMPOSITE, "aula"), Address(Kind.COMPOSITE, "rooms", "a-1")),
    )
    assert made.schedule is None
    assert {"lifecycle", "schedule"}.isdisjoint(made.spec)


WINDOW = "schedule: {{windows: [{}]}}".format
PATHS = "lifecycle: {{ignoreChanges: [{}]}}".format


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        pytest.param(WINDOW('{cron: "0 8 * *", duration: 8h}'), "5 parts", "0 8 * * 1-5", id="a cron of 4 parts"),
        pytest.param(WINDOW('{cron: "0 25 * * *", duration: 8h}'), "5 parts", "Write", id="an hour that there is not"),
        pytest.param(WINDOW('{cron: "0 0 30 2 *", duration: 8h}'), "5 parts", "Write", id="a day that never comes"),
        pytest.param(WINDOW('{cron: "0 8 * * *", duration: 8}'), "1m to 168h", "8h", id="a duration without a unit"),
        pytest.param(WINDOW('{cron: "0 8 * * *", duration: 169h}'), "1m to 168h", "8h", id="more than a week"),
        pytest.param(WINDOW('{cron: "0 8 * * *"}'), "cron and duration, or from and to", "Write", id="no duration"),
        pytest.param(
            WINDOW('{from: 2026-07-01, to: "2026-07-02T10:00"}'), "not a time", "wall clock", id="days, not times"
        ),
        pytest.param(
            WINDOW('{from: "2026-07-01T10:00", to: "2026-07-01T09:00"}'), "not later", "later", id="to before from"
        ),
        pytest.param(
            'schedule: {windows: [{cron: "0 8 * * *", duration: 8h}], timeZone: Europe/Bern}',
            "name of a time zone",
            "Europe/Berlin",
            id="no such zone",
        ),
        pytest.param(
            'schedule: {windows: [{cron: "0 8 * * *", duration: 8h}], except: [2026-12-24..2026-12-01]}',
            "neither a day nor a range",
            "2026-12-24..2027-01-06",
            id="days backwards",
        ),
        pytest.param("schedule: {timeZone: UTC}", "schedule.windows is required", "Add it", id="no window"),
        pytest.param(
            'schedule: {windows: [{cron: "0 8 * * *", duration: 8h}], exept: []}',
            "no attribute schedule.exept",
            "'except'",
            id="a slip of the pen",
        ),
        pytest.param("lifecycle: {restart: sometimes}", "restart cannot be", "always", id="no such restart"),
        pytest.param(PATHS("recordingConfig.maxIdle"), "names no attribute", "maxIdleTime", id="no such attribute"),
        pytest.param(PATHS("storageConfig"), "does not know secrets", "beside", id="a secret cannot be ignored"),
        pytest.param(PATHS("uid"), "known by", "Remove", id="the uid cannot be ignored"),
        pytest.param("lifecycle: {replaceOnChange: [token]}", "does nothing", "Remove", id="a token changes nothing"),
        pytest.param(
            "lifecycle: {moved: [{from: hall}]}", "the recording itself", "name that it had", id="its own name"
        ),
        pytest.param("lifecycle: {moved: [{from: 'a[\"\\u0061\"]'}]}", "is no name", "Write hall", id="no name"),
        pytest.param("lifecycle: {moved: [hall]}", "must be a mapping", "", id="a name alone"),
        pytest.param(
            "lifecycle: {moved: [{from: WebPageRecording.hall}]}", "keeps its kind", "Remove", id="another kind"
        ),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, line: str, message: str, hint: str) -> None:
    """Each mistake is an error at line 9 with a sentence and what would be right."""
    made, problems = loaded(tmp_path, line)
    assert made is None
    (problem,) = problems
    assert (problem.severity, problem.line) == ("error", 9)
    assert message in problem.message
    assert hint in problem.suggestion


def test_a_window_longer_than_a_session_can_be_stopped_is_a_warning(tmp_path: Path) -> None:
    """A session cannot be stopped after resourceExpiredHour, so it may outlast such a window."""
    made, (problem,) = loaded(tmp_path, WINDOW('{cron: "0 0 * * 1", duration: 72h}'))
    assert made is not None
    assert problem.severity == "warning"
    assert "72 hours" in problem.message
