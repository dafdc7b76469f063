"""How the emulated world behaves. One definition for Python, for scenario files and for the reference page."""

from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo

from takeup.core.duration import EXAMPLES, seconds
from takeup.core.schema.attribute import Attr, Model
from takeup.core.schema.scalars import SecretText
from takeup.core.schema.sentence import sentence
from takeup.provider.emulator.switches import Switches

_MOST = 10**12  # whole seconds: a larger number may be too large for a float
FROM_FILE = {"from": "file"}
"""The validation context of a file: a number there is no duration, for it has no unit."""


def _seconds(value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - whatever was written
    if isinstance(value, (int, float)) and not isinstance(value, bool) and info.context is not FROM_FILE:
        return value if isinstance(value, float) or value > _MOST else float(value)
    read = seconds(value)
    if read is None:
        raise sentence("This is not a duration.", EXAMPLES)
    return read


Duration = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(_seconds)]
Patterns = list[str]


def matches(value: object, patterns: Patterns) -> bool:
    """Tell whether a text matches one of the patterns (* and ?, case matters)."""
    return isinstance(value, str) and any(fnmatchcase(value, pattern) for pattern in patterns)


class Settings(Model):
    """What is where in the emulated world, and how long things take there."""

    startup: Annotated[Duration, Attr("From start until a query tells status 4.", unit="s")] = 3.0
    firstFile: Annotated[Duration, Attr("From start until the first file, status 5.", unit="s")] = 15.0
    linger: Annotated[Duration, Attr("For which an exiting session shows 6, 7, 8 (20), before 404.", unit="s")] = 2.0
    upload: Annotated[Duration, Attr("That a stop needs until all files are uploaded.", unit="s")] = 0.0
    retention: Annotated[Duration, Attr("For which ended sessions are remembered.", unit="s")] = 86_400.0
    idleChannels: Annotated[Patterns, Attr("Channels with nobody in them; * and ? match.")] = Field(
        default_factory=list
    )
    appIds: Annotated[Patterns | None, Attr("The App IDs that the service is enabled for; all, where not given.")] = (
        None
    )
    suspendedAppIds: Annotated[Patterns, Attr("App IDs of a suspended account (400/405).")] = Field(
        default_factory=list
    )
    quota: Annotated[int | None, Field(ge=0), Attr("Sessions that an App ID may hold at once (400/406).")] = None
    requestsPerSecond: Annotated[
        float | None, Field(gt=0), Attr("Calls per second, above which 429 is answered; no limit, where not given.")
    ] = None
    appCertificate: Annotated[
        SecretText | None, Attr("Makes recording tokens compulsory; AccessToken2 signatures are checked against it.")
    ] = None
    rejectedStorage: Annotated[
        Patterns, Attr("Buckets or access keys that the cloud storage refuses: the start succeeds, the session dies.")
    ] = Field(default_factory=list)
    unreachableStorage: Annotated[
        Patterns, Attr("Buckets that are out of reach for now: the files wait in Agora's backup (`backuped`).")
    ] = Field(default_factory=list)
    rejectedTokens: Annotated[
        Patterns, Attr("Tokens that the channel refuses: the start succeeds, the session dies.")
    ] = Field(default_factory=list)
    unreachablePages: Annotated[Patterns, Attr("URLs of web pages that cannot be loaded.")] = Field(
        default_factory=list
    )
    switches: Annotated[Switches, Attr("What Agora's documentation leaves open.")] = Switches()
