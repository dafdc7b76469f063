"""What a recording has beside Agora's own keys: how its tokens are made, and how it is replaced."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema

from takeup.core.duration import seconds
from takeup.core.schema.attribute import UNSET, Attr, Effect, Model
from takeup.core.schema.scalars import SecretText, Uid
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


class LifecycleSpec(Model):
    """lifecycle: how a recording is replaced."""

    spareUid: Annotated[
        Uid,
        Attr(
            "A second uid of the recorder, used by nobody else in the channel; the two take turns.",
            effect=Effect.NONE,
            source="takeup, bp",
        ),
    ] = UNSET
    replace: Annotated[
        Literal["stopFirst", "overlap"],
        Attr(
            "stopFirst: stop, then start anew, with a gap. overlap: start under the other uid, then stop; no gap.",
            effect=Effect.NONE,
            source="takeup, bp",
        ),
    ] = "stopFirst"


class HandoverSpec(Model):
    """What takeup takes out of a spec before the rest is held against Agora's keys."""

    redundancy: Annotated[
        Literal[1, 2],
        Attr(
            "How many sessions record it. 2: a second one in another region, which is billed too.",
            effect=Effect.NONE,
            source="takeup, bp",
        ),
    ] = 1
    secondUid: Annotated[
        Uid,
        Attr(
            "The second session's uid, used by nobody else in the channel.",
            effect=Effect.NONE,
            source="takeup, bp",
        ),
    ] = UNSET
    token: Annotated[BuiltToken, Attr("How tokens are made.", effect=Effect.NONE, source="takeup")] = UNSET
    lifecycle: Annotated[LifecycleSpec, Attr("How the recording is replaced.", effect=Effect.NONE, source="takeup")] = (
        LifecycleSpec()
    )
