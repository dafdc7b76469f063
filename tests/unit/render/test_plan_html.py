import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given, settings
from tests.unit.render.samples import NOW
from tests.unit.render.scenarios import RUNNING, SCENARIOS, many
from tests.unit.render.test_plan_markdown import everywhere, hostile

from takeup.core.plan import Running
from takeup.render.plan_html import body, plan_html
from takeup.render.timeline import MOST


class Page(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.comments: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


_TAME = Page(plan_html(everywhere("tame"))).tags


@settings(deadline=None)
@given(hostile)
def test_nothing_breaks_out(text: str) -> None:
    """Wherever a hostile string stands, the page has the same tags with the same attributes as with a harmless one."""
    page = Page(plan_html(everywhere(text)))
    assert page.tags == _TAME, ascii(text)
    assert page.comments == []


def test_the_page_loads_nothing() -> None:
    """Nothing on the page refers to anything outside of it, and its policy allows no more than its own script."""
    page = plan_html(SCENARIOS["hostile strings"])
    references = [value for _, attrs in Page(page).tags for name, value in attrs if name in {"src", "href", "action"}]
    assert [value for value in references if not str(value).startswith("data:")] == []
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert not any(name.startswith("on") or name == "style" for _, attrs in Page(page).tags for name, _ in attrs)


def test_a_placeholder_in_a_name_stays_a_name() -> None:
    """What looks like a placeholder of the template is shown as it is written."""
    page = plan_html(replace(SCENARIOS["delete"], project="@BODY@ @POLICY@"))
    assert "<h1>takeup plan: @BODY@ @POLICY@</h1>" in page


def test_many_changes_are_folded() -> None:
    """A few changes are unfolded from the start; of many, none is, for nobody could find his way."""
    assert body(SCENARIOS["everything"]).count('<details class="change') == 5
    assert body(SCENARIOS["everything"]).count(" open>") == 5
    assert body(many(100)).count(" open>") == 0


def test_the_first_to_end_is_on_top() -> None:
    """The timeline is in the order in which sessions end; what has no known end comes last."""
    page = body(SCENARIOS["what runs"])
    names = ["thumbs</strong> LOST", "slides</strong> RUNNING", "stage</strong> SUSPECT", "lesson</strong> RUNNING"]
    places = [page.index(name) for name in names]
    assert places == sorted(places)
    assert "for 30 min; ends in 1 h 32 min at the latest: maxRecordingHour (2 h) ends it" in page
    assert "should have ended 1 h 0 min ago" in page


def test_a_bar_stays_on_its_scale() -> None:
    """No bar begins before the scale or ends after it, whatever the times are."""
    bars = re.findall(r'<rect class="\w+" x="(-?\d+)" y="4" width="(-?\d+)"', body(SCENARIOS["what runs"]))
    assert len(bars) > 8
    assert all(int(at) >= 0 and int(width) >= 0 and int(at) + int(width) <= 1001 for at, width in bars)


def test_one_session_that_just_began() -> None:
    """A session that began when the plan was made, and has no end, has a bar all the same."""
    page = body(replace(SCENARIOS["delete"], running=(Running(RUNNING[0].address, "RUNNING", NOW, None, "x"),)))
    assert 'class="open"' in page
    assert "for 0 s; x" in page


def test_what_is_too_much_to_draw_is_counted() -> None:
    """A timeline has so many bars and no more, and says what it leaves out."""
    page = body(replace(SCENARIOS["delete"], running=RUNNING[:1] * (MOST + 5)))
    assert page.count('<div class="lane ') == MOST
    assert "5 more run and are not drawn here." in page
