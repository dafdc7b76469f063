import pytest

from takeup.render.style import Style, counted, printable, quoted


@pytest.mark.parametrize("name", ["add", "change", "remove", "replace", "dim", "bold", "warn", "error"])
def test_colours_only_where_wanted(name: str) -> None:
    """Without colour the text is left alone; with it, it stands between a code and a reset."""
    assert getattr(Style(colour=False), name)("x") == "x"
    coloured = getattr(Style(colour=True), name)("x")
    assert coloured.startswith("\x1b[")
    assert coloured.endswith("mx\x1b[0m")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain äöü 日本", "plain äöü 日本", id="text of any language"),
        pytest.param("a\nb\rc", r"a\nb\rc", id="line ends"),
        pytest.param("\x1b[2J", r"\u001b[2J", id="escape sequence"),
        pytest.param("\x9b2J\x7f", r"\u009b2J\u007f", id="eight-bit controls and DEL"),
        pytest.param("\u202egnp", r"\u202egnp", id="reading direction"),
        pytest.param("\u2028\u200b", r"\u2028\u200b", id="line separator and zero width"),
        pytest.param("\U000e0041\ud800", r"\udb40\udc41\ud800", id="tag character and lone surrogate"),
    ],
)
def test_escapes_what_a_terminal_would_obey(text: str, shown: str) -> None:
    """Characters that a terminal does not simply show are escaped, in text and in JSON."""
    assert printable(text) == shown
    assert quoted(text) == f'"{shown}"'


def test_counts_in_words() -> None:
    """One is singular, everything else plural."""
    assert [counted(number, "error") for number in (0, 1, 2)] == ["0 errors", "1 error", "2 errors"]
