"""takeup test: a project's own manifests through scenarios, in memory and on a clock that is stepped."""

import json
import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from takeup.cli.graph import inputs, refuse, style
from takeup.cli.inputs import input_options
from takeup.cli.main import Options
from takeup.core.duration import seconds
from takeup.core.lifecycle import PLAIN
from takeup.errors import UsageError
from takeup.manifest.replace_file import replace_file

if TYPE_CHECKING:
    from takeup.engine.rehearsal import Pipeline
    from takeup.manifest.project import Project
    from takeup.provider.emulator.scenarios import Named

_SHORTEST = 10.0
_LONGEST = 90 * 24 * 3600.0
_MOST_RUNS = 100_000


class _Duration(click.ParamType[float]):
    """Reads 90s, 5m or 24h as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401 - click's
        """Read it, or fail as click does."""
        if isinstance(value, float):
            return value
        # Milliseconds are a slip of the pen here.
        read = None if value.endswith("ms") else seconds(value)
        if read is None or not _SHORTEST <= read <= _LONGEST:
            self.fail(f"{value!r} is no duration from 10s to 2160h; write for example 90s, 5m or 24h.", param, ctx)
        return read


@click.command("test")
@click.option(
    "--scenario",
    "names",
    metavar="FILE|NAME",
    multiple=True,
    help="A built-in scenario or a scenario file; may be repeated. All built-in ones, where not given.",
)
@click.option("--for", "length", type=_Duration(), default="24h", show_default=True, help="How long to record.")
@click.option("--every", type=_Duration(), default="5m", show_default=True, help="From one pipeline run to the next.")
@click.option("--seed", type=click.IntRange(0), help="Makes probabilities repeatable; the scenario's own if not given.")
@click.option("--junit", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write JUnit XML too.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--list", "listing", is_flag=True, help="Name the built-in scenarios, and leave.")
@input_options
@click.pass_obj
def rehearse(  # noqa: PLR0913, PLR0917 - one argument for each flag
    options: Options,
    names: tuple[str, ...],
    length: float,
    every: float,
    seed: int | None,
    junit: Path | None,
    form: str,
    *,
    listing: bool,
) -> None:
    """Rehearse failures: run the pipeline on an emulator in memory, and compare what was really recorded.

    Each scenario plays the manifests of this project for --for, with an apply every --every, and a destroy at the
    end. Time is stepped: a day takes seconds. It needs no credentials and no network, and leaves the state alone;
    secrets that are not set are replaced by placeholders.

    Exit 1 when takeup breaks a promise: a session leaked or doubled, a call that no plan announced, a recording not
    resumed though the service was well, a crash.
    """
    from takeup.engine.outcome import Rehearsal  # noqa: PLC0415 - the emulator is slow to import
    from takeup.engine.rehearsal import rehearse as play  # noqa: PLC0415 - the same
    from takeup.render.junit import junit_xml  # noqa: PLC0415 - the same
    from takeup.render.rehearsal import rehearsal_json, rehearsal_text  # noqa: PLC0415 - the same

    if listing:
        _list(options, form)
        return
    _check_times(length, every)
    if junit is not None and not junit.parent.is_dir():
        raise UsageError(f"There is no folder {junit.parent} to write the JUnit file into.", hint="Make it first.")
    scenarios = _scenarios(options, names)
    pipeline = _pipeline(options, length, every)
    outcomes = []
    for named in scenarios:
        click.echo(f"Rehearsing {named.name} ...", err=True)
        outcomes.append(play(pipeline, named, seed))
    rehearsal = Rehearsal(length, every, tuple(outcomes))
    if junit is not None:
        replace_file(junit, junit_xml(rehearsal))
    click.echo(rehearsal_json(rehearsal) if form == "json" else rehearsal_text(rehearsal, style(options)), nl=False)
    if not rehearsal.kept:
        raise SystemExit(1)


def _list(options: Options, form: str) -> None:
    from takeup.provider.emulator.scenarios import BUILT_IN  # noqa: PLC0415 - the emulator is slow to import
    from takeup.render.rehearsal import scenarios_text  # noqa: PLC0415 - the same

    rows = [(item.name, item.sentence) for item in BUILT_IN]
    if form == "json":
        click.echo(json.dumps([{"name": name, "sentence": sentence} for name, sentence in rows], indent=2))
    else:
        click.echo(scenarios_text(rows, style(options)), nl=False)


def _check_times(length: float, every: float) -> None:
    if every > length:
        raise UsageError("--every is longer than --for: the pipeline would run only once.", hint="Make --for longer.")
    if length / every > _MOST_RUNS:
        raise UsageError(f"That is more than {_MOST_RUNS:,} runs.", hint="Make --every longer or --for shorter.")


def _scenarios(options: Options, names: Iterable[str]) -> "list[Named]":
    """The scenarios that are asked for; a name that is both is the built-in one, write ./name for the file."""
    from takeup.provider.emulator.scenarios import BUILT_IN, built_in  # noqa: PLC0415 - the emulator is slow to import

    found = [built_in(name) or _from_file(options, name) for name in names] or list(BUILT_IN)
    twice = {item.name for item in found if sum(other.name == item.name for other in found) > 1}
    if twice:
        raise UsageError(f"Scenario {min(twice)!r} is named twice.", hint="Name each one once; files by other names.")
    return found


def _from_file(options: Options, name: str) -> "Named":
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    from takeup.cli.scenario_file import load_scenario  # noqa: PLC0415 - the emulator is slow to import
    from takeup.provider.emulator.scenarios import BUILT_IN, Named  # noqa: PLC0415 - the same

    path = Path(name)
    if not path.is_file():
        near = get_close_matches(name, [item.name for item in BUILT_IN], 1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UsageError(
            f"--scenario {name}: there is no such file, and no built-in scenario of this name.",
            hint=f"{hint}takeup test --list names the built-in ones.",
        )
    scenario, problems = load_scenario(path, os.environ)
    refuse(options, problems)
    assert scenario is not None, "a scenario file without errors is a scenario"  # noqa: S101 - the reader's contract
    return Named(path.stem, f"from {name}", scenario)


def _pipeline(options: Options, length: float, every: float) -> "Pipeline":
    """What is rehearsed, read as `validate` reads it, but with the values that are at hand."""
    from takeup.engine.policy import Policy  # noqa: PLC0415 - the emulator is slow to import
    from takeup.engine.rehearsal import Pipeline  # noqa: PLC0415 - the same
    from takeup.manifest.loader import load  # noqa: PLC0415 - the same
    from takeup.manifest.placeholders import filled  # noqa: PLC0415 - the same

    project = _project(options)
    loaded = load(project, os.environ, placeholders=True)
    refuse(options, loaded.problems)
    # What is rehearsed is what befalls a session: as if each recording were in a window and had no lifecycle.
    always = {address: replace(item, schedule=None, lifecycle=PLAIN) for address, item in loaded.resources.items()}
    desired, missing = filled(always)
    if missing:
        click.echo(f"{missing} secret(s) are not set; placeholders stand for them.", err=True)
    return Pipeline(
        project=project.title,
        app_id=project.app_id,
        desired=desired,
        policy=Policy(
            project.first_query_after,
            project.start_within,
            project.confirm_ended_for,
            parallelism=1,
            acquires=project.acquires,
        ),
        requests_per_second=project.requests_per_second,
        length=length,
        every=every,
        start=float(int(time.time())),
        budgets=project.budgets,
        hand_over=project.hand_over,
    )


def _project(options: Options) -> "Project":
    from takeup.manifest.project import load_project  # noqa: PLC0415 - slow to import

    project, problems = load_project(options.root, None, inputs(options, secrets=False))
    refuse(options, problems)
    assert project is not None, "a project without errors is a project"  # noqa: S101 - the loader's contract
    return project
