"""Validates SARIF files with models made from the schema of SARIF 2.1.0: prints as JSON how many results each has."""

import json
import sys
from pathlib import Path

from pydantic_sarif.model import (  # type: ignore[import-not-found] # installed in the environment of the consumers only
    StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif,
)

found = {}
for file in map(Path, sys.argv[1:]):
    log = Sarif.model_validate_json(file.read_text())
    found[file.stem] = len(log.runs[0].results)
print(json.dumps(found))  # noqa: T201 - read by the test
