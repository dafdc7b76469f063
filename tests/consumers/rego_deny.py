"""Asks a Rego policy about plans, with Microsoft's engine: prints as JSON what it denies, by file."""

import json
import sys
from pathlib import Path

from regopy import Interpreter  # type: ignore[import-not-found] # installed in the environment of the consumers only

POLICY = """
package recordings
import rego.v1

deny contains message if {
    some resource in input.resource_changes
    bucket := resource.change.after.storageConfig.bucket
    bucket == "somebody-elses-bucket"
    message := sprintf("%s records into %s", [resource.address, bucket])
}
"""
found = {}
for file in map(Path, sys.argv[1:]):
    rego = Interpreter()
    rego.add_module("recordings", POLICY)
    rego.set_input(json.loads(file.read_text()))
    found[file.stem] = json.loads(str(rego.query("data.recordings.deny")))["expressions"][0]
print(json.dumps(found))  # noqa: T201 - read by the test
