"""A bucket or container as a store, through obstore. Its errors end here: they name URLs, and so may hold a token.

Reads are repeated by obstore. Writes never are: repeated after a lost answer, a conditional write would meet what it
has written itself and be told that somebody else had been faster. `put_surely` looks first.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from takeup.backends.store import Stored
from takeup.errors import StateConflictError, StateError, StateUnclearError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w{1,80})</Code>")
_NEVER_SENT = re.compile(r"kind: Connect\b")
_NO_CREDENTIALS = re.compile(r"/latest/(api/token|meta-data)|/computeMetadata/|/metadata/identity|token request")
_NO_BUCKET = frozenset({"NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"})
_DENIED = frozenset({401, 403})
_BROKEN = 500
_NEVER_A_GENERATION = "1"


@dataclass(frozen=True, slots=True)
class Words:
    """What its errors call things.

    Args:
        place: where it is, without credentials: s3://campus.
        kind: what the place is: "bucket campus".
        names: the keys of spec.state that say where it is.
        credentials: where they are looked for.
    """

    place: str
    kind: str
    names: str
    credentials: str


class BucketStore:
    """Objects of one bucket.

    Args:
        reader: the bucket, with reads repeated.
        writer: the same, with nothing repeated.
        words: for people.
        clock: the key of an object that is written to learn the time.
        tagged: what tells one content from another here: S3 and Azure have ETags, Google has generations.
    """

    def __init__(
        self,
        reader: "ObjectStore",
        writer: "ObjectStore",
        words: Words,
        *,
        clock: str,
        tagged: Literal["e_tag", "version"] = "e_tag",
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._words = words
        self._clock = clock
        self._tagged: Literal["e_tag", "version"] = tagged

    def describe(self) -> str:
        """Where it is."""
        return self._words.place

    def get(self, key: str) -> Stored | None:
        """An object; None if there is none."""
        try:
            found = obstore.get(self._reader, key)
            return Stored(bytes(found.bytes()), self._tag(found.meta[self._tagged]))
        except FileNotFoundError as error:
            if _code(error) in _NO_BUCKET:
                raise self._error(error, f"{key} could not be read") from None
            return None
        except (BaseError, OSError) as error:
            raise self._error(error, f"{key} could not be read") from None

    def put(self, key: str, data: bytes, *, after: str | None) -> str:
        """Write an object where its condition holds."""
        mode: Literal["create"] | obstore.UpdateVersion = "create"
        if after is not None:
            mode = {"e_tag": after}
            if self._tagged == "version":  # a number, or the server does not even compare
                mode = {"version": after if after.isdecimal() else _NEVER_A_GENERATION}
        try:
            written = obstore.put(self._writer, key, data, mode=mode, use_multipart=False)
        except (BaseError, OSError) as error:
            raise self._refusal(error, key) from None
        return self._tag(written[self._tagged])

    def delete(self, key: str) -> None:
        """Remove an object."""
        try:
            obstore.delete(self._reader, key)
        except FileNotFoundError as error:
            if _code(error) in _NO_BUCKET:
                raise self._error(error, f"{key} could not be removed") from None
        except (BaseError, OSError) as error:
            raise self._error(error, f"{key} could not be removed") from None

    def list(self, prefix: str) -> tuple[str, ...]:
        """The keys that begin so; fast where the prefix ends with a slash."""
        folder = prefix.rpartition("/")[0]
        try:
            found = [one["path"] for page in obstore.list(self._reader, folder or None) for one in page]
        except (BaseError, OSError) as error:
            raise self._error(error, f"{folder} could not be listed") from None
        return tuple(sorted(key for key in found if key.startswith(prefix)))

    def now(self) -> datetime:
        """When the store says that an object was written which was written just now."""
        try:
            obstore.put(self._reader, self._clock, b"", use_multipart=False)
            return obstore.head(self._reader, self._clock)["last_modified"]
        except (BaseError, OSError) as error:
            raise self._error(error, f"{self._clock} could not be written") from None

    def _tag(self, tag: str | None) -> str:
        if not tag:
            raise StateError(
                f"{self.describe()} gives no {'ETag' if self._tagged == 'e_tag' else 'generation'} for what it keeps:"
                " no write can be made conditional on it.",
                hint="Use another server, or another backend.",
            )
        return tag

    def _refusal(self, error: Exception, key: str) -> StateError:
        """The error of a write."""
        status, what = _status(error), f"{key} could not be written"
        conflict = isinstance(error, AlreadyExistsError | PreconditionError)
        if conflict and _code(error) not in _NO_BUCKET:
            return StateConflictError(f"{self.describe()}: {key} is not what it should be. Nothing was written.")
        surely_not = status is not None and status < _BROKEN
        if surely_not or _NEVER_SENT.search(str(error)) or _NO_CREDENTIALS.search(str(error)):
            return self._error(error, what)
        shown = self._error(error, f"{key} may or may not have been written")
        return StateUnclearError(shown.message, hint="Try again: what is there is read first.")

    def _error(self, error: Exception, what: str) -> StateError:
        """A sentence made of the status and its code; the rest of the text may hold what nobody must see."""
        status, code, words = _status(error), _code(error), self._words
        if _NO_CREDENTIALS.search(str(error)):
            return StateError(
                f"{words.place}: {what}: no credentials were found, and this machine gives none.",
                hint=f"They are taken from {words.credentials}.",
            )
        told = f"HTTP {status}{f', {code}' if code else ''}"
        if code in _NO_BUCKET:
            text = f"{words.place}: there is no {words.kind} ({told})."
            return StateError(text, hint=f"Make it, or correct {words.names}; takeup makes none.")
        if status in _DENIED:
            return StateError(
                f"{words.place}: {what}: these credentials are refused ({told}).",
                hint=f"They are taken from {words.credentials}. They must be allowed to read, write, list and remove"
                " objects.",
            )
        if status is not None:
            return StateError(f"{words.place}: {what}: {told}.", hint=f"Check {words.names}.")
        if _NEVER_SENT.search(str(error)):
            return StateError(
                f"{words.place}: {what}: no connection could be made.",
                hint=f"Check {words.names}, the network, and the certificate (SSL_CERT_FILE).",
            )
        late = "no answer came in time" if "kind: Timeout" in str(error) else "the request failed without an answer"
        return StateError(
            f"{words.place}: {what}: {late}.",
            hint=f"Check {words.names}, the network, and timeout in spec.state.",
        )


def _status(error: Exception) -> int | None:
    found = _STATUS.search(str(error))
    return None if found is None else int(found[1])


def _code(error: Exception) -> str:
    found = _CODE.search(str(error))
    return "" if found is None else found[1]
