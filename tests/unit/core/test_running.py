"""What a plan tells of the sessions that run."""

from datetime import timedelta

from tests.recordings import NOON, plan, resource, session

from takeup.core.address import Kind
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness


def test_what_may_be_recording_is_told_with_its_end() -> None:
    """Each session that has not ended is told with its start and its latest end, changed or not."""
    page, hall, over = resource("page", Kind.WEB_PAGE), resource("hall"), resource("over")
    made = plan([page, hall], [session(page), session(hall, Liveness.SUSPECT), session(over, Liveness.ENDED)])
    told = {item.address.name: item for item in made.running}
    assert told.keys() == {"page", "hall"}
    assert told["page"].since == NOON
    assert told["page"].ends_at is not None
    assert timedelta(hours=2) <= told["page"].ends_at - NOON < timedelta(hours=2, minutes=10)
    assert "maxRecordingHour" in told["page"].ends
    assert (told["hall"].liveness, told["hall"].ends_at) == ("SUSPECT", None)


def test_a_restricted_plan_tells_of_no_other_session() -> None:
    """What the plan is not about is not told either."""
    page, hall = resource("page", Kind.WEB_PAGE), resource("hall")
    made = plan([page, hall], [session(page), session(hall)], selection=Selection(target=("*.hall",)))
    assert [item.address for item in made.running] == [hall.address]


def test_unchanged_attributes_are_counted_where_something_changes() -> None:
    """An update counts what it leaves alone; a creation lists all, and a deletion too."""
    before = resource("hall", recordingConfig={"channelType": 1, "subscribeAudioUids": ["1"]})
    after = resource("hall", recordingConfig={"channelType": 1, "subscribeAudioUids": ["2"]})
    new, gone = resource("new"), resource("gone")
    made = plan([after, new], [session(before), session(gone)])
    assert {change.address.name: change.unchanged for change in made.changes} == {"hall": 8, "new": 0, "gone": 0}
