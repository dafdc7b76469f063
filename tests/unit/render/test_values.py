import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeup.render.values import general, middle_out, pair


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        pytest.param(26, "abcdefghijklmnopqrstuvwxyz", id="it fits"),
        pytest.param(25, "abcdefghijk...pqrstuvwxyz", id="one too long"),
        pytest.param(9, "abc...xyz", id="much too long"),
        pytest.param(1, "abc...yz", id="a limit that is too small to say anything"),
    ],
)
def test_the_middle_gives_way(limit: int, shown: str) -> None:
    """A text that is too long keeps its beginning and its end."""
    assert middle_out("abcdefghijklmnopqrstuvwxyz", limit) == shown


@given(st.text(max_size=120), st.integers(8, 100))
def test_never_longer_than_the_limit(text: str, limit: int) -> None:
    """A shortened text has at most the limit's characters."""
    assert len(middle_out(text, limit)) <= limit


@given(
    st.integers(0, 200),
    st.text("ab", max_size=100),
    st.text("ab", max_size=100),
    st.integers(0, 99),
    st.integers(24, 80),
)
def test_two_values_that_differ_look_different(same: int, before: str, after: str, end: int, limit: int) -> None:
    """However much of two different values is left out, their first difference is shown."""
    if before == after:
        after += "c"
    one, other = pair("s" * same + before + "e" * end, "s" * same + after + "e" * end, limit)
    assert one != other
    assert max(len(one), len(other)) <= limit


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        pytest.param("a.b[0].c", "a.b[].c", id="an index"),
        pytest.param("a.b[uid=7].c", "a.b[].c", id="a uid"),
        pytest.param("a.b[x].c", "a.b[x].c", id="anything else"),
    ],
)
def test_paths_as_the_schema_writes_them(path: str, schema: str) -> None:
    """Which element of a list it is does not matter to the schema."""
    assert general(path) == schema
