"""The page of a plan in a real browser: search, filter, timeline, and what a hostile name cannot do."""

from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from tests.unit.render.scenarios import RUNNING, SCENARIOS, many

from takeup.core.plan import Plan
from takeup.render.plan_html import plan_html


class Page:
    """What a person sees of a plan that lies in a file."""

    def __init__(self, browser: Chrome, folder: Path, plan: Plan, *, scheme: str = "light", width: int = 1280) -> None:
        self.browser = browser
        self.complaints()  # an earlier test may have left some
        file = folder / "plan.html"
        file.write_text(plan_html(plan), "utf-8")
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )
        browser.get(file.as_uri())

    def seen(self, selector: str = ".change .name") -> list[str]:
        """The text of what is not hidden, once it is drawn: what no frame has shown yet has no text."""
        self.browser.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        found: list[str] = self.browser.execute_script(
            "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility())"
            ".map((e) => e.innerText)",
            selector,
        )
        return found

    def search(self, text: str) -> None:
        """Type into the search field."""
        field = self.browser.find_element(By.ID, "search")
        field.clear()
        field.send_keys(text)

    def toggle(self, action: str) -> None:
        """Click the box of an action."""
        self.browser.find_element(By.CSS_SELECTOR, f".actions input[value={action}]").click()

    def told(self) -> str:
        """How many changes are said to be shown."""
        return self.browser.find_element(By.ID, "shown").text

    def complaints(self) -> list[object]:
        """What the browser's console holds."""
        return list(self.browser.get_log("browser"))  # type: ignore[no-untyped-call]  # selenium leaves it untyped


def test_search_finds_names_attributes_and_values(browser: Chrome, tmp_path: Path) -> None:
    """Only changes that hold every word typed are shown, wherever in them it stands; nothing typed: all are."""
    page = Page(browser, tmp_path, SCENARIOS["everything"])
    assert page.told() == "5 of 5 changes shown"

    page.search("CN-BEIJING storageconfig")
    assert page.seen() == ["IndividualRecording.stage"]
    assert page.told() == "1 of 5 changes shown"

    page.search("nothing like this")
    assert page.seen() == []

    page.search(" ")
    assert len(page.seen()) == 5
    assert page.complaints() == []


def test_changes_are_filtered_by_action(browser: Chrome, tmp_path: Path) -> None:
    """A box for each action that there is hides and shows its changes, together with the search."""
    page = Page(browser, tmp_path, SCENARIOS["everything"])
    assert [text.split() for text in page.seen(".actions label")] == [
        [action, "1"] for action in ("create", "update", "replace", "delete", "forget")
    ]

    for action in ("create", "update", "forget"):
        page.toggle(action)
    assert page.seen() == ["IndividualRecording.stage", "WebPageRecording.slides"]

    page.search("slides")
    assert page.seen() == ["WebPageRecording.slides"]
    page.toggle("create")
    page.search("recording")
    assert page.seen()[0] == "CompositeRecording.all-hands"


def test_all_can_be_folded(browser: Chrome, tmp_path: Path) -> None:
    """Two buttons fold and unfold what is shown."""
    page = Page(browser, tmp_path, SCENARIOS["everything"])
    assert page.seen(".inside")

    browser.find_element(By.ID, "fold").click()
    assert page.seen(".inside") == []

    browser.find_element(By.ID, "unfold").click()
    assert len(page.seen(".inside")) == 5


def test_the_timeline_shows_what_runs(browser: Chrome, tmp_path: Path) -> None:
    """Each running session has a bar with its words, and the search narrows them too."""
    page = Page(browser, tmp_path, SCENARIOS["what runs"])
    assert len(page.seen(".lane")) == len(RUNNING)
    assert page.seen(".lane strong")[0] == "ScreenshotCapture.thumbs"

    page.search("stage")
    assert page.seen(".lane strong") == ["IndividualRecording.stage"]


@pytest.mark.parametrize(
    "width", [pytest.param(390, id="a telephone"), pytest.param(800, id="a tablet"), pytest.param(1280, id="a desk")]
)
@pytest.mark.parametrize("name", ["hostile strings", "layout and uids", "long values", "lost", "what runs"])
def test_nothing_scrolls_sideways(browser: Chrome, tmp_path: Path, name: str, width: int) -> None:
    """At every width all fits, however long names and values are."""
    Page(browser, tmp_path, SCENARIOS[name], width=width)
    assert browser.execute_script("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_hostile_name_is_text(browser: Chrome, tmp_path: Path) -> None:
    """Names, values and warnings that look like markup or script are shown as they are spelt, and nothing is run."""
    page = Page(browser, tmp_path, SCENARIOS["hostile strings"])
    assert browser.title.startswith("takeup plan: ")
    assert "<script>document.title='owned'</script>" in page.seen("section.warn li")
    assert (
        browser.execute_script("return document.querySelectorAll('main script, main img, svg[onload], h1 h1').length")
        == 0
    )
    page.search("<script>")
    assert page.seen()
    assert page.complaints() == []


def test_injected_markup_is_not_run(browser: Chrome, tmp_path: Path) -> None:
    """Even a script that got into the page is stopped by its policy, and nothing was loaded from anywhere."""
    page = Page(browser, tmp_path, SCENARIOS["delete"])
    entries = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert [name for name in browser.execute_script(entries) if not name.startswith("data:")] == []
    title = browser.title
    browser.execute_script(
        "const made = document.createElement('div'); made.innerHTML = '<img src=x onerror=\"document.title=1\">';"
        "document.body.append(made); const script = document.createElement('script');"
        "script.textContent = 'document.title=2'; document.body.append(script);"
    )
    assert browser.title == title
    assert page.complaints() != []


@pytest.mark.parametrize(
    ("scheme", "dark"), [pytest.param("light", False, id="light"), pytest.param("dark", True, id="dark")]
)
def test_every_text_can_be_read(browser: Chrome, tmp_path: Path, scheme: str, dark: bool) -> None:  # noqa: FBT001 - a row
    """Light and dark follow the system, and every text has a contrast of at least 4.5 to what is behind it."""
    plan = SCENARIOS["everything"]
    Page(browser, tmp_path, plan, scheme=scheme)
    poor: list[str] = browser.execute_script(_CONTRAST)
    assert poor == []
    back = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, back.strip("rgb()").split(","))) < 384) is dark


_CONTRAST = """
const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => parts(colour).slice(0, 3).map((part) => part / 255)
  .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
function behind(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if ((parts(colour)[3] ?? 1) > 0) return colour;
  }
  return "rgb(255, 255, 255)";
}
const texts = "h1, h2, p, li, dt, dd, label, button, th, td, ins, del, .tag, .why, .note, .name";
return [...document.querySelectorAll(texts)]
  .filter((element) => element.checkVisibility() && element.innerText.trim())
  .map((element) => {
    const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    return [contrast, element.className + element.innerText.slice(0, 40)];
  })
  .filter(([contrast]) => contrast < 4.5).map(([contrast, what]) => `${what}: ${contrast.toFixed(1)}`);
"""


def test_the_page_is_accessible(browser: Chrome, tmp_path: Path) -> None:
    """Each field has a name, each table a caption, each bar its words, and news are announced."""
    Page(browser, tmp_path, SCENARIOS["what runs"])
    poor: list[str] = browser.execute_script(
        """return [
          ...[...document.querySelectorAll("table")].filter((t) => !t.caption),
          ...[...document.querySelectorAll("input")].filter((i) => !i.labels.length && !i.ariaLabel),
          ...[...document.querySelectorAll(".lane svg")].filter((s) => !s.getAttribute("aria-label")),
        ].map((found) => found.outerHTML.slice(0, 80))"""
    )
    assert poor == []
    assert browser.find_element(By.ID, "shown").get_attribute("role") == "status"


def test_two_thousand_changes_can_be_searched(browser: Chrome, tmp_path: Path) -> None:
    """A large plan opens folded, and one recording is found among all."""
    page = Page(browser, tmp_path, many(2000))
    assert page.told() == "2,000 of 2,000 changes shown"
    page.search("slides-01999")
    assert page.seen() == ["WebPageRecording.slides-01999"]
