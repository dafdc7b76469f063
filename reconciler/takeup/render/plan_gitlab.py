"""A plan as GitLab's Terraform report: what its merge request widget counts."""

import json

from takeup.core.plan import Action, Plan


def render(plan: Plan, _options: object = None) -> str:
    """One line of JSON. A replacement counts as created and as deleted, as in Terraform's own reports."""
    replaced = plan.count(Action.REPLACE)
    counts = {
        "create": plan.count(Action.CREATE) + replaced,
        "update": plan.count(Action.UPDATE),
        "delete": plan.count(Action.DELETE) + replaced,
    }
    return json.dumps(counts) + "\n"
