"""What holds for every format of a plan, whoever adds one."""

import subprocess
import sys
from dataclasses import replace

import pytest
from tests.unit.render.samples import CREATE
from tests.unit.render.scenarios import CANARY, RUNNING, SCENARIOS, only, row

from takeup.core.plan import Plan
from takeup.render.formats import FORMATS, GITHUB_COMMENT, RenderOptions

FOR_PEOPLE = ("text", "markdown", "html")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("plan", [pytest.param(plan, id=name) for name, plan in SCENARIOS.items()])
def test_each_format_tells_each_plan(form: str, plan: Plan) -> None:
    """Every format renders every scenario, ends with a line end and can be written as UTF-8."""
    made = FORMATS[form](plan, RenderOptions(width=80))
    assert made.endswith("\n")
    assert made.encode()


@pytest.mark.parametrize("form", FORMATS)
def test_a_plan_is_told_the_same_way_each_time(form: str) -> None:
    """A format is a pure function of the plan."""
    assert len({FORMATS[form](plan, RenderOptions()) for plan in (SCENARIOS["everything"],) * 3}) == 1


@pytest.mark.parametrize("form", FORMATS)
def test_no_secret_of_a_recording_is_shown(form: str) -> None:
    """Secrets that change, come and go are told without their values, and without their fingerprints."""
    made = FORMATS[form](SCENARIOS["secrets changed"], RenderOptions(max_chars=10**6))
    assert CANARY not in made
    assert "hmac-sha256:" not in made


@pytest.mark.parametrize("form", FOR_PEOPLE)
def test_not_even_a_plan_with_secrets_shows_them(form: str) -> None:
    """A secret that got into a plan by a mistake elsewhere is still not shown: flag, schema and fingerprint hide it."""
    rows = (
        row("cname", CANARY, CANARY + "2", sensitive=True),
        row("recordingConfig.secret", CANARY, CANARY + "2"),
        row("storageConfig.secretKey", None, CANARY),
        row("storageConfig.accessKey", CANARY, None),
        row("x", None, f"hmac-sha256:{CANARY}"),
    )
    made = FORMATS[form](only(replace(CREATE, attributes=rows)), RenderOptions())
    assert CANARY not in made
    assert made.count("(sensitive)") == len(rows)


def test_help_loads_no_format() -> None:
    """The table itself imports nothing of what the formats need."""
    code = "import sys, takeup.render.formats; print(sorted(n for n in sys.modules if n.startswith('takeup.')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own code
    assert loaded.strip() == "['takeup.render', 'takeup.render.formats']"


def test_the_digest_is_that_of_what_would_be_done() -> None:
    """What runs is told and changes nothing about the digest; the limit of comments is GitHub's."""
    plan = SCENARIOS["delete"]
    assert replace(plan, running=RUNNING).digest == plan.digest
    assert RenderOptions().max_chars == GITHUB_COMMENT == 65_536
