"""The one form of text with names in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeup.manifest.template import TemplateFaultError, parse

_BRACES = st.text(alphabet="{} abc.\n", max_size=30)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        pytest.param("plain", "plain", id="no name"),
        pytest.param("{{ room }}-{{var.term}}", "r1-ws26", id="two names, with and without blanks"),
        pytest.param("{{{{ room }}", "{{ room }}", id="four braces are two that begin no name"),
        pytest.param("a } b }} {", "a } b }} {", id="other braces stand for themselves"),
    ],
)
def test_names_are_replaced(text: str, result: str) -> None:
    """Each name gives way to its text; everything else stays as it is."""
    assert parse(text).filled({"room": "r1", "var.term": "ws26"}) == result


@pytest.mark.parametrize("text", ["{{ room", "{{ }}", "{{ {a} }}", "x {{"], ids=["open", "no name", "braces", "end"])
def test_what_is_no_template_is_refused(text: str) -> None:
    """A name that is missing or never closed is told in a sentence."""
    with pytest.raises(TemplateFaultError, match=r"\{\{"):
        parse(text)


@given(st.one_of(st.text(), _BRACES), st.text())
def test_expansion_is_total(text: str, value: str) -> None:
    """Any text is refused as a template, or is filled in with whatever texts its names have."""
    try:
        template = parse(text)
    except TemplateFaultError:
        return
    texts = dict.fromkeys(template.names, value)
    whole = template.filled(texts)
    assert template.partly(texts.get).filled({}) == whole
    assert len(whole) >= len(value) * len(template.names)


@given(st.text())
def test_a_text_with_doubled_openings_comes_back(text: str) -> None:
    """What takeup writes from a foreign text is read as that text."""
    assert parse(text.replace("{{", "{{{{")).filled({}) == text


@given(st.text(), st.text())
def test_values_are_not_expanded_again(before: str, value: str) -> None:
    """Braces in a value mean nothing: there is no second pass."""
    whole = parse(before.replace("{{", "{{{{").rstrip("{") + "{{ x }}").filled({"x": value})
    assert whole == before.rstrip("{") + value
