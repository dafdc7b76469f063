"""Schedules and lifecycles as a user meets them."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cli.conftest import HALL

if TYPE_CHECKING:
    from tests.cli.conftest import Project

LESSONS = '  schedule: {windows: [{cron: "0 8 * * 1-5", duration: 8h}], timeZone: Europe/Berlin}\n'
IN, OUT = "2030-01-07T09:00+01:00", "2030-01-07T17:00+01:00"


def test_plan_at_a_time(project: "Project") -> None:
    """The plan of an hour to come, with the time until which it is valid, and a word about the sessions."""
    project.write(HALL + LESSONS)
    inside = project.run("plan", "--at", IN).stdout
    assert "Valid until 2030-01-07 15:00:00 UTC" in inside
    assert "Planned as if it were 2030-01-07 08:00:00 UTC: sessions are taken as they are now." in inside
    assert "not recorded yet; wanted until Mon 2030-01-07 16:00 Europe/Berlin" in inside
    told = json.loads(project.run("plan", "--at", OUT, "--format", "json").stdout)
    assert (told["validUntil"], told["changes"]) == ("2030-01-08T07:00:00Z", [])


def test_a_session_outside_its_window_is_stopped(project: "Project") -> None:
    """A recording that gets a schedule is stopped when its window is not now, and the reason names the next one."""
    project.apply()
    soon = (datetime.now(UTC) + timedelta(hours=2)).replace(minute=0, second=0)
    window = f'{{from: "{soon:%Y-%m-%dT%H:%MZ}", to: "{soon + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"}}'
    project.write(f"{HALL}  schedule: {{windows: [{window}]}}\n")
    told = json.loads(project.run("plan", "--format", "json").stdout)["changes"]
    assert [(row["action"], row["reason"]) for row in told] == [
        ("delete", f"outside its window until {soon:%a %Y-%m-%d %H:%M} UTC")
    ]
    inside = f"{soon + timedelta(minutes=1):%Y-%m-%dT%H:%MZ}"
    assert json.loads(project.run("plan", "--at", inside, "--format", "json").stdout)["changes"] == []


def test_plan_until_a_time(project: "Project") -> None:
    """A timeline in text and in JSON, with calls and with how many record."""
    project.write(HALL + LESSONS)
    until = ("plan", "--at", OUT, "--until", "2030-01-09T00:00Z")
    text = project.run(*until).stdout
    assert "2030-01-08 07:00:00 UTC (Tue), then 1 recording\n" in text
    assert "Timeline: 2 actions, 3 API calls, at most 1 recording at a time." in text
    turns = json.loads(project.run(*until, "--format", "json").stdout)["turns"]
    assert [(turn["at"], turn["recordingByMode"]) for turn in turns] == [
        ("2030-01-07T16:00:00Z", {}),
        ("2030-01-08T07:00:00Z", {"mix": 1}),
        ("2030-01-08T15:00:00Z", {}),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--at", "tomorrow"], "is not a time", id="no time"),
        pytest.param(["--at", "2030-01-07T09:00"], "has no offset", id="no offset"),
        pytest.param(["--until", "2020-01-07T09:00Z"], "must be later than now", id="in the past"),
        pytest.param(["--until", "2999-01-07T09:00Z"], "at most a year later", id="too far"),
        pytest.param(["--at", IN, "--until", OUT, "--format", "html"], "no format html", id="a format without it"),
    ],
)
def test_times_that_are_none(project: "Project", arguments: list[str], message: str) -> None:
    """A time that cannot be meant is an error in a sentence."""
    done = project.run("plan", *arguments)
    assert done.returncode == 1
    assert message in done.stderr


def test_next_needs_nothing_but_the_manifests(project: "Project") -> None:
    """The next boundaries, without a secret and without asking anybody."""
    project.write(HALL + LESSONS)
    project.env = {}
    done = project.run("next", "--at", IN, "--count", "3")
    assert done.stdout == (
        "CompositeRecording.hall: wanted now\n"
        "  closes Mon 2030-01-07 16:00 Europe/Berlin\n"
        "  opens  Tue 2030-01-08 08:00 Europe/Berlin\n"
        "  closes Tue 2030-01-08 16:00 Europe/Berlin\n"
    )
    told = json.loads(project.run("next", "--at", IN, "--count", "1", "--format", "json").stdout)
    assert told["CompositeRecording.hall"]["next"][0]["at"] == "2030-01-07T15:00:00Z"
    assert project.seen == []
    project.write(HALL)
    assert "all are wanted all the time" in project.run("next").stdout


ROOMS = """apiVersion: takeup/v1
kind: RecordingSet
metadata: {name: rooms}
spec:
  forEach: {list: [a, b, c, d, e, f, g]}
  template:
    kind: CompositeRecording
    spec:
      cname: "{{ key }}"
      uid: "1"
      recordingConfig: {channelType: live}
      storageConfig: {vendor: gcs, bucket: b, accessKey: {fromEnv: ACCESS_KEY}, secretKey: {fromEnv: SECRET_KEY}}
      schedule: {windows: [{cron: "0 8 * * 1-5", duration: 8h}], timeZone: Europe/Berlin}
  overrides:
    b: {schedule: {windows: [{cron: "0 9 * * 1-5", duration: 8h}]}}
"""


def test_many_members_alike_are_one_line(project: "Project") -> None:
    """To people; a member with another window is told by itself, and JSON tells each."""
    project.write(ROOMS)
    told = project.run("next", "--at", OUT, "--count", "1").stdout
    assert told == (
        "CompositeRecording.rooms, each of 6 members: not wanted now\n"
        "  opens  Tue 2030-01-08 08:00 Europe/Berlin\n"
        'CompositeRecording.rooms["b"]: not wanted now\n'
        "  opens  Tue 2030-01-08 09:00 Europe/Berlin\n"
    )
    assert len(json.loads(project.run("next", "--format", "json").stdout)) == 7
    told = project.run("plan", "--at", OUT, "--until", "2030-01-08T09:00Z").stdout
    assert "    + CompositeRecording.rooms, each of 6 members: acquire, start (its window opens, Tue 2030-01-08" in told
    assert '    + CompositeRecording.rooms["b"]: acquire, start' in told
    assert "Timeline: 7 actions, 14 API calls, at most 7 recordings at a time." in told


def test_next_is_about_the_environment_that_is_named(project: "Project") -> None:
    """One that is not there is an error, as everywhere."""
    project.write(HALL + LESSONS)
    done = project.run("next", "-e", "nowhere")
    assert done.returncode == 1
    assert "There is no environment 'nowhere'." in done.stderr


def test_prevent_stop(project: "Project") -> None:
    """A guarded recording is refused with its line, with its manifest gone too, and let go by the flag."""
    project.write(HALL + "  lifecycle: {preventStop: true}\n")
    project.apply()
    project.write(
        HALL.replace("channelType: live", "channelType: communication") + "  lifecycle: {preventStop: true}\n"
    )
    done = project.run("plan")
    assert done.returncode == 1
    assert "manifests/hall.yaml:15 forbids it (lifecycle.preventStop)" in done.stderr
    done = project.run("destroy", "--auto-approve")
    assert done.returncode == 1
    assert "--override-prevent-stop ADDR" in done.stderr
    assert "stop" not in project.seen
    assert project.run("destroy", "--auto-approve", "--override-prevent-stop", "*.hall").returncode == 0
    assert project.world.sessions() == []


def test_a_plan_that_does_not_fit(project: "Project") -> None:
    """The limit of the project file refuses it, with the hour and the sessions; without one of them it fits."""
    text = (project.root / "takeup.yaml").read_text("utf-8")
    text = text.replace("requestsPerSecond: off", "requestsPerSecond: off\n    maxConcurrent: {mix: 1}")
    (project.root / "takeup.yaml").write_text(text, "utf-8")
    project.write(HALL.replace("hall", "aula"), "aula.yaml")
    done = project.run("apply", "--auto-approve")
    assert done.returncode == 1
    assert "maxConcurrent.mix allows 1: CompositeRecording.aula, CompositeRecording.hall." in done.stderr
    assert project.seen == []
    assert project.run("apply", "--auto-approve", "--exclude", "*.aula").returncode == 0
    (project.root / "manifests" / "hall.yaml").unlink()
    assert "the stops go first" in project.apply().stdout
    assert project.seen.index("stop") < len(project.seen) - 1 - project.seen[::-1].index("acquire")
    assert [session.cname for session in project.world.sessions()] == ["aula"]
