"""The emulator's status page in a real browser: what a person sees, and what a hostile name cannot do."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from takeup.core.secret import Secret
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.hook import WebhookSettings
from takeup.provider.emulator.openapi_samples import REQUESTS
from takeup.provider.emulator.settings import Settings

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
CANARY = "canary-5c1f"
HOSTILE = "<script>document.title='owned'</script>"
Account = Callable[..., httpx.Response]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """An emulator whose time stands still, with somebody missing in `empty` and a fault for `unlucky`."""
    made = Emulator(
        Settings(idleChannels=["empty"]),
        clock=Clock(0),
        faults=(Fault(do="answer", answer="206/65", operation=["start"], channel="unlucky"),),
    )
    with made:
        yield made


@pytest.fixture
def url(emulator: Emulator) -> Iterator[str]:
    """Where the emulator listens on loopback."""
    with emulator.serve() as server:
        yield server.url


@pytest.fixture
def account(url: str) -> Iterator[Account]:
    """Makes real calls: `account(cname, mode)` acquires and starts, and gives the answer of the start."""
    with calling(url) as call:
        yield call


@contextmanager
def calling(url: str) -> Iterator[Account]:
    """Make real calls to an emulator; its secrets are canaries."""
    with httpx.Client(base_url=url, auth=("customer", CANARY), trust_env=False) as client:

        def call(cname: str, mode: str = "mix") -> httpx.Response:
            who = {"cname": cname, "uid": "10001"}
            app = "/v1/apps/app-id/cloud_recording"
            acquired = client.post(f"{app}/acquire", json={**who, "clientRequest": {"scene": int(mode == "web")}})
            request = REQUESTS["start", mode]["clientRequest"]
            request = {**request, "storageConfig": {**request["storageConfig"], "secretKey": CANARY}}
            path = f"{app}/resourceid/{acquired.json()['resourceId']}/mode/{mode}/start"
            return client.post(path, json={**who, "clientRequest": request})

        yield call


class Page:
    """What a person sees."""

    def __init__(self, browser: Chrome, url: str, *, scheme: str = "light", width: int = 1400) -> None:
        self.browser = browser
        self.complaints()  # an earlier test may have left some
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )
        browser.get(url)
        self.wait(lambda: browser.find_element(By.TAG_NAME, "body").get_attribute("data-drawn"))

    def wait(self, told: Callable[[], Any]) -> None:
        """Wait until something is so; the page asks the emulator once a second."""
        WebDriverWait(self.browser, 20, poll_frequency=0.1).until(lambda _: told())

    def rows(self, section: str) -> list[str]:
        """The rows of a table as they are read, in one piece so that no redraw comes in between."""
        found: list[str] = self.browser.execute_script(
            "return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)].map((row) => row.innerText)", section
        )
        return [" ".join(row.split()) for row in found]

    def text(self, section: str) -> str:
        """All that a section says."""
        return str(self.browser.execute_script("return document.getElementById(arguments[0]).innerText", section))

    def complaints(self) -> list[Any]:
        """What the browser's console holds."""
        return list(self.browser.get_log("browser"))  # type: ignore[no-untyped-call]  # selenium leaves it untyped


def test_an_empty_emulator_says_so_in_words(browser: Chrome, url: str) -> None:
    """Where there is nothing yet, each section says so, and the console stays empty."""
    page = Page(browser, url)

    assert page.text("live") == "No session is live. A start makes one."
    assert page.text("ended") == "No session has ended yet."
    assert page.text("calls") == "No call has come in yet."
    assert page.text("deliveries") == "No webhook has been sent."
    assert page.text("speed") == "Time stands still until you advance it."
    assert page.complaints() == []


def test_a_session_appears_by_itself(browser: Chrome, url: str, account: Account) -> None:
    """A session that starts while the page is open appears with channel, uid, mode and status."""
    page = Page(browser, url)

    assert account("hall").status_code == 200
    page.wait(lambda: page.rows("live"))

    (row,) = page.rows("live")
    assert row.split()[:4] == ["hall", "uid", "10001", "mix"]
    assert "1 initialised" in row
    assert "not by itself" in row
    assert [entry.split()[1] for entry in page.rows("calls")] == ["start", "acquire"]
    assert page.text("totals").split() == ["acquire", "1", "start", "1"]


def test_the_button_lets_time_pass(browser: Chrome, url: str, account: Account) -> None:
    """Advancing the clock by the form lets an idle session end, and the page tells why."""
    account("empty")
    account("hall")
    page = Page(browser, url)
    assert any("in 30 s" in row and "maxIdleTime" in row for row in page.rows("live"))
    before = page.text("now")
    field = browser.find_element(By.ID, "step")
    field.clear()
    field.send_keys("2h")

    browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    page.wait(lambda: page.rows("ended"))

    assert page.text("now") != before
    assert page.text("notice") == "The clock was advanced by 2h."
    (ended,) = page.rows("ended")
    assert ended.startswith("empty uid 10001 mix nobody in the channel (maxIdleTime)")
    (live,) = page.rows("live")
    assert "5 recording" in live
    assert "2 h 0 min" in live


def test_a_wrong_step_is_explained(browser: Chrome, url: str) -> None:
    """A step that is no duration moves nothing, and the page says what to write."""
    page = Page(browser, url)
    before = page.text("now")
    field = browser.find_element(By.ID, "step")
    field.clear()
    field.send_keys("soon")

    browser.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    page.wait(lambda: page.text("notice"))

    assert "duration" in page.text("notice")
    assert page.text("now") == before


def test_a_fault_tells_how_often_it_struck(browser: Chrome, url: str, account: Account) -> None:
    """A rule in force is shown with its conditions and its strikes, and the call that it struck names it."""
    page = Page(browser, url)
    (rule,) = page.rows("faults")
    assert "channel: unlucky" in rule
    assert "not yet" in rule

    account("unlucky")
    page.wait(lambda: "1 time" in page.rows("faults")[0])

    page.wait(lambda: page.rows("calls"))
    assert "206/65" in page.rows("calls")[0]
    assert "fault: answer" in page.rows("calls")[0]


def test_webhook_deliveries_are_listed(browser: Chrome) -> None:
    """Each attempt to deliver a webhook is listed with its event, its channel and what became of it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = taken.getsockname()[1]
    hooks = WebhookSettings(url=f"http://127.0.0.1:{nobody}/hook", secret=Secret(CANARY))
    with Emulator(clock=Clock(0), webhooks=hooks) as emulator, emulator.serve() as server:
        with calling(server.url) as account:
            account("hall")
        emulator.clock.advance(60)

        page = Page(browser, server.url)
        page.wait(lambda: page.rows("deliveries"))

        assert any("event 40 hall 1" in row for row in page.rows("deliveries"))
        assert CANARY not in browser.page_source


def test_a_failover_and_a_death_are_seen(browser: Chrome, emulator: Emulator, url: str, account: Account) -> None:
    """A session that fails over is live and counted as moved; one whose worker died has ended, with its cause."""
    moved, died = (account(name).json()["sid"] for name in ("moved", "died"))
    emulator.world.fail_over(moved, 30.0)
    emulator.world.kill(died)
    emulator.clock.advance(60)

    page = Page(browser, url)

    assert page.rows("live")[0].split()[0] == "moved"
    assert page.rows("live")[0].split()[-1] == "1"
    assert "worker died" in page.rows("ended")[0]


def test_a_hostile_name_is_text(browser: Chrome, emulator: Emulator, url: str, account: Account) -> None:
    """A web page recording named like a script is shown as it is spelt, and nothing of it is run."""
    assert account(HOSTILE, "web").status_code == 200
    emulator.clock.advance(20)

    page = Page(browser, url)

    assert page.rows("live")[0].startswith(HOSTILE)
    assert browser.title == "takeup emulator"
    assert browser.find_elements(By.CSS_SELECTOR, "#live script, #calls script") == []
    assert page.complaints() == []


def test_injected_markup_is_not_run(browser: Chrome, url: str) -> None:
    """Even a script that got into the page is stopped by its policy, and nothing is loaded from elsewhere."""
    page = Page(browser, url)

    browser.execute_script(
        "const made = document.createElement('div'); made.innerHTML = '<img src=x onerror=\"document.title=1\">';"
        "document.body.append(made); const script = document.createElement('script');"
        "script.textContent = 'document.title=2'; document.body.append(script);"
    )
    page.wait(page.complaints)

    assert browser.title == "takeup emulator"
    loaded: list[str] = browser.execute_script(
        "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    )
    assert [name for name in loaded if not name.startswith(url)] == []


def test_no_secret_is_on_the_page(browser: Chrome, emulator: Emulator, url: str, account: Account) -> None:
    """Neither the customer secret nor a storage key reaches the page."""
    account("hall")
    emulator.clock.advance(20)

    page = Page(browser, url)

    assert page.rows("live")
    assert CANARY not in browser.page_source


@pytest.mark.parametrize(
    ("scheme", "dark"), [pytest.param("light", False, id="light"), pytest.param("dark", True, id="dark")]
)
def test_colours_follow_the_system(browser: Chrome, url: str, scheme: str, dark: bool) -> None:  # noqa: FBT001 - a row
    """Background and text swap between light and dark, with enough contrast to read."""
    Page(browser, url, scheme=scheme)

    back, text = (brightness(browser, name) for name in ("background-color", "color"))

    assert (back < text) is dark
    assert (max(back, text) + 0.05) / (min(back, text) + 0.05) >= 7


@pytest.mark.parametrize(
    "width", [pytest.param(400, id="a telephone"), pytest.param(800, id="a tablet"), pytest.param(1400, id="a desk")]
)
def test_nothing_scrolls_sideways(browser: Chrome, emulator: Emulator, url: str, account: Account, width: int) -> None:
    """At every width all sections fit, though a channel name is as long as it may be."""
    account("W" * 63)
    account("hall", "web")
    account("unlucky")
    emulator.clock.advance(20)

    Page(browser, url, width=width)

    wide: list[str] = browser.execute_script(
        "return [document.documentElement, ...document.querySelectorAll('section, .scroll')]"
        ".filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.outerHTML.slice(0, 80))"
    )
    assert wide == []


def test_two_hundred_sessions_are_readable(browser: Chrome, emulator: Emulator, url: str, account: Account) -> None:
    """With 200 sessions all are listed, in a list that scrolls by itself and stays where it was scrolled to."""
    for number in range(200):
        account(f"room-{number}")
    emulator.clock.advance(20)
    page = Page(browser, url)

    assert len(page.rows("live")) == 200
    browser.execute_script("document.querySelector('#live .scroll').scrollTop = 1000")
    emulator.clock.advance(3600)
    page.wait(lambda: "1 h 0 min" in page.rows("live")[0])
    assert browser.execute_script("return document.querySelector('#live .scroll').scrollTop") == 1000
    assert len(page.rows("calls")) == 50
    assert page.text("deliveries")


def test_the_page_is_accessible(browser: Chrome, url: str, account: Account) -> None:
    """Each table has a caption and headings, each section a name, each field a label, and news are announced."""
    account("hall")
    page = Page(browser, url)
    page.wait(lambda: page.rows("live"))

    poor: list[str] = browser.execute_script(
        """return [
          ...[...document.querySelectorAll("table")].filter((t) => !t.caption || !t.querySelector("th[scope=col]")),
          ...[...document.querySelectorAll("section")].filter(
            (s) => !document.getElementById(s.getAttribute("aria-labelledby"))),
          ...[...document.querySelectorAll("input")].filter((i) => !i.labels.length),
        ].map((found) => found.outerHTML.slice(0, 80))"""
    )
    assert poor == []
    assert browser.find_element(By.ID, "notice").get_attribute("aria-live") == "polite"
    assert browser.execute_script("return document.documentElement.lang") == "en"


def test_an_emulator_that_is_gone_is_told(browser: Chrome, emulator: Emulator, url: str, account: Account) -> None:
    """When the emulator stops answering the page keeps what it showed and says that it may be old."""
    account("hall")
    page = Page(browser, url)
    page.wait(lambda: page.rows("live"))

    emulator.close()
    page.wait(lambda: page.text("notice"))

    assert page.text("notice").startswith("The emulator does not answer")
    assert len(page.rows("live")) == 1


def brightness(browser: Chrome, style: str) -> float:
    """Compute the relative luminance (WCAG) of a colour of the body."""
    colour: str = browser.execute_script("return getComputedStyle(document.body).getPropertyValue(arguments[0])", style)
    parts = [int(part) / 255 for part in colour.strip("rgb()").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_browser_is_used_where_ci_runs() -> None:
    """With CI=true the browser must be there, so that these tests are never skipped unnoticed."""
    if os.environ.get("CI") == "true":
        assert Path(str(BROWSER)).is_file()
        assert Path(str(DRIVER)).is_file()
