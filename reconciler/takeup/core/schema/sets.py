"""The spec of a RecordingSet: many recordings that are alike."""

from typing import Annotated, Any, Literal

from pydantic import Field

from takeup.core.schema.attribute import UNSET, Attr, Model
from takeup.core.schema.scalars import Text

RECORDING_SET = "RecordingSet"
_Items = Annotated[list[Any], Attr("The members: their keys, or mappings of columns of which `key` names one.")]


class ForEach(Model):
    """forEach: where the members come from; one of list, map and csv."""

    list: _Items = UNSET
    map: Annotated[dict[str, Any], Attr("The members by their keys, each a mapping of its columns.")] = UNSET
    csv: Annotated[Text, Attr("A CSV file (UTF-8, commas, with a header) inside of the project folder.")] = UNSET
    key: Annotated[Text, Attr("The column whose text is the member's key.")] = UNSET


class TemplateMetadata(Model):
    """metadata of the members."""

    labels: Annotated[dict[str, str], Attr("Labels of each member.")] = UNSET


class MemberTemplate(Model):
    """template: the manifest of each member, without apiVersion and name."""

    kind: Annotated[
        Literal["IndividualRecording", "CompositeRecording", "ScreenshotCapture", "WebPageRecording"],
        Attr("The kind of the members."),
    ]
    metadata: Annotated[TemplateMetadata, Attr("What they have beside their name.")] = UNSET
    spec: Annotated[dict[str, Any], Attr("Their spec, with `{{ column }}` where they differ.")]


class RecordingSetSpec(Model):
    """The spec of a RecordingSet: a template, and a member for each row."""

    forEach: Annotated[ForEach, Attr("Where the members come from.")]
    uidRange: Annotated[
        str,
        Field(pattern=r"^[1-9][0-9]{0,9}-[1-9][0-9]{0,9}$"),
        Attr('For a template without uid: the range that uids are taken from, "LOW-HIGH".'),
    ] = UNSET
    template: Annotated[MemberTemplate, Attr("What each member is.")]
    overrides: Annotated[
        dict[str, Any], Attr("By key of a member: a part of its spec that differs from the template.")
    ] = UNSET
