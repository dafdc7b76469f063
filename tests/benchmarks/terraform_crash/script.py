"""The script, the same for both tools: apply, be killed at the worst moment, apply again, look, destroy, look."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.common import emulator, server
from tests.benchmarks.terraform_crash.outcome import Moment, Outcome
from tests.benchmarks.terraform_crash.remote import Remote
from tests.benchmarks.terraform_crash.tools import Tool, Wanted

MakeTool = Callable[[Path, str], Tool]
_APPLIES = 2
"""How often apply is run after the crash."""


@dataclass(frozen=True, slots=True)
class Case:
    """One crash: from `before` (applied in peace) to `after`, killed in the first `operation`.

    `effect` says whether the service had carried that call out. `switches` are the emulator's: Agora's documents
    contradict each other in what a second start of one channel and uid leads to (sameTriple), and do not tell whether
    a start that is sent again is answered with the sid (alreadyStartedSid).
    """

    name: str
    operation: str
    before: Wanted | None
    after: Wanted | None
    effect: bool = True
    switches: Mapping[str, object] = field(default_factory=dict)

    @property
    def own_uid(self) -> bool:
        """Whether the tool has to choose the uid, which takeup never does."""
        return self.after is not None and self.after.uid is None


_ANY = Wanted(uid=None)
CASES = (
    Case("create, before the service had the start", "start", None, Wanted(), effect=False),
    Case("create", "start", None, Wanted()),
    Case(
        "create, where a second recorder is let in", "start", None, Wanted(), switches={"sameTriple": "secondRecorder"}
    ),
    Case("create, where a repeated start tells the sid", "start", None, Wanted(), switches={"alreadyStartedSid": True}),
    Case("create, where the tool chooses the uid", "start", None, _ANY),
    Case("update", "update", Wanted(), Wanted(listen_to="77")),
    Case("delete", "stop", Wanted(), None),
    Case("replace, in its stop", "stop", Wanted(), Wanted(idle=600)),
    Case("replace, in its start", "start", Wanted(), Wanted(idle=600)),
    Case("replace, in its start, where the tool chooses the uid", "start", _ANY, Wanted(uid=None, idle=600)),
)


def play(case: Case, make: MakeTool, folder: Path) -> Outcome:
    """Play one case with one tool, against an emulator of its own.

    Raises:
        RuntimeError: it did not come as far as the crash.
    """
    with server(emulator()) as url:
        remote = Remote(url)
        remote.switch(case.switches)
        tool = make(folder, url)
        if case.before is not None:
            tool.want(case.before)
            if tool.run("apply") or len(remote.live()) != 1:
                raise RuntimeError(f"The apply before the crash failed:\n{tool.log[-1]}")
        remote.hold_back(case.operation, effect=case.effect)
        tool.want(case.after)
        _kill_in_the_call(tool, remote)
        crashed, before, sent = _look(tool, remote), remote.live(), remote.calls()
        applies = tuple(tool.run("apply") for _ in range(_APPLIES))
        again, kept, calls = _look(tool, remote), before <= remote.live(), remote.calls() - sent
        destroy = tool.run("destroy")
        return Outcome(
            wanted=0 if case.after is None else 1,
            crashed=crashed,
            applies=applies,
            again=again,
            calls=calls,
            destroy=destroy,
            destroyed=_look(tool, remote),
            kept=kept,
            log="\n".join(tool.log),
        )


def _kill_in_the_call(tool: Tool, remote: Remote) -> None:
    child = tool.begin("apply")
    held = remote.wait_until_held(still=lambda: child.poll() is None)
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)  # the tool and its plugins, which are all in this group
    out, _ = child.communicate()
    tool.log.append(f"$ {tool.name} apply  # killed\n{out.strip()}")
    if not held or child.returncode != -signal.SIGKILL:
        raise RuntimeError(f"{tool.name} could not be killed in the call, because it did not make it:\n{out}")
    remote.hold_nothing()
    time.sleep(3)  # an exiting session is still seen for 2 s; a pipeline starts no sooner


def _look(tool: Tool, remote: Remote) -> Moment:
    live, known = remote.live(), tool.known()
    return Moment(len(live), len(live - known.sids), known.without_sid)
