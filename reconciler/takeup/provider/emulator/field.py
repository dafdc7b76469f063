"""What describes one field of a request body, and the fields that every body has."""

from dataclasses import dataclass, replace
from typing import Literal

INDIVIDUAL, MIX, WEB = frozenset({"individual"}), frozenset({"mix"}), frozenset({"web"})
CHANNEL = INDIVIDUAL | MIX
ALL_MODES = CHANNEL | WEB
MAX_UIDS = 32
MAX_REGIONS = 17
MAX_HOURS = 720
MAX_SIDE = 1920
MAX_BITRATE = 6500
UID = r"[0-9]{1,10}"
COLOUR = r"#[0-9A-Fa-f]{6}"
PREFIX = r"[A-Za-z0-9]+"
SERVICES = ("web_recorder_service", "rtmp_publish_service", "aliyun_vod_service")
"""The extension services; the third one is of the 2024 text [o24]."""

Type = Literal["string", "integer", "number", "boolean", "object", "strings", "objects"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request body.

    An optional string may be empty: clients send `"sse": ""` for a value that is not set [go]. A required
    string may not.

    Attributes:
        path: where it stands below clientRequest; `[]` is any element of a list, `[name]` the extension service
            of that name.
        type: the JSON type; "strings" and "objects" are lists.
        modes: the recording modes that have it.
        required: whether it must be there wherever the object that holds it is.
        low: the smallest number.
        high: the largest number.
        allowed: the values that exist; of a list, those of its elements.
        max_items: the longest list.
        pattern: what the whole text matches; of a list, what each element matches.
        doc: one sentence for the OpenAPI document.
        source: where the fact is from.
        retired: whether it is accepted and ignored today.
        zero: whether it may be left out although it is required, and then is 0: the official clients leave zeros
            out [go].
    """

    path: str
    type: Type
    modes: frozenset[str] = ALL_MODES
    required: bool = False
    low: float | None = None
    high: float | None = None
    allowed: tuple[int | str, ...] = ()
    max_items: int | None = None
    pattern: str = ""
    doc: str = ""
    source: str = ""
    retired: bool = False
    zero: bool = False

    @property
    def must_be_sent(self) -> bool:
        """Whether a body without it is refused."""
        return self.required and not self.zero


ENVELOPE = (
    Field("cname", "string", required=True, doc="Channel name; for a web page a label.", source="acq"),
    Field("uid", "string", required=True, pattern=UID, doc="The recorder's uid, 1 to 4294967295.", source="acq"),
    Field("clientRequest", "object", required=True, doc="What the operation takes; may be empty.", source="acq"),
)
"""What every POST body has. The one table whose paths do not stand below clientRequest."""


def uid_lists(folders: tuple[str, str], source: str) -> tuple[Field, ...]:
    """Both lists of both media; `folders` hold those of audio and of video."""
    return tuple(
        Field(
            f"{folder}.{verb}{medium}Uids",
            "strings",
            CHANNEL,
            max_items=MAX_UIDS,
            doc=f"Whose {medium.lower()} is {'left out' if verb == 'unSubscribe' else 'recorded'}.",
            source=source,
        )
        for folder, medium in zip(folders, ("Audio", "Video"), strict=True)
        for verb in ("subscribe", "unSubscribe")
    )


def layout_fields(folder: str) -> tuple[Field, ...]:
    """The layout of a mixed video: in transcodingConfig at start, bare in updateLayout."""
    return (
        Field(
            f"{folder}mixedVideoLayout",
            "integer",
            MIX,
            allowed=(0, 1, 2, 3),
            doc="0 floating, 1 best fit, 2 vertical, 3 custom.",
            source="start, ul",
        ),
        Field(
            f"{folder}maxResolutionUid", "string", MIX, pattern=UID, doc="The large picture of layout 2.", source="ul"
        ),
        Field(
            f"{folder}backgroundColor", "string", MIX, pattern=COLOUR, doc="#RRGGBB; #000000 by default.", source="ul"
        ),
        Field(f"{folder}backgroundImage", "string", MIX, doc="URL of the background picture.", source="ul"),
        Field(f"{folder}defaultUserBackgroundImage", "string", MIX, doc="URL for users without video.", source="ul"),
        Field(f"{folder}layoutConfig", "objects", MIX, max_items=MAX_REGIONS, doc="Pictures of layout 3.", source="ul"),
        Field(
            f"{folder}layoutConfig[].uid",
            "string",
            MIX,
            doc="Whose picture; by order of joining without.",
            source="start",
        ),
        *(
            Field(
                f"{folder}layoutConfig[].{side}",
                "number",
                MIX,
                required=True,
                low=0,
                high=1,
                zero=side.endswith("axis"),
                doc="As a part of the canvas.",
                source="start",
            )
            for side in ("x_axis", "y_axis", "width", "height")
        ),
        Field(
            f"{folder}layoutConfig[].alpha", "number", MIX, low=0, high=1, doc="Opacity; 1 by default.", source="start"
        ),
        Field(
            f"{folder}layoutConfig[].render_mode", "integer", MIX, allowed=(0, 1), doc="0 crop, 1 fit.", source="start"
        ),
        Field(f"{folder}backgroundConfig", "objects", MIX, doc="Pictures of users without video.", source="start, ul"),
        Field(f"{folder}backgroundConfig[].uid", "string", MIX, required=True, doc="Whose picture.", source="start"),
        Field(
            f"{folder}backgroundConfig[].image_url",
            "string",
            MIX,
            required=True,
            doc="URL of a JPG or BMP of at most 6 MB.",
            source="start, zhapi",
        ),
        Field(
            f"{folder}backgroundConfig[].render_mode",
            "integer",
            MIX,
            allowed=(0, 1),
            doc="0 crop, 1 fit.",
            source="start",
        ),
    )


def within(folder: str, *fields: Field) -> tuple[Field, ...]:
    """Put fields into an object."""
    return tuple(replace(field, path=f"{folder}.{field.path}") for field in fields)
