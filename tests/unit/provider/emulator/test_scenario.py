"""Scenarios as values, and how an emulator takes one on."""

import pytest
from pydantic import ValidationError
from tests.emulated import start

from takeup.core.schema.table import attributes_of
from takeup.core.secret import Secret
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.settings import FROM_FILE, Settings


def test_a_scenario_is_equal_to_one_that_was_read_from_json() -> None:
    """The models take what JSON holds."""
    read = Scenario.model_validate({"seed": 3, "settings": {"quota": 2}, "faults": [{"do": "slow", "lasting": "4s"}]})
    assert read == Scenario(seed=3, settings=Settings(quota=2), faults=[Fault(do="slow", lasting=4.0)])


def test_an_emulator_takes_on_settings_and_faults() -> None:
    """After apply the settings and rules are those of the scenario, and no rule has struck."""
    emulator = Emulator(Settings(quota=1), clock=Clock(0.0, 1000.0), faults=(Fault(do="slow"),))
    emulator.apply(Scenario(settings=Settings(quota=7), faults=[Fault(do="emptyBody")]))
    assert emulator.world.settings.quota == 7
    assert emulator.faults.rules == (Fault(do="emptyBody"),)
    assert emulator.faults.struck == (0,)


def test_the_times_of_a_scenario_are_counted_from_its_apply() -> None:
    """A rule with `at` waits from the moment the scenario was put in force."""
    emulator = Emulator(clock=Clock(0.0, 1000.0))
    emulator.clock.advance(3600)
    emulator.apply(Scenario(faults=[Fault(do="leave", channel="hall", at=60.0)]))
    start(emulator)
    emulator.clock.advance(59)
    assert emulator.world.sessions()[0].exit is None
    emulator.clock.advance(2)
    assert emulator.world.sessions()[0].exit is not None


def test_a_number_is_a_duration_in_python_and_none_in_a_file() -> None:
    """Python counts in seconds; a file names the unit."""
    assert Settings(startup=3).startup == 3.0
    with pytest.raises(ValidationError, match="not a duration"):
        Settings.model_validate({"startup": 3}, context=FROM_FILE)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(-1, id="negative"),
        pytest.param(True, id="boolean"),
        pytest.param(float("inf"), id="infinite"),
        pytest.param(float("nan"), id="not a number"),
        pytest.param(10**400, id="too large for a float"),
        pytest.param("5", id="text without unit"),
        pytest.param("5 s", id="with a space"),
        pytest.param("", id="empty"),
        pytest.param(None, id="nothing"),
    ],
)
def test_what_is_no_duration_is_refused(value: object) -> None:
    """A wrong duration is a validation error, whatever it is."""
    with pytest.raises(ValidationError):
        Settings.model_validate({"startup": value})


def test_a_certificate_becomes_a_secret_and_is_known_as_sensitive() -> None:
    """A plain text in the place of a secret is hidden at once, and the table knows the place."""
    settings = Settings.model_validate({"appCertificate": "canary-4711"})
    assert settings.appCertificate == Secret("canary-4711")
    assert "canary" not in repr(settings)
    assert attributes_of(Scenario)["settings.appCertificate"].sensitive


def test_every_attribute_of_a_scenario_has_words() -> None:
    """The reference page has something to say of each."""
    assert [path for path, row in attributes_of(Scenario).items() if not row.attr.doc] == []
