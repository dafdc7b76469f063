"""A plan as JSON of format takeup-plan/1."""

import json

from takeup.core.plan import Plan
from takeup.core.plan_document import plan_document
from takeup.render.formats import RenderOptions


def render(plan: Plan, _options: RenderOptions) -> str:
    """The format `json`."""
    return plan_json(plan)


def plan_json(plan: Plan) -> str:
    """The plan's document with its digest, indented, on lines of its own."""
    document = plan_document(plan)
    whole = {"format": document.pop("format"), "digest": plan.digest, **document}
    return json.dumps(whole, indent=2) + "\n"
