"""Judges a rehearsal: the truth of the emulator against takeup's state, and both against what takeup promises. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from takeup.core.address import Address
from takeup.core.snapshot import Liveness, Snapshot
from takeup.engine import truth
from takeup.engine.outcome import Broken, Leak, Moment, Outcome, ResourceOutcome
from takeup.engine.tally import Tally, Who
from takeup.provider.emulator.sessions import Session

_SHOWN = 16
_GRACE = 2
"""Runs within which a recording must be back once the service is well again."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known at the end of one scenario. `began` and `ended` are Unix seconds, the rest is in seconds.

    `state` is what takeup's state holds after the destroy; `lost` the resourceIds that it ever called LOST.
    """

    name: str
    whose: Mapping[Address, Who]
    began: float
    length: float
    every: float
    ended: float
    sessions: tuple[Session, ...]
    state: Snapshot | None
    tally: Tally
    told: tuple[tuple[Address | None, Moment], ...]
    broken: tuple[Broken, ...]
    lost: Mapping[Address, tuple[str, ...]]
    runs: int
    failed_runs: int
    struck: int
    rules: int

    @property
    def last(self) -> float:
        """Until when recordings were wanted, in Unix seconds."""
        return self.began + self.length

    def of(self, who: Who) -> list[Session]:
        """The sessions of one resource."""
        return [session for session in self.sessions if self.whose_is(session) == who]

    def whose_is(self, session: Session) -> Who:
        """Whose session it is, under whichever of its uids."""
        who = (session.cname, session.uid)
        return self.tally.spare.get(who, who)

    def lost_for_good(self, address: Address) -> bool:
        """Whether takeup's state says to the end that it cannot do anything about this resource."""
        held = {} if self.state is None else self.state.sessions
        both = (held.get(one) for one in (address, address.partner))
        return any(session is not None and session.liveness is Liveness.LOST for session in both)


def judge(evidence: Evidence) -> Outcome:
    """Reckon minutes, sessions and stories, and find every broken promise."""
    resources = tuple(_resource(evidence, address, who) for address, who in evidence.whose.items())
    leaked = tuple(_leaks(evidence))
    broken = (
        *evidence.broken,
        *(_leak_broken(leak) for leak in leaked),
        *(_doubled(item) for item in resources if item.doubled > 0),
        *_not_recorded(evidence),
    )
    return Outcome(
        name=evidence.name,
        resources=resources,
        leaked=leaked,
        broken=broken,
        story=truth.folded(moment for address, moment in evidence.told if address is None),
        runs=evidence.runs,
        failed_runs=evidence.failed_runs,
        calls=evidence.tally.total,
        struck=evidence.struck,
        rules=evidence.rules,
    )


def _resource(evidence: Evidence, address: Address, who: Who) -> ResourceOutcome:
    sessions = evidence.of(who)
    window = (evidence.began, evidence.last)
    spans = truth.covered(sessions, window)
    told = (moment for whose, moment in evidence.told if whose == address)
    befell = truth.story(sessions, evidence.began, evidence.ended)
    return ResourceOutcome(
        address=address,
        wanted=evidence.length,
        covered=truth.length(spans),
        longest_gap=max(truth.gaps(spans, window)),
        sessions=len(sessions),
        doubled=truth.doubled(sessions, evidence.ended),
        lost_sids=tuple(f"{resource_id[:_SHOWN]}..." for resource_id in evidence.lost.get(address, ())),
        story=truth.folded((*befell, *told)),
    )


def _leaks(evidence: Evidence) -> Iterator[Leak]:
    """Sessions that record at the end, and that no entry of the state stands for, not even a LOST one."""
    held = evidence.state.sessions.values() if evidence.state is not None else ()
    known = {session.resource_id for session in held}
    names = {who: address for address, who in evidence.whose.items()}
    for session in evidence.sessions:
        if session.live(evidence.ended) and session.resource_id not in known:
            address = names.get(evidence.whose_is(session))
            yield Leak(address, truth.short(session.sid), session.started_at - evidence.began)


def _leak_broken(leak: Leak) -> Broken:
    text = f"session {leak.sid} still records after the destroy, and takeup's state does not know it"
    return Broken("leaked", leak.address, text)


def _doubled(resource: ResourceOutcome) -> Broken:
    text = f"two of its sessions recorded at the same time, for {resource.doubled:.0f} s"
    return Broken("doubled", resource.address, text)


def _not_recorded(evidence: Evidence) -> Iterator[Broken]:
    """Resources that were not recorded at the end, though nothing had gone wrong for more than two runs."""
    if any(item.kind == "crash" for item in evidence.broken):
        return  # it ran no further, which says all
    for address, who in evidence.whose.items():
        sessions = evidence.of(who)
        # What the destroy stopped at this very moment was still recording.
        if any(session.started_at <= evidence.last <= session.leaves_at for session in sessions):
            continue
        bad = max(evidence.began, evidence.tally.last_trouble(who), truth.last_accident(sessions, evidence.last))
        well = evidence.last - bad
        if well > _GRACE * evidence.every and not evidence.lost_for_good(address):
            text = f"it was not recorded at the end, though nothing had gone wrong for {well / 60:.0f} minutes"
            yield Broken("notRecorded", address, text)
