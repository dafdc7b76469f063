"""What a plan costs and cuts off, and that time alone does not change its digest."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from tests.recordings import KEY, NOON, TARGET, resource, session, snapshot

from takeup.core.address import Kind
from takeup.core.consequences import with_consequences
from takeup.core.cost import hourly
from takeup.core.plan import Lost, Plan
from takeup.core.plan_document import plan_document
from takeup.core.planner import make_plan
from takeup.core.price import Expected, Tier, price_table, rate_of
from takeup.core.resource import Resource
from takeup.core.safety import Rails
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness, SessionState

USD = price_table()
LATER = NOON + timedelta(minutes=47)
ALL = {"channelType": 1, "streamTypes": 2}
AUDIO = {"channelType": 1, "streamTypes": 0}


def planned(
    wanted: list[Resource],
    sessions: list[SessionState],
    *,
    now: datetime = LATER,
    selection: Selection | None = None,
    prices: object = USD,
) -> Plan:
    prior = snapshot(*sessions)
    return make_plan(
        project="test",
        target=replace(TARGET, realm="agora"),
        desired={item.address: item for item in wanted},
        previous=prior,
        prior=prior,
        now=now,
        selection=selection,
        prices=prices if prices is None else USD,
        rails=Rails(),
    )


_RECORDING = st.tuples(
    st.sampled_from(list(Kind)),
    st.none() | st.sampled_from(list(Liveness)),
    st.sampled_from(["wanted", "changed", "unwanted"]),
)


@given(st.lists(_RECORDING, max_size=8))
def test_the_rows_add_up(recordings: list[tuple[Kind, Liveness | None, str]]) -> None:
    """Cost after less cost now is the sum of the rows, in the plan and in its JSON, without a rounding error."""
    wanted, sessions, number = [], [], count()
    for kind, liveness, fate in recordings:
        item = resource(f"r{next(number)}", kind)
        if liveness is not None:
            sessions.append(session(item, liveness))
        if fate != "unwanted":
            wanted.append(item if fate == "wanted" else Resource(item.address, {**item.spec, "resourceExpiredHour": 9}))
    made = planned(wanted, sessions)
    if made.cost is None:
        assert not any(item.liveness is not Liveness.ENDED for item in sessions)
        assert not wanted
        return
    assert made.cost.after - made.cost.now == sum((row.difference for row in made.cost.rows), Decimal(0))
    running = [item for item in sessions if item.liveness in {Liveness.RUNNING, Liveness.UNKNOWN}]
    assert made.cost.now == sum((hourly(rate_of(USD, item.address.kind, item.applied)) for item in running), Decimal(0))
    told = plan_document(made)["cost"]
    for side in ("now", "after"):
        rows = [Decimal(row[side]["perHour"]) for row in told["resources"] if row[side]]
        assert sum(rows, Decimal(0)) == Decimal(told["perHour"][side])


def test_a_create_a_change_and_a_stop() -> None:
    """Each row says what a resource is billed as before and after."""
    new, louder, old = resource("new"), resource("louder", recordingConfig=ALL), resource("old")
    made = planned([new, louder], [session(resource("louder", recordingConfig=AUDIO)), session(old)])
    assert made.cost is not None
    rows = {row.address.name: (row.before and row.before.tier, row.after and row.after.tier) for row in made.cost.rows}
    assert rows == {"louder": (Tier.AUDIO, Tier.HD), "new": (None, Tier.HD), "old": (Tier.HD, None)}
    assert (made.cost.now, made.cost.after) == (Decimal("0.4488"), Decimal("0.7188"))


def test_a_part_that_is_left_alone_still_costs() -> None:
    """With --target the bill is that of the whole project."""
    made = planned([resource("a")], [session(resource("b"))], selection=Selection(target=("*.a",)))
    assert made.cost is not None
    assert (made.cost.now, made.cost.after) == (Decimal("0.3594"), Decimal("0.7188"))


def test_nothing_recorded_costs_nothing_and_says_nothing() -> None:
    """Without sessions and wishes, and without prices, a plan has no cost."""
    ended = session(resource(), Liveness.ENDED)
    assert planned([], []).cost is None
    assert planned([], [ended]).cost is None
    assert planned([resource()], [], prices=None).cost is None


def test_exposure_of_what_nobody_can_tell() -> None:
    """SUSPECT and LOST sessions are no part of the sums: what they may cost is told beside them."""
    page = replace(session(resource("page", Kind.WEB_PAGE), Liveness.SUSPECT), suspect_since=NOON)
    lost = session(resource("hall"), Liveness.LOST)
    made = planned([resource("page", Kind.WEB_PAGE), resource("hall")], [page, lost])
    assert made.cost is not None
    assert (made.cost.now, made.cost.after, made.cost.exposed) == (Decimal(0), Decimal(0), Decimal("1.1994"))
    hall, slides = plan_document(made)["cost"]["exposure"]
    assert (hall["liveness"], hall["soFar"], hall["endsAt"], hall["atMost"]) == ("LOST", "0.28153", None, None)
    assert (slides["liveness"], slides["soFar"], slides["endsAt"]) == ("SUSPECT", "0.658", "2026-03-01T14:00:00Z")
    assert slides["atMost"] == "1.68", "two hours of maxRecordingHour at 0.84"


def test_exposure_ends_with_the_session() -> None:
    """What a page can have cost stops growing at its maxRecordingHour and two minutes of slack."""
    page = session(resource("page", Kind.WEB_PAGE), Liveness.LOST)
    document = plan_document(planned([], [page], now=NOON + timedelta(days=9)))["cost"]["exposure"][0]
    assert document["soFar"] == document["atMost"] == "1.708"


def test_a_lost_session_ends_when_the_plan_says_so() -> None:
    """The latest end that a plan knows of a LOST session bounds its exposure."""
    lost = session(resource("hall"), Liveness.LOST)
    bare = planned([], [lost], prices=None)
    told = Lost(lost.address, ("resource-id",), NOON, "no answer", NOON + timedelta(hours=1), "its token expires then")
    made = with_consequences(replace(bare, lost=(told,)), {}, snapshot(lost), USD, None)
    assert plan_document(made)["cost"]["exposure"][0]["atMost"] == "0.3594"


def test_a_stop_says_what_it_cuts_off() -> None:
    """A deletion and a replacement tell for how long the session has been recording, an update does not."""
    gone = session(resource("gone", Kind.WEB_PAGE))
    changed = resource("changed", recordingConfig={"channelType": 1, "maxIdleTime": 60})
    made = planned([changed], [gone, session(resource("changed"))])
    cut = {row["address"].partition(".")[2]: row["cutsOff"] for row in plan_document(made)["changes"]}
    since = "2026-03-01T12:00:00Z"
    assert cut == {
        "changed": {"since": since, "sure": True, "runningFor": 2820, "remaining": None, "gap": 25},
        "gone": {"since": since, "sure": True, "runningFor": 2820, "remaining": 4380, "gap": None},
    }


def test_a_stop_of_a_suspect_is_not_sure_to_cut_off_anything() -> None:
    """What may have ended is marked so; a creation cuts off nothing."""
    made = planned([resource("new")], [session(resource("old"), Liveness.SUSPECT)])
    assert [row["cutsOff"] and row["cutsOff"]["sure"] for row in plan_document(made)["changes"]] == [None, False]


def test_time_alone_does_not_change_the_digest() -> None:
    """A plan made a minute later has other live minutes and exposures, and the same digest."""
    sessions = [session(resource("gone", Kind.WEB_PAGE)), session(resource("lost"), Liveness.LOST)]
    first = planned([], sessions)
    later = planned([], sessions, now=LATER + timedelta(minutes=1))
    assert plan_document(first)["changes"] != plan_document(later)["changes"]
    assert plan_document(first)["cost"] != plan_document(later)["cost"]
    assert first.digest == later.digest


def test_another_price_is_no_other_plan() -> None:
    """An approval is for what is done: a price list that was renewed since voids none."""
    dearer = price_table(own={Tier.HD: Decimal(9)})
    made = planned([resource()], [])
    assert made.cost is not None
    assert replace(made, cost=replace(made.cost, table=dearer)).digest == made.digest


def test_assumptions_are_told_where_they_are_made() -> None:
    """A project of screenshots assumes no video; one above the list says so, and so does one without a price."""
    only = planned([resource("s", Kind.SCREENSHOT)], []).cost
    assert only is not None
    assert not any("expected" in text for text in only.assumptions)
    many = make_plan(
        project="test",
        target=TARGET,
        desired={item.address: item for item in (resource(), resource("s", Kind.SCREENSHOT))},
        previous=snapshot(),
        prior=snapshot(),
        now=NOON,
        prices=price_table("CNY", {Tier.AUDIO: Decimal(1), Tier.TWO_K_PLUS: Decimal(1)}, Expected(40, 1280, 720)),
    ).cost
    assert many is not None
    told = " ".join(many.assumptions)
    assert "40 video streams of 1280x720" in told
    assert "ends at 8,847,360 pixels" in told
    assert "no CNY price for screenshots" in told
    assert "prices of this project file are used for: twoKPlus." in told
    assert "emulator bills nothing" in told


def test_no_secret_is_in_it() -> None:
    """Neither the key of the state nor a secret of a manifest gets into the cost."""
    made = planned([resource("new")], [session(resource("old"))])
    assert KEY.decode() not in repr(made.cost)
    assert "SECRET" not in repr(made.cost)
