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
    attribute,
)

from takeup.core.address import Address, Kind
from takeup.core.plan import Action, AttributeChange, Change, Target
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
