import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from tests.unit.render.samples import AGORA, ALL_HANDS, NOW, PLAN, attribute
from tests.unit.render.scenarios import HOSTILE, SCENARIOS, many, only

from takeup.core.address import Address, Kind
from takeup.core.plan import Action, Change, Drift, Lost, Plan, Recovery
from takeup.render.formats import GITHUB_COMMENT, LEAST_CHARS
from takeup.render.plan_markdown import plan_markdown
from takeup.render.values import is_secret

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")
OURS = {"details", "summary", "code", "table", "thead", "tbody", "tr", "th", "td", "p", "h3", "h4", "ul", "li", "pre"}
OURS |= {"strong"}
_pieces = (
    st.sampled_from([*HOSTILE, "\n", "|", "`", "```", "~~~", "<", ">", "&", "#", "@", "www.x.org", "a"]) | st.text()
)
hostile = (
    st.lists(_pieces, min_size=1, max_size=6)
    .map("".join)
    .filter(lambda text: bool(text) and not is_secret(Kind.COMPOSITE, text, text))  # hypothesis knows our words too
)


class Page(HTMLParser):
    """What a browser makes of the rendered comment: its tags, the comments, and the text outside of code."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.comments: list[str] = []
        self.open: list[str] = []
        self.outside = ""
        self.inside = ""
        self.feed(PARSER.render(source))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "tags are closed in the order that they were opened"

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if "code" in self.open:
            self.inside += data
        else:
            self.outside += data


def everywhere(text: str) -> Plan:
    """A plan in which one string stands wherever a person or a server can put one."""
    address = Address(Kind.COMPOSITE, text)
    rows = (
        attribute("cname", text, f"{text}!"),
        attribute(text, None, [text]),
        attribute("uid", {text: text}, None),
        attribute(text, 1, 2),
    )
    return replace(
        PLAN,
        project=text,
        target=replace(AGORA, endpoint=text, app_id=text),
        changes=tuple(Change(address, action, text, (text,), rows) for action in Action),
        recovery=(Recovery(address, text, NOW, text, text, text, (text,), (text,)),),
        lost=(Lost(address, (text, text), NOW, text, NOW, text),),
        drift=(Drift(address, text, text, text, NOW),),
        warnings=(text,),
        selection={"target": (text,)},
    )


_TAME = plan_markdown(everywhere("tame"), 10**9)


@settings(deadline=None)
@given(hostile)
def test_nothing_breaks_out(text: str) -> None:
    """Wherever a hostile string stands, the comment has the same tags as with a harmless one, and no more text."""
    page, tame = Page(plan_markdown(everywhere(text), 10**9)), Page(_TAME)
    assert page.tags == tame.tags
    assert {tag for tag, _ in page.tags} <= OURS
    assert page.open == []
    assert len(page.comments) == 1
    assert page.outside == tame.outside, "outside of code stand our own words only"


@settings(deadline=None)
@given(hostile, st.integers(LEAST_CHARS, 8000))
def test_never_too_long(text: str, limit: int) -> None:
    """However much there is to say, the comment stays within its limit and keeps its marker and its totals."""
    plan = replace(everywhere(text), warnings=(text,) * 40)
    made = plan_markdown(plan, limit)
    assert len(made.encode("utf-16-le", "surrogatepass")) // 2 <= limit
    assert made.startswith(f"<!-- takeup-plan digest={plan.digest} project=")
    assert "**Plan:** 2 to add, 1 to change, 2 to destroy, 1 to forget" in made


def test_not_one_character_too_long() -> None:
    """Where the whole is longer than the limit by one character, it is not written."""
    whole = len(plan_markdown(PLAN, 10**6))
    assert [short for short in range(1, 20) if len(plan_markdown(PLAN, whole - short)) > whole - short] == []


def test_a_comment_fits_into_github() -> None:
    """The project of hostile strings, and 10,000 changes, stay within what GitHub takes."""
    for plan in (*SCENARIOS.values(), many(10_000)):
        assert len(plan_markdown(plan, GITHUB_COMMENT)) <= GITHUB_COMMENT


@pytest.mark.parametrize(
    ("limit", "has", "lacks"),
    [
        pytest.param(10**6, ["<details>", "| Reason |", "lesson-00001"], ["do not fit"], id="room for everything"),
        pytest.param(60_000, ["| Recording | Calls |", "lesson-00001", "do not fit"], ["<details>"], id="a summary"),
        pytest.param(5_000, ["- 100 will be created", "does not fit"], ["lesson-00001"], id="counts"),
    ],
)
def test_it_degrades_in_steps(limit: int, has: list[str], lacks: list[str]) -> None:
    """With less room the attributes go first, then the list of changes; what is missing is said."""
    made = plan_markdown(many(400), limit)
    assert [text for text in has if text not in made] == []
    assert [text for text in lacks if text in made] == []


def test_the_marker_finds_the_project_again() -> None:
    """The hidden marker holds the digest and the project, and no project's name can end it."""
    made = plan_markdown(replace(PLAN, project="a--> b"), GITHUB_COMMENT)
    first = made.splitlines()[0]
    assert first == f"<!-- takeup-plan digest={replace(PLAN, project='a--> b').digest} project=a-%2D%3E%20b -->"


def test_what_stands_in_code_is_what_was_written() -> None:
    """Escaping changes nothing that a person reads."""
    text = "a|b `c` @d #1 <e> &amp; *f* www.x.org [g](h)"
    page = Page(plan_markdown(only(Change(ALL_HANDS, Action.CREATE, text, ())), GITHUB_COMMENT))
    assert text in page.inside


def test_warnings_come_first() -> None:
    """Warnings stand above the table of changes, and unfolded."""
    made = plan_markdown(PLAN, GITHUB_COMMENT)
    assert made.index("is SUSPECT") < made.index("| Recording |") < made.index("<details>")


def test_nobody_is_notified() -> None:
    """An @ stands in code and nowhere else, for there GitHub and GitLab take it for a name."""
    page = Page(plan_markdown(everywhere("@everyone #1"), GITHUB_COMMENT))
    assert "@" not in page.outside
    assert not re.search(r"#\d", page.outside)
