"""A plan as SARIF: drift, warnings and changes where the manifests declare them."""

from takeup.core.plan import Plan
from takeup.render.findings import of_plan
from takeup.render.sarif import sarif


def render(plan: Plan, _options: object = None) -> str:
    """One result for each."""
    return sarif(of_plan(plan))
