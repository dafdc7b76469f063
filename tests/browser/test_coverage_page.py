"""The page of coverage in a real browser, light and dark, wide and narrow."""

from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from tests.unit.render.coverages import COVERAGES, NOW

from takeup.core.cover import Coverage
from takeup.render.coverage_html import coverage_html


def show(browser: Chrome, folder: Path, found: Coverage, scheme: str, width: int) -> None:
    """Open the page of a coverage."""
    browser.get_log("browser")  # type: ignore[no-untyped-call]  # an earlier test may have left some
    file = folder / "coverage.html"
    file.write_text(coverage_html(found, NOW), "utf-8")
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(file.as_uri())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("name", ["every cause", "400 rooms", "hostile", "nothing at all"])
def test_a_page_fits_and_complains_of_nothing(
    browser: Chrome, tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    """It is never wider than the window, its own style applies, and the browser blocks nothing of it."""
    show(browser, tmp_path, COVERAGES[name], scheme, width)
    assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    colour = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert colour == {"light": "rgb(243, 244, 247)", "dark": "rgb(18, 21, 27)"}[scheme]
    assert list(browser.get_log("browser")) == []  # type: ignore[no-untyped-call]  # selenium leaves it untyped


def test_gaps_stand_where_they_were(browser: Chrome, tmp_path: Path) -> None:
    """A gap of a quarter of its lesson is drawn over a quarter of it, at its beginning, in its own colour."""
    show(browser, tmp_path, COVERAGES["a gate that is not"], "light", 1280)
    found = browser.execute_script(
        "const lane = [...document.querySelectorAll('section.below')].find((s) => s.innerText.includes('late'))"
        ".querySelectorAll('.lane')[2];"
        "return [...lane.querySelectorAll('rect')].map((r) => [r.className.baseVal, r.getBoundingClientRect().left,"
        " r.getBoundingClientRect().width, getComputedStyle(r).fill]);"
    )
    (track, covered, gap) = found
    assert [part[0] for part in found] == ["track", "covered", "untried"]
    assert gap[2] / covered[2] == pytest.approx(1 / 3, abs=0.02)
    assert gap[1] == pytest.approx(track[1] + track[2] * 8 / 24, abs=2)
    assert gap[1] + gap[2] == pytest.approx(covered[1], abs=2)
    assert len({part[3] for part in found}) == 3


def test_words_can_be_read(browser: Chrome, tmp_path: Path) -> None:
    """Shares stand on their colours with a contrast of at least 4.5 to 1 (WCAG AA), light and dark."""
    for scheme in ("light", "dark"):
        show(browser, tmp_path, COVERAGES["every cause"], scheme, 1280)
        worst = browser.execute_script(
            "const lum = (c) => { const [r, g, b] = c.match(/[0-9.]+/g).map((v) => { v /= 255;"
            " return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });"
            " return 0.2126 * r + 0.7152 * g + 0.0722 * b; };"
            "const made = ['s0', 's1', 's2', 's3', 's4'].map((name) => { const cell = document.createElement('td');"
            " cell.className = name; document.querySelector('.grid tbody tr').append(cell); return cell; });"
            "return Math.min(...made.map((e) => { const s = getComputedStyle(e);"
            " const [a, b] = [lum(s.color), lum(s.backgroundColor)].sort((x, y) => y - x);"
            " return (a + 0.05) / (b + 0.05); }));"
        )
        assert worst >= 4.5
