import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot
from tests.unit.render.samples import ENDED, GONE, KEY, LOST, NOW, SESSION, SNAPSHOT

from takeup.core.snapshot import Liveness, Snapshot
from takeup.render.state_text import (
    given_up_text,
    session_json,
    session_text,
    snapshot_json,
    state_list,
    state_text,
)
from takeup.render.state_why import why


def test_list() -> None:
    """The list has one sorted address a line, and nothing for an empty state."""
    assert state_list(SNAPSHOT) == snapshot("""\
CompositeRecording.all-hands
CompositeRecording.lesson
""")
    assert state_list(Snapshot("l", 0, KEY)) == ""


def test_one_session() -> None:
    """A session is shown with times, liveness, applied attributes and the files of its ended sessions."""
    assert session_text(SESSION, (ENDED, GONE)) == snapshot("""\
# CompositeRecording.all-hands: RUNNING (status 5)
CompositeRecording.all-hands {
    liveness    = RUNNING
    evidence    = "status 5"
    realm       = "agora"
    appId       = "0123456789abcdef"
    cname       = "all-hands"
    uid         = "10001"
    mode        = mix
    resourceId  = "resource-1"
    sid         = "sid-1"
    startedAt   = 2026-03-01T09:30:00Z
    confirmedAt = 2026-03-01T09:30:00Z

    applied {
        cname                              = "all-hands"
        fromTheFuture.odd                  = (sensitive)
        recordingConfig.channelType        = live (1)
        recordingConfig.subscribeVideoUids = ["#allstream#"]
        storageConfig.bucket               = "acme"
        storageConfig.region               = us-west-2 (3)
        storageConfig.secretKey            = (sensitive)
        storageConfig.vendor               = s3 (1)
        token                              = (sensitive)
        uid                                = "10001"
    }

    ended {
        how             = "stopped"
        cname           = "all-hands"
        uid             = "10001"
        mode            = mix
        resourceId      = "resource-0"
        sid             = "sid-0"
        startedAt       = 2026-03-01T09:30:00Z
        endedAt         = 2026-03-01T09:30:00Z
        uploadingStatus = "uploaded"
        files {
            "a.m3u8" (trackType "audio_and_video", isPlayable true)
        }
    }
}
""")


def test_session_without_sid() -> None:
    """What is not known of a lost session is said to be so."""
    assert session_text(LOST) == snapshot("""\
# CompositeRecording.lesson: LOST
CompositeRecording.lesson {
    liveness   = LOST
    evidence   = (none)
    realm      = "agora"
    appId      = "0123456789abcdef"
    cname      = "all-hands"
    uid        = "10001"
    mode       = mix
    resourceId = "resource-1"
    sid        = (not known)
    startedAt  = 2026-03-01T09:30:00Z

    applied {
    }
}
""")


def test_one_session_as_json() -> None:
    """The JSON of a session has the ended sessions of its address beside it."""
    assert session_json(SESSION, (ENDED, GONE)) == snapshot("""\
{
  "address": "CompositeRecording.all-hands",
  "kind": "CompositeRecording",
  "liveness": "RUNNING",
  "evidence": "status 5",
  "realm": "agora",
  "appId": "0123456789abcdef",
  "cname": "all-hands",
  "uid": "10001",
  "mode": "mix",
  "resourceId": "resource-1",
  "sid": "sid-1",
  "startedAt": "2026-03-01T09:30:00Z",
  "confirmedAt": "2026-03-01T09:30:00Z",
  "suspectSince": null,
  "tokenExpiresAt": null,
  "takesOverFrom": null,
  "applied": {
    "cname": "all-hands",
    "uid": "10001",
    "token": "(sensitive)",
    "recordingConfig": {
      "channelType": 1,
      "subscribeVideoUids": [
        "#allstream#"
      ]
    },
    "storageConfig": {
      "vendor": 1,
      "region": 3,
      "bucket": "acme",
      "secretKey": "(sensitive)"
    },
    "fromTheFuture": {
      "odd": "(sensitive)"
    }
  },
  "ended": [
    {
      "address": "CompositeRecording.all-hands",
      "cname": "all-hands",
      "uid": "10001",
      "mode": "mix",
      "resourceId": "resource-0",
      "sid": "sid-0",
      "startedAt": "2026-03-01T09:30:00Z",
      "endedAt": "2026-03-01T09:30:00Z",
      "how": "stopped",
      "uploadingStatus": "uploaded",
      "files": [
        {
          "fileName": "a.m3u8",
          "trackType": "audio_and_video",
          "isPlayable": true
        }
      ]
    }
  ]
}
""")


def test_whole_state() -> None:
    """The whole state ends with the ended sessions of addresses that are gone."""
    assert state_text(SNAPSHOT) == snapshot("""\
takeup state: lineage 5c1d, serial 7

# CompositeRecording.all-hands: RUNNING (status 5)
CompositeRecording.all-hands {
    liveness    = RUNNING
    evidence    = "status 5"
    realm       = "agora"
    appId       = "0123456789abcdef"
    cname       = "all-hands"
    uid         = "10001"
    mode        = mix
    resourceId  = "resource-1"
    sid         = "sid-1"
    startedAt   = 2026-03-01T09:30:00Z
    confirmedAt = 2026-03-01T09:30:00Z

    applied {
        cname                              = "all-hands"
        fromTheFuture.odd                  = (sensitive)
        recordingConfig.channelType        = live (1)
        recordingConfig.subscribeVideoUids = ["#allstream#"]
        storageConfig.bucket               = "acme"
        storageConfig.region               = us-west-2 (3)
        storageConfig.secretKey            = (sensitive)
        storageConfig.vendor               = s3 (1)
        token                              = (sensitive)
        uid                                = "10001"
    }

    ended {
        how             = "stopped"
        cname           = "all-hands"
        uid             = "10001"
        mode            = mix
        resourceId      = "resource-0"
        sid             = "sid-0"
        startedAt       = 2026-03-01T09:30:00Z
        endedAt         = 2026-03-01T09:30:00Z
        uploadingStatus = "uploaded"
        files {
            "a.m3u8" (trackType "audio_and_video", isPlayable true)
        }
    }
}

# CompositeRecording.lesson: LOST
CompositeRecording.lesson {
    liveness   = LOST
    evidence   = (none)
    realm      = "agora"
    appId      = "0123456789abcdef"
    cname      = "all-hands"
    uid        = "10001"
    mode       = mix
    resourceId = "resource-1"
    sid        = (not known)
    startedAt  = 2026-03-01T09:30:00Z

    applied {
    }
}

# ScreenshotCapture.thumbs: no longer recorded
ScreenshotCapture.thumbs {
    ended {
        how             = "404 for 90 s"
        cname           = "all-hands"
        uid             = "10001"
        mode            = mix
        resourceId      = "resource-0"
        sid             = (not known)
        startedAt       = 2026-03-01T09:30:00Z
        endedAt         = 2026-03-01T09:30:00Z
        uploadingStatus = (not known)
    }
}
""")


def test_empty_state() -> None:
    """An empty state says that it is empty."""
    assert state_text(Snapshot("l", 0, KEY)) == snapshot("""\
takeup state: lineage l, serial 0

The state holds no recordings.
""")


def test_whole_state_as_json() -> None:
    """The JSON of a state has its recordings by address and no key."""
    assert snapshot_json(SNAPSHOT) == snapshot("""\
{
  "lineage": "5c1d",
  "serial": 7,
  "resources": {
    "CompositeRecording.all-hands": {
      "address": "CompositeRecording.all-hands",
      "kind": "CompositeRecording",
      "liveness": "RUNNING",
      "evidence": "status 5",
      "realm": "agora",
      "appId": "0123456789abcdef",
      "cname": "all-hands",
      "uid": "10001",
      "mode": "mix",
      "resourceId": "resource-1",
      "sid": "sid-1",
      "startedAt": "2026-03-01T09:30:00Z",
      "confirmedAt": "2026-03-01T09:30:00Z",
      "suspectSince": null,
      "tokenExpiresAt": null,
      "takesOverFrom": null,
      "applied": {
        "cname": "all-hands",
        "uid": "10001",
        "token": "(sensitive)",
        "recordingConfig": {
          "channelType": 1,
          "subscribeVideoUids": [
            "#allstream#"
          ]
        },
        "storageConfig": {
          "vendor": 1,
          "region": 3,
          "bucket": "acme",
          "secretKey": "(sensitive)"
        },
        "fromTheFuture": {
          "odd": "(sensitive)"
        }
      }
    },
    "CompositeRecording.lesson": {
      "address": "CompositeRecording.lesson",
      "kind": "CompositeRecording",
      "liveness": "LOST",
      "evidence": "",
      "realm": "agora",
      "appId": "0123456789abcdef",
      "cname": "all-hands",
      "uid": "10001",
      "mode": "mix",
      "resourceId": "resource-1",
      "sid": null,
      "startedAt": "2026-03-01T09:30:00Z",
      "confirmedAt": null,
      "suspectSince": null,
      "tokenExpiresAt": null,
      "takesOverFrom": null,
      "applied": {}
    }
  },
  "ended": [
    {
      "address": "CompositeRecording.all-hands",
      "cname": "all-hands",
      "uid": "10001",
      "mode": "mix",
      "resourceId": "resource-0",
      "sid": "sid-0",
      "startedAt": "2026-03-01T09:30:00Z",
      "endedAt": "2026-03-01T09:30:00Z",
      "how": "stopped",
      "uploadingStatus": "uploaded",
      "files": [
        {
          "fileName": "a.m3u8",
          "trackType": "audio_and_video",
          "isPlayable": true
        }
      ]
    },
    {
      "address": "ScreenshotCapture.thumbs",
      "cname": "all-hands",
      "uid": "10001",
      "mode": "mix",
      "resourceId": "resource-0",
      "sid": null,
      "startedAt": "2026-03-01T09:30:00Z",
      "endedAt": "2026-03-01T09:30:00Z",
      "how": "404 for 90 s",
      "uploadingStatus": null,
      "files": []
    }
  ]
}
""")


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(state_text, id="text"),
        pytest.param(snapshot_json, id="JSON"),
    ],
)
def test_no_secret_is_shown(show: Callable[[Snapshot], str]) -> None:
    """Neither fingerprints, nor their key, nor values of unknown attributes are shown."""
    text = show(SNAPSHOT)
    assert "hmac-sha256" not in text
    assert "canary" not in text
    assert KEY.hex() not in text
    assert "(sensitive)" in text


def test_suspect_session_with_layout() -> None:
    """A suspect session has the time of its first 404, and list elements are shown by their index."""
    layout = [{"uid": "7", "render_mode": 1}, {"uid": "8", "render_mode": 0}]
    applied = {"recordingConfig": {"transcodingConfig": {"layoutConfig": layout}}}
    suspect = replace(SESSION, liveness=Liveness.SUSPECT, suspect_since=NOW, applied=applied, evidence="404")
    assert session_text(suspect, (replace(ENDED, files=({"uid": "7"},)),)) == snapshot("""\
# CompositeRecording.all-hands: SUSPECT (404)
CompositeRecording.all-hands {
    liveness     = SUSPECT
    evidence     = "404"
    realm        = "agora"
    appId        = "0123456789abcdef"
    cname        = "all-hands"
    uid          = "10001"
    mode         = mix
    resourceId   = "resource-1"
    sid          = "sid-1"
    startedAt    = 2026-03-01T09:30:00Z
    confirmedAt  = 2026-03-01T09:30:00Z
    suspectSince = 2026-03-01T09:30:00Z

    applied {
        recordingConfig.transcodingConfig.layoutConfig[0].render_mode = fit (1)
        recordingConfig.transcodingConfig.layoutConfig[0].uid         = "7"
        recordingConfig.transcodingConfig.layoutConfig[1].render_mode = crop (0)
        recordingConfig.transcodingConfig.layoutConfig[1].uid         = "8"
    }

    ended {
        how             = "stopped"
        cname           = "all-hands"
        uid             = "10001"
        mode            = mix
        resourceId      = "resource-0"
        sid             = "sid-0"
        startedAt       = 2026-03-01T09:30:00Z
        endedAt         = 2026-03-01T09:30:00Z
        uploadingStatus = "uploaded"
        files {
            (no name) (uid "7")
        }
    }
}
""")


def test_a_session_that_takes_over_names_the_other_one() -> None:
    """While two sessions are held, both are shown, and given up with all that is needed to look for them."""
    old = replace(SESSION, uid="10001", sid="sid-old", resource_id="resource-old")
    both = replace(SESSION, uid="10002", overlapping=old, token_expires_at=NOW)
    line = 'takesOverFrom  = RUNNING uid "10001", resourceId "resource-old", sid "sid-old"'
    assert line in session_text(both)
    assert '"sid": "sid-old"' in session_json(both)
    told = given_up_text(both)
    assert "the session before it, which records on under another uid:" in told
    assert 'sid "sid-old"' in told


def test_the_last_sighting_is_shown() -> None:
    """Where coverage is accounted for, the state knows when a session was last seen to record; else nothing is said."""
    seen = replace(SESSION, seen_at=SESSION.started_at + timedelta(minutes=30))
    assert "    seenAt      = 2026-03-01T10:00:00Z\n" in session_text(seen, ())
    assert json.loads(session_json(seen, ()))["seenAt"] == "2026-03-01T10:00:00Z"
    assert [row.value for row in why(seen, 3, []) if row.name == "seenAt"] == ["2026-03-01T10:00:00Z"]
    assert not [row for row in why(SESSION, 3, []) if row.name == "seenAt"]
