"""Tokens are read as the channel would read them: published ones, our own, and broken ones."""

import base64
import hmac
import struct
import zlib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeup.core.secret import Secret
from takeup.provider.emulator.tokens import FOREVER, valid_until

# Of the tests of Agora's own builder (AgoraIO/Tools, DynamicKey/AgoraDynamicKey/python3/test/AccessToken2Test.py).
APP = "970CA35de60c44645bbae8a215061b33"
CERTIFICATE = Secret("5CFd2fd1755d40ecb72977518be15d3b")
CHANNEL = "7d72365eb983485397e3e3f9d460bdda"
UID = "2882341273"
ISSUED, LASTING = 1111111, 600
FOR_UID = (
    "007eJxTYBBbsMMnKq7p9Hf/HcIX5kce9b518kCiQgSr5Zrp4X1Tu6UUGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcw"
    "Mk4yN3b8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiVwMRhYWRsYmhkbmxgDCaiTj"
)
FOR_ANY_UID = (
    "007eJxTYLhzZP08Lxa1Pg57+TcXb/3cZ3wi4V6kbpbOog0G2dOYk20UGCzNDZwdjU1TUs0Mkk1MzExMk5ISUy0SjQxNDcw"
    "Mk4yN3b8IMEQwMTAwMoAwBIL4CgzmKeZGxmamqUmWFsYmFqbGluapxqnGaZYpJmYGSSkpiQwMADacImo="
)
MANY_SERVICES = (
    "007eJxTYAh5UWu1drfhsnu9etvupS0v/iFs+3PC/Sbl8gdht55xSusqMFiaGzg7GpumpJoZJJuYmJmYJiUlplokGhmaGpg"
    "ZJhkbu38RYIhgYmBgZGBgYAWSLEAM4jOBSWYwyQImFRjMU8yNjM1MU5MsLYxNLEyNLc1TjVON0yxTTMwMklJSErkYjCwsj"
    "IxNDI3MjZmA5kBM4mQoSS0uiS8tTi1iZmBCMZ40I1mgToSYgCwDAGL1OcI="
)
CHAT_ALONE = (
    "007eJxTYNAIsnbS3v/A5t2TC6feR15r+6cq8bqAvfaW+tk/Vzz+p6xTYLA0N3B2NDZNSTUzSDYxMTMxTUpKTLVINDI0NTA"
    "zTDI2dv8iwBDBxMDAyADCrEDMCOZzMRhZWBgZmxgamRsDAB+lHrg="
)


@dataclass
class Ticket:
    """A token as section 11 of the facts lays it out, built independently of the reader."""

    app: str = APP
    certificate: str = CERTIFICATE.reveal()
    channel: str = CHANNEL
    uid: str = UID
    lasting: int = LASTING
    join: int | None = LASTING
    before: list[bytes] = field(default_factory=list)

    def __str__(self) -> str:
        privileges = [] if self.join is None else [(2, 1), (1, self.join)]
        rtc = struct.pack("<HH", 1, len(privileges)) + b"".join(struct.pack("<HI", *pair) for pair in privileges)
        services = [*self.before, rtc + text(self.channel) + text(self.uid)]
        head = text(self.app) + struct.pack("<IIIH", ISSUED, self.lasting, 7, len(services))
        info = head + b"".join(services)
        key = hmac.digest(struct.pack("<I", ISSUED), self.certificate.encode(), "sha256")
        signature = hmac.digest(hmac.digest(struct.pack("<I", 7), key, "sha256"), info, "sha256")
        packed = zlib.compress(struct.pack("<H", len(signature)) + signature + info)
        return "007" + base64.b64encode(packed).decode()


def text(value: str) -> bytes:
    """Pack a text with its length."""
    return struct.pack("<H", len(value.encode())) + value.encode()


RTM = struct.pack("<HHHI", 2, 1, 1, 600) + text("somebody")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(FOR_UID, id="published, for the uid"),
        pytest.param(FOR_ANY_UID, id="published, for any uid"),
        pytest.param(MANY_SERVICES, id="published, with more services"),
        pytest.param(str(Ticket()), id="our own"),
        pytest.param(str(Ticket(uid="0")), id="our own, for uid 0"),
        pytest.param(str(Ticket(lasting=9999)), id="a privilege that ends before the token"),
        pytest.param(str(Ticket(join=9999)), id="a token that ends before the privilege"),
        pytest.param(str(Ticket(before=[RTM])), id="another service first"),
        pytest.param(str(Ticket(join=None)), id="no privilege of its own"),
    ],
)
def test_a_good_token_tells_until_when(token: str) -> None:
    """A token for this App ID, channel and uid lets in until its earliest end."""
    assert valid_until(token, (APP, CHANNEL, UID), CERTIFICATE) == ISSUED + LASTING


@pytest.mark.parametrize(
    "triple",
    [
        pytest.param(("0" * 32, CHANNEL, UID), id="another App ID"),
        pytest.param((APP, "other", UID), id="another channel"),
        pytest.param((APP, CHANNEL, "1"), id="another uid"),
    ],
)
def test_a_token_for_something_else_does_not_let_in(triple: tuple[str, str, str]) -> None:
    """A token with a right signature for another App ID, channel or uid is refused."""
    assert valid_until(FOR_UID, triple, CERTIFICATE) is None


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param(7, id="a number"),
        pytest.param("006" + FOR_UID[3:], id="an older version"),
        pytest.param(FOR_UID[:-8], id="cut short"),
        pytest.param("007!!", id="no base64"),
        pytest.param("007" + base64.b64encode(b"no zlib").decode(), id="not packed"),
        pytest.param(str(Ticket(certificate="other")), id="signed with another certificate"),
        pytest.param(CHAT_ALONE, id="published, for chat alone"),
        pytest.param(str(Ticket(before=[struct.pack("<HH", 99, 0)])), id="an unknown service first"),
        pytest.param("007" + base64.b64encode(zlib.compress(b"\0" * 10_000_000)).decode(), id="a bomb"),
    ],
)
def test_what_is_no_token_does_not_let_in(token: object) -> None:
    """With a certificate, a missing, broken or badly signed token is refused."""
    assert valid_until(token, (APP, CHANNEL, UID), CERTIFICATE) is None


def test_without_a_certificate_only_the_end_counts() -> None:
    """Without a certificate any text lets in for ever, and a readable token until it expires."""
    elsewhere = ("app", "room", "1")
    assert valid_until(None, elsewhere, None) == valid_until("anything", elsewhere, None) == FOREVER
    assert valid_until(FOR_UID, elsewhere, None) == ISSUED + LASTING


def test_a_token_without_an_end_lasts_for_ever() -> None:
    """An expiry of 0 in token and privilege is none."""
    assert valid_until(str(Ticket(lasting=0, join=0)), (APP, CHANNEL, UID), CERTIFICATE) == FOREVER


@given(st.one_of(st.text(), st.binary().map(lambda data: "007" + base64.b64encode(zlib.compress(data)).decode())))
def test_no_text_makes_the_reader_raise(token: str) -> None:
    """Whatever stands in a token, it is let in or not."""
    assert valid_until(token, (APP, CHANNEL, UID), CERTIFICATE) is None
