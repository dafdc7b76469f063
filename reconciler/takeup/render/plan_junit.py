"""A plan as JUnit XML: a recording that ended by itself fails, what cannot be judged is skipped, changes pass."""

from takeup.core.plan import Plan
from takeup.render.findings import of_plan
from takeup.render.findings_junit import findings_junit


def render(plan: Plan, _options: object = None) -> str:
    """One test case for each recording that the plan speaks of."""
    return findings_junit("plan", of_plan(plan))
