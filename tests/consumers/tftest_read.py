"""Reads plans as Google's tftest does in tests of Terraform modules: prints as JSON what it makes of each."""

import json
import sys
from pathlib import Path

from tftest import TerraformPlanOutput  # type: ignore[import-not-found] # installed in the environment of the consumers only

found = {}
for file in map(Path, sys.argv[1:]):
    plan = TerraformPlanOutput(json.loads(file.read_text()))
    found[file.stem] = {
        "changes": {address: item["change"]["actions"] for address, item in plan.resource_changes.items()},
        "planned": {address: item["values"] for address, item in plan.resources.items()},
        "prior": sorted(plan.prior_resources),
        "version": plan.format_version,
    }
print(json.dumps(found))  # noqa: T201 - read by the test
