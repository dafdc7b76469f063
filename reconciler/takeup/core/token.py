"""Reads and builds recording tokens (AccessToken2, "007"). Pure: time and salt are arguments.

Format: `007` + base64(zlib(packed signature + info)); little endian; source: facts, section 11.
"""

import base64
import binascii
import hashlib
import hmac
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from takeup.core.secret import Secret

LONGEST = timedelta(hours=24)
"""For which a token is valid at the most [tok]."""
HAND_OVER = timedelta(hours=1)
"""How long before the end of its token a session is handed over, where the project does not say otherwise."""
_MAX_TOKEN = 8192
_RTC = 1
_JOIN = 1
# How many texts follow the privileges of a service: RTM, streaming, FPA (or RTNS), chat. A token may list them before
# RTC, and none tells its length.
_TEXTS = {2: 1, 3: 2, 4: 0, 5: 1}


@dataclass(frozen=True, slots=True)
class TokenBuild:
    """How the tokens of a recording are made: signed with its App Certificate, each good for `ttl`."""

    certificate: Secret
    ttl: timedelta

    def token(self, triple: tuple[str, str, str], issued: datetime, salt: int) -> Secret:
        """A token that lets the recorder of this App ID, channel and uid in from now on.

        The privilege to join is enough: a recorder publishes nothing.

        Args:
            triple: App ID, channel and uid.
            issued: now; its end is reckoned from it.
            salt: 1 to 2^32-1, another one for each token; no secret.

        Raises:
            ValueError: the certificate has not been read.
        """
        app_id, cname, uid = triple
        seconds, lasting = int(issued.timestamp()), int(self.ttl.total_seconds())
        rtc = struct.pack("<HHHI", _RTC, 1, _JOIN, lasting) + _text(cname) + _text(uid)
        info = _text(app_id) + struct.pack("<IIIH", seconds, lasting, salt, 1) + rtc
        key = _signing_key(self.certificate.reveal(), seconds, salt)
        signature = hmac.digest(key, info, "sha256")
        packed = zlib.compress(struct.pack("<H", len(signature)) + signature + info)
        return Secret("007" + base64.b64encode(packed).decode())


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<H", len(data)) + data


def _signing_key(certificate: str, issued: int, salt: int) -> bytes:
    key = hmac.digest(struct.pack("<I", issued), certificate.encode(), "sha256")
    return hmac.digest(struct.pack("<I", salt), key, "sha256")


def read_token(token: str) -> "AccessToken2 | None":
    """The fields of a token; None where it is not an AccessToken2 that can be read."""
    try:
        return AccessToken2(token)
    except (ValueError, binascii.Error, zlib.error, struct.error):
        return None


def expires_at(token: str) -> datetime | None:
    """When a token expires, in UTC; None where it does not say so. A recorder leaves at that moment [start]."""
    read = read_token(token)
    if read is None or not read.expires:
        return None
    return datetime.fromtimestamp(read.issued + read.expires, UTC)


class AccessToken2:
    """The fields of a token that matter here.

    Raises:
        ValueError, struct.error, zlib.error: it cannot be read.
    """

    def __init__(self, token: str) -> None:
        if not token.startswith("007") or len(token) > _MAX_TOKEN:
            raise ValueError("no AccessToken2")
        unzip = zlib.decompressobj()
        self._data = unzip.decompress(base64.b64decode(token[3:], validate=True), _MAX_TOKEN)
        self._at = 0
        self.signature = self._bytes()
        self.info = self._data[self._at :]
        self.app_id = self._bytes().decode()
        self.issued, self.expires, self.salt = self._number("<I"), self._number("<I"), self._number("<I")
        self.channel, self.uid = "", "no RTC service"
        for _ in range(self._number("<H")):
            if not self._service():
                break

    def fits(self, triple: tuple[str, str, str], certificate: str) -> bool:
        """Check the signature, and that the token is for this App ID, channel and uid (none: any uid)."""
        key = _signing_key(certificate, self.issued, self.salt)
        signed = hmac.compare_digest(hmac.new(key, self.info, hashlib.sha256).digest(), self.signature)
        app_id, cname, uid = triple
        return signed and (self.app_id, self.channel) == (app_id, cname) and self.uid in {"", "0", uid}

    def _service(self) -> bool:
        """Read one service; False where it is one whose length is not known."""
        kind = self._number("<H")
        if kind != _RTC and kind not in _TEXTS:
            return False
        privileges = [(self._number("<H"), self._number("<I")) for _ in range(self._number("<H"))]
        if kind != _RTC:
            for _ in range(_TEXTS[kind]):
                self._bytes()
            return True
        for privilege, expires in privileges:
            if privilege == _JOIN and expires:
                self.expires = min(self.expires or expires, expires)
        self.channel, self.uid = self._bytes().decode(), self._bytes().decode()
        return True

    def _number(self, form: str) -> int:
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return int(value)

    def _bytes(self) -> bytes:
        size = self._number("<H")
        if self._at + size > len(self._data):
            raise ValueError("cut short")
        self._at += size
        return self._data[self._at - size : self._at]
