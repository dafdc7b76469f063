"""What befalls sessions by themselves: each fault of a session, before and after it was confirmed."""

from collections.abc import Iterable
from typing import Any

from tests.faults.matrix import converged_sessions, wanted_of
from tests.faults.stage import EVERY, Stage

from takeup.core.address import Kind
from takeup.provider.emulator.faults import Fault

WHEN = {"before it is confirmed": 2.0, "a minute after its start": 60.0, "while another run asks": EVERY + 1.0}
"""When each fault strikes, in seconds after the start: a session is up after 3 s, and first asked after at 5 s."""
RUNS = 8
BEFALL: dict[str, list[dict[str, Any]]] = {
    "failover of 30 s": [{"do": "failover", "lasting": 30.0}],
    "failover of 90 s": [{"do": "failover", "lasting": 90.0}],
    "kick": [{"do": "kick"}],
    "workerDeath": [{"do": "workerDeath"}],
    "storageRejected": [{"do": "storageRejected"}],
    "tokenRejected": [{"do": "tokenRejected"}],
    "pageFailed": [{"do": "pageFailed"}],
    "leave, and join 10 minutes later": [{"do": "leave"}, {"do": "join"}],
    "join": [{"do": "join"}],
}
_JOINS_AFTER = 600.0


def befall(name: str, after: float) -> tuple[str, list[str]]:
    """One fault at one time: in words what came of it, and every broken promise."""
    kind = Kind.WEB_PAGE if name == "pageFailed" else Kind.COMPOSITE
    after_all = wanted_of(kind)
    with Stage() as stage:
        rules = [
            Fault(**rule, channel="hall", uid="10001", times=1, after=after + _JOINS_AFTER * (rule["do"] == "join"))
            for rule in BEFALL[name]
        ]
        stage.fault(*rules)
        failed = 0
        began = stage.clock.now()
        for number in range(RUNS):
            run = stage.apply(after_all)
            failed += not run.fine
            slot = began + EVERY * (number + 1)
            quiet = stage.clock.now() > began + after + _JOINS_AFTER * (len(rules) > 1)
            if quiet and run.fine and converged_sessions(stage, after_all):
                break
            stage.clock.advance(max(0.0, slot - stage.clock.now()))
        else:
            return "NOT CONVERGED", [
                *stage.problems,
                f"not as declared after {RUNS} runs: {run.errors}; {stage.held()}",
            ]
        ours = [item for item in stage.emulator.world.all_sessions() if item.sid not in stage.foreign]
        again = "started anew" if len(ours) > 1 else "the same session"
        told = f", {failed} run{'s' if failed > 1 else ''} failed" if failed else ""
        return f"{again}{told}", stage.problems


def befallen(names: Iterable[str]) -> list[str]:
    """The table, a row for each fault."""
    return [
        f"| Fault | {' | '.join(WHEN)} |",
        f"| --- {'| --- ' * len(WHEN)}|",
        *(f"| {name} | {' | '.join(befall(name, after)[0] for after in WHEN.values())} |" for name in names),
    ]
