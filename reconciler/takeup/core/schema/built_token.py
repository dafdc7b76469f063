"""`token: {build: ...}`: how the tokens of a recording are made."""

from datetime import timedelta
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from takeup.core.duration import seconds
from takeup.core.schema.attribute import Attr, Effect, Model
from takeup.core.schema.scalars import SecretText
from takeup.core.schema.sentence import sentence
from takeup.core.token import LONGEST

_SHORTEST = timedelta(minutes=1)


def lifetime(text: str) -> timedelta | None:
    """The time for which a token is good; None where Agora takes none such [tok]."""
    read = seconds(text)
    found = None if read is None or not read.is_integer() else timedelta(seconds=read)
    return found if found is not None and _SHORTEST <= found <= LONGEST else None


def _ttl(value: object) -> str:
    if not isinstance(value, str) or lifetime(value) is None:
        raise sentence("token.build.ttl must be a duration from 1m to 24h: Agora allows no more.", "Write ttl: 24h.")
    return value


class TokenBuildSpec(Model):
    """token.build: takeup makes a token of its own at each start."""

    appCertificate: Annotated[
        SecretText,
        Attr("The App Certificate of the project at Agora: it signs tokens.", effect=Effect.NONE, source="takeup, tok"),
    ]
    ttl: Annotated[
        str,
        PlainValidator(_ttl),
        WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?(ms|s|m|h)$"}),
        Attr("For how long each token is good, 1m to 24h.", effect=Effect.NONE, source="takeup, tok"),
    ] = "24h"


class BuiltToken(Model):
    """token, where it is to be built."""

    build: Annotated[
        TokenBuildSpec, Attr("Makes a token for channel and uid at each start.", effect=Effect.NONE, source="takeup")
    ]
