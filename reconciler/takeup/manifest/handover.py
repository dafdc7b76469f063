"""What a manifest says beside Agora's own keys of how a recording is handed over: `lifecycle`, and `token: {build}`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from takeup.core.address import Kind
from takeup.core.schema.built_token import BuiltToken, lifetime
from takeup.core.schema.table import attributes
from takeup.core.schema.upkeep import LifecycleSpec
from takeup.core.secret import Secret
from takeup.core.token import LONGEST, TokenBuild, read_token
from takeup.manifest.translate import Finding, Path

_BUILD: Path = ("token", "build")
_SPARE: Path = ("lifecycle", "spareUid")
_LISTS = ("subscribeAudioUids", "unSubscribeAudioUids", "subscribeVideoUids", "unSubscribeVideoUids")
_ANY_UID = ("", "0")


@dataclass(frozen=True, slots=True)
class Handover:
    """How one recording is handed over, as `Resource` has it."""

    spare_uid: str = ""
    overlap: bool = False
    token_build: TokenBuild | None = None


PLAIN_HANDOVER = Handover()
"""Of a recording whose manifest says nothing of it."""


def handover(token: BuiltToken | None, lifecycle: LifecycleSpec) -> Handover:
    """What the keys of a manifest come to."""
    build = None if token is None else token.build
    made = None if build is None else TokenBuild(build.appCertificate, lifetime(build.ttl) or LONGEST)
    return Handover(lifecycle.spareUid or "", lifecycle.replace == "overlap", made)


def literal_certificate(own: Mapping[str, Any]) -> Iterator[Finding]:
    """Tell of an App Certificate that stands in the manifest itself."""
    build = own.get("token", {}).get("build")
    if isinstance(build, dict) and isinstance(build.get("appCertificate"), str):
        text = "appCertificate stands in the manifest itself, for everyone to read."
        yield Finding((*_BUILD, "appCertificate"), text, "Write appCertificate: {fromEnv: NAME}.", "warning")


def check_handover(kind: Kind, spec: Mapping[str, Any], own: Handover, hand_over: timedelta) -> Iterator[Finding]:
    """Tell everything that does not fit together.

    Args:
        kind: of the recording.
        spec: with Agora's keys, validated.
        own: what was taken out of it.
        hand_over: how long before the end of a token a session is handed over.
    """
    if own.token_build is not None:
        yield from _build(kind, own.token_build, hand_over)
    if own.overlap and not own.spare_uid:
        text = "lifecycle.replace: overlap needs a second uid, for two recorders with one uid throw each other out."
        yield Finding(("lifecycle", "replace"), text, 'Add lifecycle.spareUid, for example "10002".')
    if own.spare_uid:
        yield from _spare(spec, own.spare_uid)


def _build(kind: Kind, build: TokenBuild, hand_over: timedelta) -> Iterator[Finding]:
    if "token" not in attributes(kind):
        text = f"token applies to recordings of a channel, not to {kind.value}."
        yield Finding(("token",), text, "Remove it.", at_key=True)
    elif build.ttl <= hand_over:
        text = "token.build.ttl is not longer than the hand-over window, so each apply would start the recording anew."
        yield Finding((*_BUILD, "ttl"), text, "Raise it, or lower spec.tokens.handOver in takeup.yaml.")


def _spare(spec: Mapping[str, Any], spare: str) -> Iterator[Finding]:
    if spare == spec["uid"]:
        text = "lifecycle.spareUid is the uid itself: two recorders with one uid throw each other out."
        yield Finding(_SPARE, text, "Give it a uid of its own.", uses=(("uid",),))
    config = spec.get("recordingConfig", {})
    for name in _LISTS:
        if spare in config.get(name, ()):
            text = f"recordingConfig.{name} names the recorder's own spareUid."
            yield Finding(("recordingConfig", name), text, "Remove it from the list.", uses=(_SPARE,))
    token = spec.get("token")
    read = read_token(token.reveal()) if isinstance(token, Secret) and token.resolved else None
    if read is not None and read.uid not in _ANY_UID:
        text = "The token is for one uid only, and lifecycle.spareUid takes turns with it."
        yield Finding(("token",), text, "Let takeup build the tokens: token: {build: {appCertificate: ...}}.")
