"""Tokens that takeup builds: the published ones, and every other one read back."""

import base64
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.provider.emulator.test_tokens import APP, CERTIFICATE, CHANNEL, FOR_UID, ISSUED, LASTING, UID

from takeup.core.secret import Secret
from takeup.core.token import LONGEST, TokenBuild, expires_at, read_token
from takeup.provider.emulator.tokens import valid_until

TEXTS = st.text(min_size=1, max_size=60)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned by `timezones`
LIFETIMES = st.integers(60, int(LONGEST.total_seconds())).map(lambda seconds: timedelta(seconds=seconds))
UIDS = st.integers(1, 2**32 - 1).map(str)
SALTS = st.integers(1, 2**32 - 1)


def unpacked(token: str) -> bytes:
    """What a token says, however it was compressed."""
    return zlib.decompress(base64.b64decode(token[3:]))


def test_the_published_token_is_built_byte_by_byte() -> None:
    """The token of Agora's own test (AccessToken2Test.py, test_service_rtc) comes out of the same arguments."""
    made = TokenBuild(CERTIFICATE, timedelta(seconds=LASTING)).token(
        (APP, CHANNEL, UID), datetime.fromtimestamp(ISSUED, UTC), 1
    )
    assert unpacked(made.reveal()) == unpacked(FOR_UID)
    assert made.reveal()[:3] == "007"


@given(st.tuples(TEXTS, TEXTS, UIDS), TEXTS, MOMENTS, LIFETIMES, SALTS)
def test_every_token_reads_back_and_lets_its_recorder_in(
    triple: tuple[str, str, str], certificate: str, now: datetime, ttl: timedelta, salt: int
) -> None:
    """The reader finds what was built in, and the emulator lets in whom it was built for, for just so long."""
    app_id, cname, _ = triple
    token = TokenBuild(Secret(certificate), ttl).token(triple, now, salt).reveal()
    read = read_token(token)
    assert read is not None
    assert (read.app_id, read.channel, read.uid, read.salt) == (*triple, salt)
    end = now.replace(microsecond=0) + ttl
    assert expires_at(token) == end
    assert valid_until(token, triple, Secret(certificate)) == end.timestamp()
    assert valid_until(token, (app_id, cname, "0"), Secret(certificate)) is None
    assert valid_until(token, triple, Secret(certificate + "x")) is None


def test_a_certificate_that_was_not_read_builds_nothing() -> None:
    """Offline nothing is built, rather than a token that nobody lets in."""
    with pytest.raises(ValueError, match="not been read"):
        TokenBuild(Secret(None), LONGEST).token((APP, CHANNEL, UID), datetime.now(UTC), 1)


def test_neither_certificate_nor_token_shows() -> None:
    """The repr of what builds and of what is built names neither."""
    build = TokenBuild(Secret("canary-certificate"), LONGEST)
    made = build.token((APP, CHANNEL, UID), datetime.now(UTC), 1)
    assert "canary" not in repr(build)
    assert made.reveal() not in repr(made)
