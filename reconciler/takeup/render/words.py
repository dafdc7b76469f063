"""The words that every format for people shares: what an action is called, whom the calls go to, what it sums up to."""

from datetime import datetime

from takeup.core.plan import Action, Change, Plan, Recovery, Target
from takeup.render.style import counted, printable

_APP_ID_SHOWN = 4
_WORTH_TELLING = 10  # seconds: below that, nobody waits
HEADINGS = {
    Action.CREATE: ("+", "will be created"),
    Action.UPDATE: ("~", "will be updated in place"),
    Action.REPLACE: ("-/+", "must be replaced"),
    Action.DELETE: ("-", "will be destroyed"),
    Action.FORGET: (".", "will be forgotten"),
}
"""The symbol and the words of each action."""


def target_text(target: Target) -> str:
    """Whom the calls go to, in words that tell a real recorder from an emulator."""
    match target.realm:
        case "embedded":
            return "the embedded emulator (no real recorder is reached)"
        case "loopback":
            return f"{printable(target.endpoint)} (an emulator or proxy on this machine)"
        case _:
            return f"{printable(target.endpoint)}, App ID {shortened(target.app_id)}"


def shortened(app_id: str) -> str:
    """An App ID with its middle left out."""
    short = len(app_id) <= 3 * _APP_ID_SHOWN
    return printable(app_id if short else f"{app_id[:_APP_ID_SHOWN]}...{app_id[-_APP_ID_SHOWN:]}")


def restrictions(plan: Plan) -> list[str]:
    """The flags that restrict a plan, which therefore says nothing about the rest."""
    return [f"--{name} {printable(value)}" for name in ("target", "exclude") for value in plan.selection.get(name, ())]


def valid_until(plan: Plan) -> list[str]:
    """The line that says until when a plan is what apply would do; none where its schedules do not say."""
    if plan.valid_until is None:
        return []
    ends = "then a window opens or closes, a pause is over, or a token is renewed"
    return [f"Valid until {moment(plan.valid_until)}: {ends}."]


def explained(change: Change) -> bool:
    """Whether the reason of a change is told: why anything starts or stops is; an update shows it by its attributes."""
    return bool(change.reason) and (change.action is not Action.UPDATE or bool(change.repeats))


def moment(time: datetime) -> str:
    """A time for people."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def later_calls(item: Recovery) -> str:
    """The calls that follow only where nothing was started; empty where there are none."""
    return ", ".join(printable(call) for call in item.if_never_started)


def totals(plan: Plan) -> tuple[str, str, str]:
    """What the plan sums up to: "Plan:" or what stands for it, the resources, the calls."""
    if plan.empty:
        told = f"{counted(plan.noop, 'recording')}, 0 API calls"
        if plan.waiting and not plan.unjudged:
            held = f"{counted(plan.waiting, 'recording')} wait{'s' if plan.waiting == 1 else ''} to be started again"
            return "No changes can be made now:", f"{held} (see the warnings).", told
        if plan.unjudged:
            judged = f"{counted(plan.unjudged, 'recording')} cannot be judged (see the warnings)."
            return "No changes can be made now:", judged, told
        asides = [
            f"{number} {word}"
            for number, word in ((plan.outside, "outside their windows"), (plan.complete, "complete"))
            if number
        ]
        aside = f" ({', '.join(asides)})" if asides else ""
        return "No changes.", f"Recordings match the manifests{aside}.", told
    replaced, forgotten, recovered = plan.count(Action.REPLACE), plan.count(Action.FORGET), _recovered(plan)
    parts = [
        f"{plan.count(Action.CREATE) + replaced} to add",
        f"{plan.count(Action.UPDATE)} to change",
        f"{plan.count(Action.DELETE) + replaced} to destroy",
        *([f"{forgotten} to forget"] if forgotten else []),
        *([f"{recovered} to recover"] if recovered else []),
    ]
    return "Plan:", f"{', '.join(parts)}.", _calls(plan)


def _length(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    return f"{minutes} min {left} s" if minutes else f"{left} s"


def _recovered(plan: Plan) -> int:
    return sum(bool(item.calls) for item in plan.recovery)


def _calls(plan: Plan) -> str:
    calls = plan.calls
    by_operation = ", ".join(f"{number} {operation}" for operation, number in calls.items())
    text = counted(sum(calls.values()), "API call") + (f": {by_operation}" if by_operation else "")
    if plan.estimate is not None and plan.estimate.seconds >= _WORTH_TELLING:
        rate = f"{plan.estimate.requests_per_second:g} requests a second"
        text += f"; at {rate} it takes at least {_length(plan.estimate.seconds)}"
    if plan.stops_first:
        text += "; the stops go first"
    more = sum(len(item.if_never_started) for item in plan.recovery)
    return f"{text}; at most {more} more where an earlier start never took place" if more else text


__all__ = [
    "HEADINGS",
    "explained",
    "later_calls",
    "moment",
    "restrictions",
    "shortened",
    "target_text",
    "totals",
    "valid_until",
]
