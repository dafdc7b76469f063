import re
from dataclasses import replace

import pytest
from inline_snapshot import snapshot
from tests.unit.render.samples import (
    AGORA,
    CREATE,
    DELETE,
    EMBEDDED,
    FINGERPRINT,
    FORGET,
    LOOPBACK,
    PLAN,
    QUIET,
    UPDATE,
    attribute,
)
from tests.unit.render.scenarios import SCENARIOS

from takeup.core.address import Address, Kind
from takeup.core.plan import Action, AttributeChange, Change, Target
from takeup.core.schema.attribute import Effect
from takeup.render.plan_text import plan_text
from takeup.render.style import Style

PLAIN = Style(colour=False)


def test_whole_plan() -> None:
    """A plan with every action is written as a whole."""
    assert plan_text(PLAN, PLAIN) == snapshot("""\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

Warning: CompositeRecording.x is SUSPECT: 404 since 09:29:50.

Changed outside of takeup:
  ~ ScreenshotCapture.thumbs: RUNNING -> ENDED (404 for 90 s)

takeup will perform the following actions:

  # CompositeRecording.all-hands will be created (not recorded yet)
  + CompositeRecording.all-hands {
      + cname                              = "all-hands"
      + recordingConfig.channelType        = live (1)
      + recordingConfig.subscribeVideoUids = ["#allstream#"]
      + storageConfig.region               = us-east-1 (0)
      + storageConfig.secretKey            = (sensitive)
      + storageConfig.vendor               = s3 (1)
        calls: acquire, start
    }

  # CompositeRecording.lesson will be updated in place
  ~ CompositeRecording.lesson {
      + recordingConfig.subscribeAudioUids                            = ["7"]
      ~ recordingConfig.transcodingConfig.layoutConfig[0].render_mode = crop (0) -> fit (1)
      ~ recordingConfig.transcodingConfig.mixedVideoLayout            = bestFit (1) -> custom (3)
      - recordingConfig.unSubscribeVideoUids                          = ["8"]
      ~ storageConfig.accessKey                                       = (sensitive)
        calls: update, updateLayout
    }

  # IndividualRecording.stage must be replaced (no call changes storageConfig.region, storageConfig.vendor of a running session)
-/+ IndividualRecording.stage {
      ~ recordingConfig.subscribeAudioUids = + "8" # (1 unchanged)
      ~ storageConfig.region               = us-east-1 (0) -> cn-beijing (3) # forces replacement
      ~ storageConfig.vendor               = s3 (1) -> alibaba (2) # forces replacement
        calls: stop, acquire, start
    }

  # WebPageRecording.slides will be destroyed (not wanted any more)
  - WebPageRecording.slides {
      - webRecorder.onhold = false
      - webRecorder.url    = "https://example.com"
        calls: stop
    }

  . ScreenshotCapture.thumbs will be forgotten (not wanted any more, and the session ended (404 for 90 s))

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    + CompositeRecording.all-hands
    ~ CompositeRecording.lesson
  -/+ IndividualRecording.stage
    - WebPageRecording.slides
    . ScreenshotCapture.thumbs

Plan: 2 to add, 1 to change, 2 to destroy, 1 to forget.
8 API calls: 2 acquire, 2 start, 1 update, 1 updateLayout, 2 stop
""")  # noqa: E501 - a line of output is as long as it is


def test_colour_adds_nothing_but_codes() -> None:
    """Without its ANSI codes the coloured plan is the plain one."""
    coloured = plan_text(PLAN, Style(colour=True))
    assert coloured != plan_text(PLAN, PLAIN)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plan_text(PLAN, PLAIN)


@pytest.mark.parametrize(
    ("target", "title"),
    [
        pytest.param(
            EMBEDDED,
            "takeup plan: campus on the embedded emulator (no real recorder is reached)",
            id="embedded emulator",
        ),
        pytest.param(
            LOOPBACK,
            "takeup plan: campus on http://127.0.0.1:8787 (an emulator or proxy on this machine)",
            id="loopback",
        ),
        pytest.param(AGORA, "takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef", id="Agora itself"),
        pytest.param(
            replace(AGORA, app_id="short"),
            "takeup plan: campus on https://api.sd-rtn.com, App ID short",
            id="an App ID too short to shorten",
        ),
    ],
)
def test_first_line_names_the_target(target: Target, title: str) -> None:
    """The first line says whom the calls go to."""
    assert plan_text(replace(PLAN, target=target), PLAIN).splitlines()[0] == title


def test_nothing_to_do() -> None:
    """A plan without changes says that all is as wanted."""
    assert plan_text(QUIET, PLAIN) == snapshot("""\
takeup plan: campus on the embedded emulator (no real recorder is reached)

No changes. Recordings match the manifests.
2 recordings, 0 API calls
""")


def test_nothing_can_be_done() -> None:
    """A plan without changes does not claim a match for recordings that nobody can judge."""
    told = (
        "CompositeRecording.x is LOST: no sid.",
        "CompositeRecording.y is UNKNOWN: timeout.",
        "storageConfig.region 17 stands only in the 2024 documentation.",
    )
    assert plan_text(replace(QUIET, warnings=told, unjudged=2), PLAIN) == snapshot("""\
takeup plan: campus on the embedded emulator (no real recorder is reached)

Warning: CompositeRecording.x is LOST: no sid.

Warning: CompositeRecording.y is UNKNOWN: timeout.

Warning: storageConfig.region 17 stands only in the 2024 documentation.

No changes can be made now: 2 recordings cannot be judged (see the warnings).
2 recordings, 0 API calls
""")


def test_other_warnings_leave_the_match() -> None:
    """A warning that is not about an unsure recording does not unsay the match."""
    text = plan_text(replace(QUIET, noop=1, warnings=("Something else.",)), PLAIN)
    assert text.endswith("No changes. Recordings match the manifests.\n1 recording, 0 API calls\n")


@pytest.mark.parametrize(
    ("change", "summary"),
    [
        pytest.param(DELETE, "Plan: 0 to add, 0 to change, 1 to destroy.\n1 API call: 1 stop\n", id="a single call"),
        pytest.param(FORGET, "Plan: 0 to add, 0 to change, 0 to destroy, 1 to forget.\n0 API calls\n", id="no call"),
    ],
)
def test_summary(change: Change, summary: str) -> None:
    """The summary counts recordings and calls, in the singular where there is one."""
    assert plan_text(replace(PLAN, changes=(change,)), PLAIN).endswith(f"\n\n{summary}")


def test_selection_is_told() -> None:
    """A restricted plan says so, for it says nothing about the rest."""
    selection = {"target": ("CompositeRecording.*",), "exclude": ("CompositeRecording.x",)}
    assert plan_text(replace(QUIET, selection=selection), PLAIN).splitlines()[1] == (
        "Restricted by --target CompositeRecording.*, --exclude CompositeRecording.x"
    )


def test_a_manifest_cannot_forge_output() -> None:
    """Control characters of names, values, reasons and warnings come out escaped."""
    evil = "x\n\x1b[2JPlan: 0 to add"
    change = Change(Address(Kind.COMPOSITE, evil), Action.CREATE, evil, (), (attribute(evil, None, evil),))
    text = plan_text(replace(PLAN, project=evil, changes=(change,), warnings=(evil,)), PLAIN)
    assert "\x1b" not in text
    assert not any(line.startswith(("\x1b", "Plan: 0 to add")) for line in text.splitlines())


def test_no_secret_is_shown() -> None:
    """A fingerprint that is not marked sensitive, and a sensitive value, stay hidden."""
    rows = (attribute("odd", None, FINGERPRINT), attribute("even", "canary", "canary2", sensitive=True))
    text = plan_text(replace(PLAN, changes=(replace(CREATE, attributes=rows),)), PLAIN)
    assert FINGERPRINT not in text
    assert "canary" not in text


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        pytest.param((attribute("storageConfig.region", 0, 3),), "0 -> 3", id="vendor not in the change"),
        pytest.param(
            (attribute("storageConfig.region", 0, 99), attribute("storageConfig.vendor", None, 1)),
            "0 -> 99",
            id="vendor without that region",
        ),
        pytest.param((attribute("recordingConfig.channelType", 0, 9),), "communication (0) -> 9", id="no name"),
        pytest.param((attribute("recordingConfig.maxIdleTime", 30, 60),), "30 -> 60", id="a plain number"),
    ],
)
def test_numbers_without_a_name(rows: tuple[AttributeChange, ...], shown: str) -> None:
    """A number whose name is not known is shown as the number."""
    text = plan_text(replace(PLAN, changes=(replace(CREATE, attributes=rows),)), PLAIN)
    assert re.search(rf"~ {re.escape(rows[0].path)} += {re.escape(shown)}$", text, re.MULTILINE)


@pytest.mark.parametrize("width", [pytest.param(80, id="80 columns"), pytest.param(120, id="120 columns")])
@pytest.mark.parametrize("name", ["layout and uids", "long values", "recovery", "suspect", "replace"])
def test_a_terminal_is_wide_enough(name: str, width: int) -> None:
    """Where the width is known no line is wider, but for paths and ids, which are never cut."""
    lines = plan_text(SCENARIOS[name], PLAIN, width).splitlines()
    assert [line for line in lines if len(line) > width and not line.startswith("Summary")] == []


def test_ids_are_never_cut() -> None:
    """The resourceIds of a LOST session stand whole on one line even in a narrow terminal: an import needs them."""
    text = plan_text(SCENARIOS["lost"], PLAIN, 60)
    assert all(f"resourceId:  {resource_id}\n" in text for resource_id in SCENARIOS["lost"].lost[0].resource_ids)


def test_sections_stand_in_one_order() -> None:
    """Title, warnings, recovery, LOST, drift, changes, addresses, totals."""
    plan = replace(PLAN, recovery=SCENARIOS["recovery"].recovery, lost=SCENARIOS["lost"].lost)
    text = plan_text(plan, PLAIN)
    heads = [
        "takeup plan:",
        "Warning:",
        "Recovery:",
        "LOST:",
        "Changed outside",
        "takeup will perform",
        "Summary (",
        "Plan:",
    ]
    places = [text.index(f"\n{head}") if at else 0 for at, head in enumerate(heads)]
    assert places == sorted(places)


def test_a_repeated_update_says_why() -> None:
    """An update without a changed attribute is explained by its reason."""
    change = replace(UPDATE, attributes=(), repeats=("layout",), reason="the outcome of the update is not known")
    assert "# CompositeRecording.lesson will be updated in place (the outcome" in plan_text(
        replace(PLAN, changes=(change,)), PLAIN
    )


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        pytest.param(
            attribute("recordingConfig.subscribeAudioUids", ["1", "2", "3"], ["3", "4"], Effect.UPDATE),
            '+ "4", - "1", - "2" # (1 unchanged)',
            id="a set of uids",
        ),
        pytest.param(
            attribute("storageConfig.fileNamePrefix", ["a", "b"], ["b", "a"]),
            '["a", "b"] -> ["b", "a"]',
            id="a list whose order has a meaning",
        ),
        pytest.param(
            attribute("recordingConfig.subscribeAudioUids", ["1", "1"], ["1"], Effect.UPDATE),
            '["1", "1"] -> ["1"]',
            id="one element twice",
        ),
    ],
)
def test_sets_are_told_by_element(item: AttributeChange, shown: str) -> None:
    """Of a set, what comes and goes is shown and the rest counted; a list is shown as a whole."""
    text = plan_text(replace(PLAN, changes=(replace(UPDATE, attributes=(item,)),)), PLAIN)
    assert f"~ {item.path} = {shown}\n" in text
