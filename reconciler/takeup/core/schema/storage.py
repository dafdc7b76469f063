"""storageConfig: where a recording is kept."""

from typing import Annotated

from pydantic import Field

from takeup.core.schema import names
from takeup.core.schema.attribute import UNSET, Attr, Effect, Model, Named
from takeup.core.schema.scalars import PrefixPart, SecretText, Text

_UPDATE = {"effect": Effect.UPDATE, "group": "storage"}


class ExtensionParams(Model):
    """Vendor-specific settings of the bucket."""

    sse: Annotated[
        str,
        Field(pattern=r"^(kms|aes256)$", json_schema_extra={"enum": ["kms", "aes256"], "pattern": None}),
        Attr("Server-side encryption (Amazon S3 only): kms or aes256.", **_UPDATE),
    ] = UNSET
    tag: Annotated[
        Text, Attr("Tag of each object, e.g. RETENTION_DAYS=30 (Amazon S3 and Alibaba only).", **_UPDATE)
    ] = UNSET
    endpoint: Annotated[
        Text,
        Attr(
            "Host name of the storage (S3-compatible only, and required there).",
            source="update, rv",
            **_UPDATE,
        ),
    ] = UNSET


class StorageBase(Model):
    """What a StorageProfile and a storageConfig share; each is optional until both are merged."""

    vendor: Annotated[
        int,
        Named(names.VENDOR),
        Attr(
            "The cloud that stores the files.",
            note="(U) update accepts it, its effect on a live session is undocumented: replaced.",
        ),
    ] = UNSET
    region: Annotated[
        str | int,
        Attr(
            "The vendor's own region name, or Agora's number; not needed for azure, gcs and s3Compatible.",
            source="rv",
            note="(U) update accepts it, its effect on a live session is undocumented: replaced.",
        ),
    ] = UNSET
    bucket: Annotated[
        Text,
        Attr(
            "The bucket.",
            note="(U) update accepts it, its effect on a live session is undocumented: replaced.",
        ),
    ] = UNSET
    accessKey: Annotated[SecretText, Attr("Access key of the bucket.", **_UPDATE)] = UNSET
    secretKey: Annotated[SecretText, Attr("Secret key of the bucket; a write-only key is advised.", **_UPDATE)] = UNSET
    stsToken: Annotated[SecretText, Attr("Temporary credential (s3, alibaba and tencent only).", **_UPDATE)] = UNSET
    stsExpiration: Annotated[
        int, Field(ge=1, le=2**64 - 1), Attr("When stsToken ends.", unit="Unix seconds", **_UPDATE)
    ] = UNSET
    fileNamePrefix: Annotated[
        list[PrefixPart],
        Field(min_length=1),
        Attr(
            "Folders in the bucket: letters and digits, 128 characters in all with the slashes.",
            note="(U) update accepts it, its effect on a live session is undocumented: replaced.",
        ),
    ] = UNSET
    extensionParams: Annotated[
        ExtensionParams,
        Attr("Vendor-specific settings.", effect=Effect.UPDATE, group="storage", implied=True),
    ] = UNSET


class StorageProfileSpec(StorageBase):
    """The spec of a StorageProfile: storage settings that recordings share."""


class StorageConfig(StorageBase):
    """storageConfig of a recording: its own attributes over those of a profile."""

    profile: Annotated[
        Text,
        Attr("The StorageProfile that fills in what is not written here.", source="takeup", effect=Effect.NONE),
    ] = UNSET
