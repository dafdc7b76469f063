"""What a manifest says beside Agora's own keys of how a recording is handed over, or kept up by two sessions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from takeup.core.address import Kind
from takeup.core.schema.built_token import lifetime
from takeup.core.schema.table import attributes
from takeup.core.schema.upkeep import LifecycleSpec, UpkeepSpec
from takeup.core.secret import Secret
from takeup.core.token import LONGEST, TokenBuild, read_token
from takeup.manifest.translate import Finding, Path, dotted

_BUILD: Path = ("token", "build")
_SPARE: Path = ("lifecycle", "spareUid")
SECOND: Path = ("secondUid",)
_LISTS = ("subscribeAudioUids", "unSubscribeAudioUids", "subscribeVideoUids", "unSubscribeVideoUids")
_ANY_UID = ("", "0")


@dataclass(frozen=True, slots=True)
class Handover:
    """How one recording is handed over, as `Resource` has it; `second_uid` is that of its second session ("": none)."""

    spare_uid: str = ""
    overlap: bool = False
    token_build: TokenBuild | None = None
    redundancy: int = 1
    second_uid: str = ""

    def other_uids(self) -> Iterator[tuple[Path, str]]:
        """The uids that it takes beside the one of its spec, each with its place."""
        if self.spare_uid:
            yield _SPARE, self.spare_uid
        if self.second_uid and self.redundancy > 1:
            yield SECOND, self.second_uid


PLAIN_HANDOVER = Handover()
"""Of a recording whose manifest says nothing of it."""


def handover(spec: UpkeepSpec, lifecycle: LifecycleSpec) -> Handover:
    """What the keys of a manifest come to."""
    build = None if spec.token is None else spec.token.build
    made = None if build is None else TokenBuild(build.appCertificate, lifetime(build.ttl) or LONGEST)
    return Handover(
        lifecycle.spareUid or "", lifecycle.replace == "overlap", made, spec.redundancy, spec.secondUid or ""
    )


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
        yield from _other(spec, _SPARE, own.spare_uid)
    yield from _redundancy(spec, own)
    if own.redundancy > 1 and own.second_uid:
        yield from _other(spec, SECOND, own.second_uid)


def _build(kind: Kind, build: TokenBuild, hand_over: timedelta) -> Iterator[Finding]:
    if "token" not in attributes(kind):
        text = f"token applies to recordings of a channel, not to {kind.value}."
        yield Finding(("token",), text, "Remove it.", at_key=True)
    elif build.ttl <= hand_over:
        text = "token.build.ttl is not longer than the hand-over window, so each apply would start the recording anew."
        yield Finding((*_BUILD, "ttl"), text, "Raise it, or lower spec.tokens.handOver in takeup.yaml.")


def _redundancy(spec: Mapping[str, Any], own: Handover) -> Iterator[Finding]:
    if own.redundancy > 1 and "region" in spec:
        text = "region keeps both sessions in one region, and the second one is there to be in another."
        yield Finding(("region",), text, "Write regionAffinity, which is a wish.", "warning", uses=(("redundancy",),))
    if own.redundancy > 1 and not own.second_uid:
        text = "redundancy: 2 needs a uid for the second session, for two recorders with one uid throw each other out."
        yield Finding(("redundancy",), text, 'Add secondUid, for example "10002".', uses=(SECOND,))
    elif own.second_uid and own.redundancy == 1:
        text = "secondUid is not used: there is one session only."
        yield Finding(SECOND, text, "Write redundancy: 2, or remove it.", "warning", uses=(("redundancy",),))
    elif own.second_uid and own.second_uid == own.spare_uid:
        text = "secondUid is lifecycle.spareUid as well, and both may record at the same time."
        yield Finding(SECOND, text, "Give each of them a uid of its own.", uses=(_SPARE,))


def _other(spec: Mapping[str, Any], path: Path, uid: str) -> Iterator[Finding]:
    """What is wrong with another uid of the recorder."""
    if uid == spec["uid"]:
        text = f"{dotted(path)} is the uid itself: two recorders with one uid throw each other out."
        yield Finding(path, text, "Give it a uid of its own.", uses=(("uid",),))
    config = spec.get("recordingConfig", {})
    for name in _LISTS:
        if uid in config.get(name, ()):
            text = f"recordingConfig.{name} names the recorder's own {path[-1]}."
            yield Finding(("recordingConfig", name), text, "Remove it from the list.", uses=(path,))
    token = spec.get("token")
    read = read_token(token.reveal()) if isinstance(token, Secret) and token.resolved else None
    if read is not None and read.uid not in _ANY_UID:
        does = "takes turns with it" if path == _SPARE else "records beside it"
        text = f"The token is for one uid only, and {dotted(path)} {does}."
        yield Finding(("token",), text, "Let takeup build the tokens: token: {build: {appCertificate: ...}}.")
