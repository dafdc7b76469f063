"""The spec of a RecordingSet: many recordings that are alike."""

from typing import Annotated, Any, Literal

from pydantic import Field

from takeup.core.schema.attribute import UNSET, Attr, Model
from takeup.core.schema.scalars import Text

RECORDING_SET = "RecordingSet"
_Items = Annotated[
    list[Any], Attr("The members: their keys, or mappings of columns of which `key` names one.", source="takeup")
]


class ForEach(Model):
    """forEach: where the members come from; one of list, map and csv."""

    list: _Items = UNSET
    map: Annotated[
        dict[str, Any], Attr("The members by their keys, each a mapping of its columns.", source="takeup")
    ] = UNSET
    csv: Annotated[
        Text, Attr("A CSV file (UTF-8, commas, with a header) inside of the project folder.", source="takeup")
    ] = UNSET
    key: Annotated[Text, Attr("The column whose text is the member's key.", source="takeup")] = UNSET


class TemplateMetadata(Model):
    """metadata of the members."""

    labels: Annotated[dict[str, str], Attr("Labels of each member.", source="takeup")] = UNSET


class MemberTemplate(Model):
    """template: the manifest of each member, without apiVersion and name."""

    kind: Annotated[
        Literal["IndividualRecording", "CompositeRecording", "ScreenshotCapture", "WebPageRecording"],
        Attr("The kind of the members.", source="takeup"),
    ]
    metadata: Annotated[TemplateMetadata, Attr("What they have beside their name.", source="takeup")] = UNSET
    spec: Annotated[
        dict[str, Any], Attr("Their spec, with `{{ column }}` where they differ.", source="takeup")
    ]


class RecordingSetSpec(Model):
    """The spec of a RecordingSet: a template, and a member for each row."""

    forEach: Annotated[ForEach, Attr("Where the members come from.", source="takeup")]
    uidRange: Annotated[
        str,
        Field(pattern=r"^[1-9][0-9]{0,9}-[1-9][0-9]{0,9}$"),
        Attr('For a template without uid: the range that uids are taken from, "LOW-HIGH".', source="takeup"),
    ] = UNSET
    template: Annotated[MemberTemplate, Attr("What each member is.", source="takeup")]
    overrides: Annotated[
        dict[str, Any], Attr("By key of a member: a part of its spec that differs from the template.", source="takeup")
    ] = UNSET
