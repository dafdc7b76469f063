"""What a recording has beside Agora's own keys: `token`, `schedule` (when) and `lifecycle` (how it lives)."""

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field, PlainValidator, WithJsonSchema, create_model

from takeup.core.duration import seconds
from takeup.core.schedule import Days
from takeup.core.schema.attribute import UNSET, Attr, Effect, Model
from takeup.core.schema.built_token import BuiltToken
from takeup.core.schema.scalars import Uid
from takeup.core.schema.sentence import sentence

_PARTS = 5
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(hours=168)
_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?", re.ASCII)
_ANY_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall clock's time; any will do to see whether the cron is valid


def _cron(value: object) -> str:
    if isinstance(value, str) and len(value.split()) == _PARTS:
        try:
            next(CronSim(value, _ANY_DAY))
        except (CronSimError, StopIteration):
            pass
        else:
            return " ".join(value.split())
    text = "cron must be a text of 5 parts: minute, hour, day of the month, month, day of the week."
    raise sentence(text, 'Write for example cron: "0 8 * * 1-5", at 08:00 from Monday to Friday.')


def _duration(value: object) -> timedelta:
    read = seconds(value)
    if read is not None and _SHORTEST <= timedelta(seconds=read) <= _LONGEST and read.is_integer():
        return timedelta(seconds=read)
    raise sentence("duration must be a duration from 1m to 168h, in whole seconds.", "Write for example 90m or 8h.")


def _zone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value  # the default
    try:
        if isinstance(value, str):
            return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        pass
    raise sentence("timeZone must be the name of a time zone.", "Write for example Europe/Berlin or UTC.")


def _moment(value: object) -> datetime:
    try:
        if isinstance(value, str) and "T" in value:
            return datetime.fromisoformat(value)
    except ValueError:
        pass
    raise sentence(
        "This is not a time like 2026-12-01T08:00.",
        "Write it by the wall clock of timeZone (2026-12-01T08:00), or with an offset (2026-12-01T07:00Z).",
    )


def _days(value: object) -> Days:
    match = _DAYS.fullmatch(value) if isinstance(value, str) else None
    try:
        if match is not None:
            first = date.fromisoformat(match[1])
            last = first if match[2] is None else date.fromisoformat(match[2])
            if first <= last:
                return Days(first, last)
    except ValueError:
        pass
    text = "This is neither a day nor a range of days whose end is not before its beginning."
    raise sentence(text, "Write for example 2026-12-24 or 2026-12-24..2027-01-06.")


def _attr(doc: str, source: str = "takeup") -> Attr:
    return Attr(doc, effect=Effect.NONE, source=source)


def _text(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


_Cron = Annotated[str, PlainValidator(_cron), _text(r"^\S+( +\S+){4}$")]
_Duration = Annotated[timedelta, PlainValidator(_duration), _text(r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$")]
_Zone = Annotated[ZoneInfo, PlainValidator(_zone), WithJsonSchema({"type": "string", "minLength": 1})]
_Moment = Annotated[datetime, PlainValidator(_moment), _text(r"^\d{4}-\d\d-\d\dT\d\d:\d\d")]
_Days = Annotated[Days, PlainValidator(_days), _text(r"^\d{4}-\d\d-\d\d(\.\.\d{4}-\d\d-\d\d)?$")]
_Name = Annotated[str, Field(min_length=1)]


class _CronWindow(Model):
    cron: Annotated[_Cron, _attr("When it opens: minute, hour, day of the month, month, day of the week.")] = UNSET
    duration: Annotated[_Duration, _attr("For how long it is open, in real time: 1m to 168h.")] = UNSET


# `from` and `except` are words of Python, so no class can declare them.
_SINGLE: dict[str, Any] = {
    "from": (Annotated[_Moment, _attr("When a single window opens.")], UNSET),
    "to": (Annotated[_Moment, _attr("When a single window closes.")], UNSET),
}
WindowSpec: type[Model] = create_model(
    "WindowSpec", __base__=_CronWindow, __doc__="schedule.windows: one of them.", **_SINGLE
)


class _Windows(Model):
    windows: Annotated[
        list[WindowSpec],
        Field(min_length=1, max_length=100),
        _attr("When the recording is wanted: cron with duration, or from with to."),
    ]
    timeZone: Annotated[_Zone, _attr("Whose wall clock the times and days are of.")] = ZoneInfo("UTC")


_OMITTED: dict[str, Any] = {
    "except": (
        Annotated[list[_Days], Field(min_length=1, max_length=1000), _attr("Days on which no cron window opens.")],
        UNSET,
    ),
}
ScheduleSpec: type[Model] = create_model(
    "ScheduleSpec", __base__=_Windows, __doc__="schedule: when a recording is wanted.", **_OMITTED
)


_FROM: dict[str, Any] = {"from": (Annotated[_Name, _attr("The name that it had.")], ...)}
MovedSpec: type[Model] = create_model("MovedSpec", __base__=Model, __doc__="lifecycle.moved: one of them.", **_FROM)


class LifecycleSpec(Model):
    """lifecycle: what holds for the sessions of a recording."""

    restart: Annotated[
        Literal["always", "onFailure", "never"],
        _attr("Whether a session that ended is started again in the same window."),
    ] = "always"
    preventStop: Annotated[bool, _attr("A plan that stops or replaces its session is refused.")] = False
    ignoreChanges: Annotated[
        list[_Name], Field(min_length=1), _attr("Attributes that stay as its session has them.")
    ] = UNSET
    replaceOnChange: Annotated[
        list[_Name], Field(min_length=1), _attr("Attributes whose change replaces its session.")
    ] = UNSET
    moved: Annotated[
        list[MovedSpec], Field(min_length=1, max_length=100), _attr("It had another name: its session is kept.")
    ] = UNSET
    abandon: Annotated[bool, _attr("Its session is forgotten, not stopped, and none is started.")] = False
    spareUid: Annotated[
        Uid,
        _attr("A second uid of the recorder, used by nobody else in the channel; the two take turns.", "takeup, bp"),
    ] = UNSET
    replace: Annotated[
        Literal["stopFirst", "overlap"],
        _attr(
            "stopFirst: stop, then start anew, with a gap. overlap: start under the other uid, then stop; no gap.",
            "takeup, bp",
        ),
    ] = "stopFirst"


class UpkeepSpec(Model):
    """What takeup takes out of a spec before the rest is held against Agora's keys."""

    token: Annotated[BuiltToken, _attr("How tokens are made.")] = UNSET
    schedule: Annotated[ScheduleSpec, _attr("When it is wanted; always, without it.")] = UNSET
    lifecycle: Annotated[LifecycleSpec, _attr("What holds for its sessions.")] = UNSET
