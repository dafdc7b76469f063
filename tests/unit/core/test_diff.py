"""Differences and listings, attribute by attribute."""

from typing import Any

import pytest
from tests.recordings import resource

from takeup.core.address import Kind
from takeup.core.diff import differences, listed, unchanged
from takeup.core.schema.attribute import Effect
from takeup.core.secret import Secret

REGION = {"x_axis": 0, "y_axis": 0, "width": 1, "height": 1}


def composite(**config: Any) -> dict[str, Any]:  # noqa: ANN401 - any attribute
    return dict(resource(recordingConfig={"channelType": 1, **config}).spec)


def custom(*regions: dict[str, Any]) -> dict[str, Any]:
    return composite(transcodingConfig={"mixedVideoLayout": 3, "layoutConfig": list(regions)})


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        pytest.param(composite(), composite(), [], id="the same"),
        pytest.param(composite(), composite(streamTypes=2), [], id="a default written down"),
        pytest.param(
            composite(),
            composite(subscribeAudioUids=["#allstream#"], subscribeVideoUids=["#allstream#"]),
            [],
            id="everybody written down",
        ),
        pytest.param(composite(), composite(transcodingConfig={}), [], id="an implied object written down"),
        pytest.param(custom(REGION), custom({**REGION, "alpha": 1}), [], id="1 is 1.0"),
        pytest.param(
            composite(subscribeAudioUids=["1", "2"]),
            composite(subscribeAudioUids=["1", "3"]),
            ["recordingConfig.subscribeAudioUids"],
            id="one element of a list: the list as one attribute",
        ),
        pytest.param(
            composite(subscribeAudioUids=["1"]),
            composite(subscribeAudioUids=["1", "2"]),
            ["recordingConfig.subscribeAudioUids"],
            id="a longer list: the list as one attribute",
        ),
        pytest.param(
            composite(),
            composite(subscribeAudioUids=["7"]),
            ["recordingConfig.subscribeAudioUids", "recordingConfig.subscribeVideoUids"],
            id="a list for one medium: the other is no longer subscribed",
        ),
        pytest.param(
            custom(REGION),
            custom({**REGION, "width": 0.5}),
            ["recordingConfig.transcodingConfig.layoutConfig[0].width"],
            id="one region",
        ),
    ],
)
def test_only_what_differs_is_named(before: dict[str, Any], after: dict[str, Any], paths: list[str]) -> None:
    """Both sides are compared with Agora's defaults filled in, attribute by attribute."""
    assert [change.path for change in differences(Kind.COMPOSITE, before, after)] == paths


def region(uid: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any attribute
    return {"uid": uid, **REGION, **more}


LAYOUT = "recordingConfig.transcodingConfig.layoutConfig"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param(
            [region("7"), region("8")], [region("8", width=0.5)], {"[uid=7]", "[uid=8]"}, id="the first one goes"
        ),
        pytest.param([region("8")], [region("7"), region("8")], {"[uid=7]"}, id="one comes in front"),
        pytest.param([region("7"), region("8")], [region("8"), region("7")], {"[0]", "[1]"}, id="another order"),
        pytest.param([region("7")], [region("8")], {"[0]"}, id="the same region for somebody else"),
        pytest.param([REGION, region("8")], [REGION], {"[1]"}, id="one without a uid"),
    ],
)
def test_regions_are_compared_by_uid(before: list[dict[str, Any]], after: list[dict[str, Any]], told: set[str]) -> None:
    """Regions that both sides name by uid are compared uid by uid; where that could hide an order, by index."""
    changes = differences(Kind.COMPOSITE, custom(*before), custom(*after))
    assert {change.path.removeprefix(LAYOUT).partition(".")[0] for change in changes} == told
    assert {change.effect for change in changes} == {Effect.UPDATE_LAYOUT}


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        pytest.param(composite(streamTypes=2), composite(streamTypes=1), 8, id="one of a level"),
        pytest.param(custom(region("7"), region("8")), custom(region("8", width=0.5)), 13, id="a region by uid"),
        pytest.param(custom(region("7")), custom(region("8")), 13, id="a region by index"),
        pytest.param({**composite(), "token": Secret("a")}, {**composite(), "token": Secret("b")}, 8, id="a new token"),
    ],
)
def test_what_does_not_differ_is_counted(before: dict[str, Any], after: dict[str, Any], count: int) -> None:
    """Each declared attribute that is no change is counted once; a token is not compared, so it is not counted."""
    assert unchanged(Kind.COMPOSITE, after, differences(Kind.COMPOSITE, before, after)) == count


def test_a_whole_list_is_shown_before_and_after() -> None:
    """A list of plain values is one attribute, and shown as a whole."""
    (change,) = differences(
        Kind.COMPOSITE, composite(subscribeAudioUids=["1", "2"]), composite(subscribeAudioUids=["2", "3"])
    )
    assert (change.before, change.after) == (["1", "2"], ["2", "3"])


def test_regions_that_come_cost_an_update_of_the_layout() -> None:
    """A list of objects that appears is told leaf by leaf, each with the effect of its declaration."""
    changes = differences(Kind.COMPOSITE, composite(), custom(REGION, REGION))
    assert {change.effect for change in changes} == {Effect.UPDATE_LAYOUT}


def test_an_object_that_comes_costs_what_it_declares() -> None:
    """Adding rtmpPublish replaces the session, although its URL alone is only updated."""
    page = resource("p", Kind.WEB_PAGE)
    pushed = resource("p", Kind.WEB_PAGE, rtmpPublish={"outputs": [{"rtmpUrl": Secret("rtmp://h/k")}]})
    (change,) = differences(Kind.WEB_PAGE, page.spec, pushed.spec)
    assert (change.path, change.effect) == ("rtmpPublish.outputs[0].rtmpUrl", Effect.REPLACE)
    assert (change.before, change.after, change.sensitive) == (None, "(sensitive)", True)


def test_an_attribute_of_another_version_is_not_taken_for_cheap() -> None:
    """What the schema does not know is dropped from both sides, or replaced: never sent by update."""
    changes = differences(Kind.COMPOSITE, {**composite(), "unheardOf": 1}, composite())
    assert all(change.effect is Effect.REPLACE for change in changes)


def test_a_listing_hides_secrets() -> None:
    """A creation lists each declared attribute once, with nothing before and no secret after."""
    rows = {row.path: row for row in listed(Kind.COMPOSITE, composite(), created=True)}
    assert rows["storageConfig.accessKey"].after == "(sensitive)"
    assert rows["cname"].after == "hall"
    assert {row.before for row in rows.values()} == {None}
    gone = listed(Kind.COMPOSITE, composite(), created=False)
    assert [row.path for row in gone] == sorted(rows)
    assert all(row.after is None for row in gone)
