"""Findings as annotations, as GitLab's code quality report, and the comments that show a plan."""

import json

import pytest

from takeup.render.annotations import annotations, fenced_off
from takeup.render.codequality import code_quality
from takeup.render.findings import Level, Noted, below
from takeup.render.marker import PlanComment, marker, plan_comment

DIGEST = "sha256:" + "ab" * 32
BOT = "github-actions[bot]"


def test_what_people_wrote_stays_inside_its_annotation() -> None:
    """Percent signs and line ends are escaped everywhere, colons and commas in properties too."""
    item = Noted("drift", Level.ERROR, "50%\r\n::set-output name=x::y", "Kind.a", "odd,col=1::x\n.yaml", 3, 4)
    assert annotations([item]) == (
        "::error file=odd%2Ccol=1%3A%3Ax%0A.yaml,line=3,col=4,title=takeup%3A Kind.a::"
        "50%25%0D%0A::set-output name=x::y\n"
    )


def test_the_worst_is_told_first() -> None:
    """Errors come before warnings and these before notes, for GitHub shows ten of each and people read the top."""
    found = [Noted("create", level, "x") for level in (Level.NOTE, Level.WARNING, Level.ERROR)]
    words = [line.split(" ")[0] for line in annotations(found).splitlines()]
    assert words == ["::error", "::warning", "::notice"]


def test_a_log_is_fenced_off() -> None:
    """Text stands between the command that stops commands and the one that starts them again."""
    assert fenced_off("a ##[warning]b\n", "t0").splitlines() == ["::stop-commands::t0", "a ##[warning]b", "::t0::"]


def test_code_quality_knows_a_finding_again() -> None:
    """The fingerprint stays when the line moves, and is another one for another message."""
    first = Noted("drift", Level.ERROR, "a", "Kind.a", "m.yaml", 3)
    moved = Noted("drift", Level.ERROR, "a", "Kind.a", "m.yaml", 9)
    other = Noted("drift", Level.NOTE, "b", "Kind.a", "m.yaml", 3)
    entries = json.loads(code_quality([first, moved, other]))
    prints = [entry["fingerprint"] for entry in entries]
    assert prints[0] == prints[1] != prints[2]
    assert [entry["severity"] for entry in entries] == ["critical", "critical", "info"]
    assert entries[0]["location"] == {"path": "m.yaml", "lines": {"begin": 3}}


def test_files_are_named_from_the_checkout() -> None:
    """A folder is put in front, and none leaves the finding as it is."""
    item = Noted("drift", Level.ERROR, "a")
    assert [one.file for one in (*below("infra/agora", [item]), *below("", [item]))] == [
        "infra/agora/takeup.yaml",
        "takeup.yaml",
    ]


def comment(number: int, body: str | None, login: str = BOT) -> dict[str, object]:
    return {"id": number, "body": body, "user": {"login": login}}


SHOWN = f"{marker(DIGEST, 'campus')}\n\n### takeup plan"


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        pytest.param([[comment(1, SHOWN)]], 1, id="the one comment"),
        pytest.param([[comment(1, SHOWN)], [comment(2, SHOWN)]], 2, id="the last of two pages"),
        pytest.param([[comment(1, SHOWN.replace("\n", "\r\n"))]], 1, id="with line ends of the web"),
        pytest.param([[comment(1, SHOWN, "mallory")]], None, id="somebody else's"),
        pytest.param([[comment(1, f"> {SHOWN}")]], None, id="quoted"),
        pytest.param([[comment(1, f"see\n{SHOWN}")]], None, id="below other text"),
        pytest.param([[comment(1, SHOWN.replace("campus", "other"))]], None, id="another project's"),
        pytest.param([[comment(1, SHOWN.replace("ab", "zz"))]], None, id="no digest"),
        pytest.param([[comment(1, None), {"id": 2, "body": "x", "user": None}]], None, id="without text or author"),
        pytest.param([], None, id="no comments"),
    ],
)
def test_which_comment_shows_the_plan(pages: list[object], found: int | None) -> None:
    """The last comment of the author that begins with the project's marker, and no other."""
    text = "".join(json.dumps(page) for page in pages)
    expected = None if found is None else PlanComment(found, DIGEST)
    assert plan_comment(text, "campus", BOT) == expected


@pytest.mark.parametrize("name", ["--> x", "a b/ü", "x" * 300, "-" * 9])
def test_a_marker_holds_any_project(name: str) -> None:
    """Whatever the project is called, its comment is found again and the marker is one comment of HTML."""
    line = marker(DIGEST, name)
    assert line.count("--") == 2
    assert plan_comment(json.dumps([comment(1, line)]), name, BOT) == PlanComment(1, DIGEST)


@pytest.mark.parametrize("text", ["{", '{"message": "Not Found"}', "[1]", '[{"id": 1}]'])
def test_what_is_no_list_of_comments_is_refused(text: str) -> None:
    """An error page of the API is not taken for a pull request without comments."""
    with pytest.raises(ValueError, match=r"."):
        plan_comment(text, "campus", BOT)
