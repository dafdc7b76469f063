"""spec.prices and spec.safety of takeup.yaml."""

from decimal import Decimal
from pathlib import Path

import pytest

from takeup.core.price import LISTS, Expected, Tier
from takeup.core.safety import Rails
from takeup.manifest.problem import Problem
from takeup.manifest.project import Project, load_project

HEAD = "apiVersion: takeup/v1\nkind: Project\nmetadata: {name: campus}\nspec:\n  agora: {endpoint: emulator}\n"


def read(tmp_path: Path, spec: str, env: dict[str, str] | None = None) -> tuple[Project | None, list[Problem]]:
    (tmp_path / "takeup.yaml").write_text(HEAD + spec)
    return load_project(tmp_path, env)


def test_without_either_the_defaults_hold(tmp_path: Path) -> None:
    """Prices are Agora's in USD, and 30 % of at least 10 sessions may be stopped."""
    project, _ = read(tmp_path, "")
    assert project is not None
    assert (project.prices.currency, dict(project.prices.per_1000)) == ("USD", dict(LISTS["USD"]))
    assert project.prices.expected == Expected(1, 1280, 720)
    assert project.rails == Rails(Decimal(30), 10, None)


def test_all_of_it_can_be_set(tmp_path: Path) -> None:
    """Currency, single prices, the expected video, and each rail."""
    project, problems = read(
        tmp_path,
        "  prices: {currency: CNY, per1000Minutes: {audio: 8.5, screenshots: 15}, expect: {streams: 3, width: 640, "
        "height: 360}}\n  safety: {stops: {share: 12.5%, shareFrom: 4, most: 20}}\n",
    )
    assert problems == []
    assert project is not None
    prices = project.prices
    assert (prices.per_1000[Tier.AUDIO], prices.per_1000[Tier.HD]) == (Decimal("8.5"), Decimal(36))
    assert prices.own == {Tier.AUDIO, Tier.SCREENSHOTS}
    assert prices.expected == Expected(3, 640, 360)
    assert project.rails == Rails(Decimal("12.5"), 4, 20)


def test_they_may_be_references(tmp_path: Path) -> None:
    """A price and a share may stand in the environment; offline they are not missed."""
    spec = "  prices: {per1000Minutes: {hd: {fromEnv: HD}}}\n  safety: {stops: {share: {fromEnv: SHARE}}}\n"
    assert read(tmp_path, spec)[1] == []
    project, problems = read(tmp_path, spec, {"HD": "4.2", "SHARE": "50%"})
    assert problems == []
    assert project is not None
    assert (project.prices.per_1000[Tier.HD], project.rails.share) == (Decimal("4.2"), Decimal(50))


_PRICES = ", ".join(f"{tier.value}: 1" for tier in Tier)
BAD = {
    "price below zero": ("prices: {per1000Minutes: {hd: -1}}", "number from 0 to"),
    "price as a text": ("prices: {per1000Minutes: {hd: '5 USD'}}", "number from 0 to"),
    "price that is no number": ("prices: {per1000Minutes: {hd: .nan}}", ""),
    "price too exact": ("prices: {per1000Minutes: {hd: 0.1234567}}", "at most 6 decimals"),
    "unknown tier": ("prices: {per1000Minutes: {fullHD: 1}}", "fullHD is not spelled like this"),
    "currency in small letters": ("prices: {currency: usd}", "three capital letters"),
    "currency without a list": ("prices: {currency: EUR, per1000Minutes: {hd: 5}}", "these are missing: audio"),
    "no pixels": ("prices: {expect: {width: 0}}", "prices.expect.width is 0"),
    "share without a sign": ("safety: {stops: {share: 30}}", "percentage from 0% to 100%"),
    "share above all": ("safety: {stops: {share: 101%}}", "percentage from 0% to 100%"),
    "number below zero": ("safety: {stops: {most: -1}}", "safety.stops.most is -1"),
    "misspelt rail": ("safety: {stops: {max: 1}}", "no attribute safety.stops.max"),
}


@pytest.mark.parametrize(("spec", "words"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_told(tmp_path: Path, spec: str, words: str) -> None:
    """Each fault has a sentence with a place and a suggestion."""
    project, problems = read(tmp_path, f"  {spec}\n")
    assert project is None
    assert any(words in problem.message for problem in problems), problems
    assert all(problem.line == 6 and problem.suggestion for problem in problems)


def test_another_currency_with_all_prices(tmp_path: Path) -> None:
    """Where every price is set, any currency will do."""
    project, problems = read(tmp_path, f"  prices: {{currency: EUR, per1000Minutes: {{{_PRICES}}}}}\n")
    assert problems == []
    assert project is not None
    assert set(project.prices.per_1000.values()) == {Decimal(1)}
