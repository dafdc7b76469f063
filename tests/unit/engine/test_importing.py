"""What an import records, and what it refuses to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.recordings import KEY, NOON, TARGET, resource, session, snapshot

from takeup.backends.memory import MemoryBackend
from takeup.core.address import Kind
from takeup.core.resource import Fingerprints, Resource
from takeup.core.snapshot import Liveness, SessionState, Snapshot
from takeup.engine.importing import ENDING, Imported, Wanted, import_session
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock
from takeup.engine.run import World
from takeup.errors import RejectedError, StateError, TakeupError, UsageError
from takeup.provider.port import Identity, SessionRef, Sighting

LATER = NOON + timedelta(hours=1)
HALL = resource()
UP = Sighting(5)
Answer = Sighting | RejectedError | None


class Desk:
    """A reader that knows a few sessions by (resourceId, sid), and a state in memory."""

    def __init__(self, answers: Mapping[tuple[str, str], Answer], *held: SessionState) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.backend = MemoryBackend()
        if held:
            self.backend.write(replace(snapshot(*held), serial=0), previous_serial=None)
        self.before = self.backend.state

    def query(self, session: SessionRef) -> Sighting | None:
        self.asked.append(session.resource_id)
        answer = self.answers.get((session.resource_id, session.sid))
        if isinstance(answer, RejectedError):
            raise answer
        return answer

    def close(self) -> None:
        pass

    def run(
        self, sid: str = "s", resource_id: str | None = "r", of: Resource = HALL, started_at: datetime | None = None
    ) -> Imported:
        """Import, an hour after noon."""
        world = World(
            project="test", target=TARGET, backend=self.backend, policy=Policy(),
            clock=Clock(now=lambda: LATER, sleep=lambda _: None), tell=lambda _: None,
            new_state=lambda: Snapshot("lineage", 0, KEY),
        )  # fmt: skip
        return import_session(world, self, Wanted(of, sid, resource_id, started_at))

    def state(self) -> Snapshot:
        """What is stored."""
        found = self.backend.read()
        assert found is not None
        return found

    def held(self, of: Resource = HALL) -> SessionState:
        """The session that is stored."""
        return self.state().sessions[of.address]


def refusal(desk: Desk, sid: str = "s", resource_id: str | None = "r", of: Resource = HALL) -> TakeupError:
    """An import that must fail and write nothing."""
    with pytest.raises(TakeupError) as caught:
        desk.run(sid, resource_id, of)
    assert desk.backend.state == desk.before
    return caught.value


def test_a_session_is_recorded_as_one_that_runs() -> None:
    """What the manifest says counts as applied, secrets as fingerprints, and the evidence names the import."""
    desk = Desk({("r", "s"): UP})
    done = desk.run()
    held = desk.held()
    assert held == done.session
    assert done.believed
    assert held.applied == Fingerprints(KEY).applied(HALL.spec)
    assert (held.resource_id, held.sid, held.liveness) == ("r", "s", Liveness.RUNNING)
    assert (held.evidence, held.confirmed_at, held.realm, held.app_id) == (
        "imported: status 5", LATER, TARGET.realm, TARGET.app_id,
    )  # fmt: skip
    assert desk.asked == ["r"]


def test_one_that_is_coming_up_is_not_confirmed_yet() -> None:
    """Status 2 is running, but not up."""
    assert Desk({("r", "s"): Sighting(2)}).run().session.confirmed_at is None


@pytest.mark.parametrize("status", sorted(ENDING))
def test_one_that_is_ending_is_refused(status: int) -> None:
    """A session that leaves is not recorded as one that runs."""
    assert f"status {status}" in refusal(Desk({("r", "s"): Sighting(status)})).message


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        pytest.param(Identity(cname="attic"), ("cname hall", "cname attic"), id="another channel"),
        pytest.param(Identity(uid="7"), ("uid 10001", "uid 7"), id="another recorder"),
        pytest.param(Identity(sid="t"), ("sid s", "sid t"), id="another session"),
        pytest.param(Identity(resource_id="q"), ("resourceId r", "resourceId q"), id="another resourceId"),
        pytest.param(Identity(web=True), ("of a channel", "web"), id="a web page"),
    ],
)
def test_an_answer_about_something_else_is_refused(identity: Identity, words: tuple[str, str]) -> None:
    """Both are named: what was asked about, and what the answer is about."""
    told = refusal(Desk({("r", "s"): Sighting(5, identity=identity)})).message
    assert [word for word in words if word not in told] == []


def test_an_answer_that_says_who_it_is_about_is_taken() -> None:
    """The right identity changes nothing."""
    identity = Identity("hall", "10001", "r", "s", web=False)
    assert Desk({("r", "s"): Sighting(5, identity=identity)}).run().session.sid == "s"


@pytest.mark.parametrize("liveness", [Liveness.RUNNING, Liveness.SUSPECT, Liveness.UNKNOWN])
def test_a_session_that_may_run_is_never_forgotten(liveness: Liveness) -> None:
    """Another session of the address in the state is in the way, unless it has ended."""
    desk = Desk({("r", "s"): UP}, session(HALL, liveness))
    assert "sid-hall" in refusal(desk).message
    assert desk.asked == []


@pytest.mark.parametrize("resource_id", [None, "resource-id"])
def test_what_is_there_already_is_left_alone(resource_id: str | None) -> None:
    """Nothing is asked, and nothing is written."""
    desk = Desk({}, session(HALL))
    done = desk.run("sid-hall", resource_id)
    assert done.status is None
    assert (desk.asked, desk.backend.state) == ([], desk.before)


def test_the_time_of_a_start_can_be_corrected() -> None:
    """Importing again with a time changes the time, and asks nobody."""
    desk = Desk({}, session(HALL))
    desk.run("sid-hall", started_at=NOON - timedelta(hours=2), resource_id=None)
    assert desk.held() == replace(session(HALL), started_at=NOON - timedelta(hours=2))


def test_a_session_that_ended_is_replaced_and_kept_for_its_files() -> None:
    """The one before goes to the ended sessions."""
    desk = Desk({("r", "s"): UP}, session(HALL, Liveness.ENDED, evidence="404 for 90 s", since=NOON))
    desk.run()
    assert desk.held().sid == "s"
    assert [(old.sid, old.how, old.ended_at) for old in desk.state().ended] == [("sid-hall", "404 for 90 s", NOON)]


def test_a_session_believed_to_have_ended_comes_back_by_its_sid() -> None:
    """It is the same session, so it is not among the ended ones, and what was sent for it stays."""
    ended = session(HALL, Liveness.ENDED, suspect_since=NOON)
    desk = Desk({("resource-id", "sid-hall"): UP}, ended)
    done = desk.run("sid-hall", None)
    assert (done.believed, desk.held().liveness, desk.held().suspect_since) == (False, Liveness.RUNNING, None)
    assert desk.held().started_at == ended.started_at
    assert desk.state().ended == ()


def test_a_lost_session_keeps_what_was_sent() -> None:
    """The state knows better than a manifest that may have changed since the start."""
    lost = session(HALL, Liveness.LOST)
    changed = resource(recordingConfig={"channelType": 0})
    desk = Desk({("resource-id", "s"): UP}, lost)
    done = desk.run("s", None, changed)
    assert (done.believed, done.notes) == (False, ())
    assert desk.held().applied == lost.applied
    assert (desk.held().sid, desk.held().started_at) == ("s", lost.started_at)


@pytest.mark.parametrize(
    "wrong", [pytest.param(None, id="404"), pytest.param(RejectedError("not its sid"), id="refused")]
)
def test_each_resource_id_of_a_lost_session_is_tried(wrong: Answer) -> None:
    """The recorded one first, then the former ones; afterwards none of them is left."""
    lost = session(HALL, Liveness.LOST, former=("f1", "f2"))
    desk = Desk({("resource-id", "s"): wrong, ("f1", "s"): UP}, lost)
    desk.run("s", None)
    assert desk.asked == ["resource-id", "f1"]
    assert (desk.held().resource_id, desk.held().former) == ("f1", ())


def test_a_lost_session_that_does_not_answer_stays_lost() -> None:
    """After 404 for each resourceId nothing is written, and the sentence counts them."""
    desk = Desk({}, session(HALL, Liveness.LOST, former=("f1", "f2")))
    error = refusal(desk, "s", None)
    assert "any of its 3 resourceIds (404)" in error.message
    assert "90 s" in error.hint


def test_the_last_refusal_is_passed_on() -> None:
    """Where the service refuses to be asked at all, its own sentence is told."""
    assert (
        refusal(Desk({("r", "s"): RejectedError("the credentials are wrong")})).message == "the credentials are wrong"
    )


def test_what_was_before_a_lost_start_is_kept_for_its_files() -> None:
    """The start is answered by its sid, so the session before it is over."""
    before = session(HALL, Liveness.ENDED, sid="old", resource_id="old-id")
    desk = Desk({("resource-id", "s"): UP}, session(HALL, Liveness.LOST, predecessor=before))
    desk.run("s", None)
    assert [old.sid for old in desk.state().ended] == ["old"]
    assert desk.held().predecessor is None


def test_the_session_before_a_lost_start_may_be_what_runs() -> None:
    """Its own sid finds it under its own resourceId."""
    before = session(HALL, Liveness.ENDED, sid="old", resource_id="old-id")
    desk = Desk({("old-id", "old"): UP}, session(HALL, Liveness.LOST, predecessor=before))
    desk.run("old", None)
    assert (desk.held().resource_id, desk.state().ended) == ("old-id", ())


def test_a_lost_start_of_another_recorder_is_not_forgotten() -> None:
    """A session with a resourceId of its own does not replace a lost one with another uid."""
    desk = Desk({("r", "s"): UP}, session(HALL, Liveness.LOST, uid="7"))
    assert "uid 7" in refusal(desk).message


def test_a_session_stands_under_one_address() -> None:
    """The sid of another address is refused by name."""
    other = session(resource("attic"), sid="s")
    assert "CompositeRecording.attic" in refusal(Desk({("r", "s"): UP}, other)).message


def test_a_resource_id_is_needed_where_the_state_has_none() -> None:
    """Without one nobody can be asked."""
    error = refusal(Desk({}), "s", None)
    assert isinstance(error, UsageError)
    assert "--resource-id" in error.hint


def test_a_state_of_another_service_is_refused() -> None:
    """The realm guard stands before an import too."""
    desk = Desk({("r", "s"): UP}, session(resource("attic"), realm="agora"))
    assert isinstance(refusal(desk), StateError)


@pytest.mark.parametrize(
    ("given", "since", "expected", "told"),
    [
        pytest.param(NOON, LATER, NOON, "", id="as it was named"),
        pytest.param(None, NOON, NOON, "first slice", id="by the first slice"),
        pytest.param(None, LATER + timedelta(days=1), LATER, "first slice", id="a slice from the future"),
        pytest.param(None, None, LATER, "this import", id="nobody knows"),
    ],
)
def test_when_it_started(given: datetime | None, since: datetime | None, expected: datetime, told: str) -> None:
    """The best that is known, and a note where it is a guess."""
    done = Desk({("r", "s"): Sighting(5, recording_since=since)}).run(started_at=given)
    assert done.session.started_at == expected
    assert told in " ".join(done.notes)
    assert bool(done.notes) == bool(told)


def test_a_closed_control_window_is_told() -> None:
    """Who says that it started long ago learns that it can no longer be asked after."""
    done = Desk({("r", "s"): UP}).run(started_at=NOON - timedelta(hours=72))
    assert "control window closed" in " ".join(done.notes)


def test_a_web_page_is_asked_after_as_one() -> None:
    """The shape of the answer must be that of the kind."""
    page = resource("page", Kind.WEB_PAGE)
    assert Desk({("r", "s"): Sighting(5, identity=Identity(web=True))}).run(of=page).session.mode.value == "web"
    assert "web" in refusal(Desk({("r", "s"): Sighting(5, identity=Identity(web=False))}), of=page).message


TAKES_OVER = session(
    resource(uid="10002"),
    Liveness.LOST,
    resource_id="rid-new",
    overlapping=session(HALL, sid="old", resource_id="rid-old"),
)


def test_the_sid_of_a_lost_takeover_is_imported_beside_the_session_that_goes_on() -> None:
    """Both stay in the state, so that the next plan stops the one that was taken over from."""
    desk = Desk({("rid-new", "s"): UP}, TAKES_OVER)
    desk.run("s", None)
    held = desk.held()
    assert (held.sid, held.uid, held.liveness) == ("s", "10002", Liveness.RUNNING)
    assert held.overlapping == TAKES_OVER.overlapping


@pytest.mark.parametrize(
    ("sid", "resource_id"),
    [
        pytest.param("old", None, id="the sid of the session that goes on"),
        pytest.param("old", "rid-old", id="the same, with its resourceId"),
        pytest.param("s", "other", id="a session of somebody else"),
    ],
)
def test_an_import_forgets_no_session_of_an_overlap(sid: str, resource_id: str | None) -> None:
    """It would take the place of two sessions, of which one surely records."""
    error = refusal(Desk({("other", "s"): UP, ("rid-old", "old"): UP}, TAKES_OVER), sid, resource_id)
    assert "rid-new" in error.message
    assert "sid old" in error.message
