"""What the safety rails of a plan mean for a command: go on, ask a person, or refuse."""

import shlex
import sys

from takeup.core.plan import Plan
from takeup.core.safety import FLAG
from takeup.errors import UsageError


def must_ask(plan: Plan, *, approved: bool, force: bool) -> bool:
    """Whether a person has to say yes before the first call.

    Args:
        plan: what would be done.
        approved: whether --auto-approve was given.
        force: whether --force was given.

    Raises:
        UsageError: the plan is above the rails, or would empty the project with nobody there to ask.
    """
    verdict = plan.rails
    if verdict is None or force:
        return not approved
    if verdict.refused:
        raise UsageError(
            f"{verdict.refusal} Nothing was done.",
            hint=f"To do it this once, run: {_forced()}\n"
            f"  To allow it from now on, write below spec: in takeup.yaml:\n    {verdict.line}",
        )
    if verdict.empties and not sys.stdin.isatty():
        raise UsageError(
            f"{verdict.emptied} Here is no terminal to answer in, so nothing was done.",
            hint=f"If all of it is to be stopped, run: {_forced()}\n"
            "  No line of takeup.yaml allows this; takeup destroy --auto-approve says the same without the manifests.",
        )
    return verdict.empties or not approved


def _forced() -> str:
    """This very command with --force."""
    return shlex.join(["takeup", *sys.argv[1:], FLAG])
