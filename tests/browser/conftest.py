"""One headless Chromium for all tests of pages."""

import os
import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A headless Chromium with a fresh profile. Its driver is the installed one, nothing is downloaded."""
    if not (BROWSER and DRIVER) and os.environ.get("CI") != "true":
        pytest.skip("chromium and chromedriver are not installed; with CI=true this is a failure")
    assert BROWSER, "chromium is not installed: apt-get install chromium"
    assert DRIVER, "chromedriver is not installed: apt-get install chromium-driver"
    patch = pytest.MonkeyPatch()
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        patch.delenv(name)
    options = ChromeOptions()
    options.binary_location = BROWSER
    for argument in (*ARGUMENTS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()
    patch.undo()
