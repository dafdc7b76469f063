# ruff: noqa: E501 - a line of output is as long as it is
"""A plan as GitLab's report, as SARIF and as JUnit: golden outputs of every plan."""

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from inline_snapshot import snapshot
from tests.unit.render.wholeplans import CANARY, WHOLE_PLANS, every_plan

from takeup import __version__
from takeup.core.address import Address, Kind
from takeup.core.plan import Drift
from takeup.render import plan_gitlab, plan_junit, plan_sarif, plan_terraform

PLANS = [pytest.param(name, id=name) for name in every_plan()]


def test_gitlab_counts() -> None:
    """GitLab's report counts creations, updates and deletions; a replacement is one of the first and of the last."""
    assert {name: plan_gitlab.render(made) for name, made in WHOLE_PLANS.items()} == snapshot(
        {
            "create": '{"create": 2, "update": 0, "delete": 0}\n',
            "update": '{"create": 0, "update": 1, "delete": 0}\n',
            "secret changed": '{"create": 0, "update": 1, "delete": 0}\n',
            "replace": '{"create": 1, "update": 0, "delete": 1}\n',
            "replace asked for": '{"create": 1, "update": 0, "delete": 1}\n',
            "delete": '{"create": 0, "update": 0, "delete": 2}\n',
            "forget": '{"create": 0, "update": 0, "delete": 0}\n',
            "ended, recorded anew": '{"create": 1, "update": 0, "delete": 0}\n',
            "suspect": '{"create": 0, "update": 0, "delete": 0}\n',
            "lost": '{"create": 0, "update": 0, "delete": 0}\n',
            "recovery": '{"create": 0, "update": 0, "delete": 0}\n',
            "targeted": '{"create": 1, "update": 0, "delete": 0}\n',
            "nothing to do": '{"create": 0, "update": 0, "delete": 0}\n',
            "everything": '{"create": 2, "update": 1, "delete": 2}\n',
        }
    )


@pytest.mark.parametrize("name", PLANS)
def test_gitlab_counts_what_terraform_lists(name: str) -> None:
    """Both reports of one plan agree, as GitLab would count the actions of the second."""
    document = json.loads(plan_terraform.render(every_plan()[name]))
    actions = [action for item in document["resource_changes"] for action in item["change"]["actions"]]
    counted = {action: actions.count(action) for action in ("create", "update", "delete")}
    assert json.loads(plan_gitlab.render(every_plan()[name])) == counted


def test_terraform_changes() -> None:
    """The changes of every plan in Terraform's format, with the attributes that differ."""
    found = {name: _terraform(plan_terraform.render(made)) for name, made in WHOLE_PLANS.items()}
    assert found == snapshot(
        {
            "create": [
                [
                    "CompositeRecording.hall",
                    ["create"],
                    "",
                    [],
                    [
                        "cname",
                        "recordingConfig",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "startParameter",
                        "storageConfig",
                        "token",
                        "uid",
                    ],
                ],
                [
                    "WebPageRecording.slides",
                    ["create"],
                    "",
                    [],
                    [
                        "cname",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "rtmpPublish",
                        "startParameter",
                        "storageConfig",
                        "uid",
                        "webRecorder",
                    ],
                ],
            ],
            "update": [["CompositeRecording.hall", ["update"], "", [], ["recordingConfig"]]],
            "secret changed": [["CompositeRecording.hall", ["update"], "", [], ["storageConfig"]]],
            "replace": [
                [
                    "CompositeRecording.hall",
                    ["delete", "create"],
                    "replace_because_cannot_update",
                    [["storageConfig", "bucket"]],
                    ["storageConfig"],
                ]
            ],
            "replace asked for": [["CompositeRecording.hall", ["delete", "create"], "replace_by_request", [], []]],
            "delete": [
                [
                    "CompositeRecording.hall",
                    ["delete"],
                    "delete_because_no_resource_config",
                    [],
                    [
                        "cname",
                        "recordingConfig",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "startParameter",
                        "storageConfig",
                        "token",
                        "uid",
                    ],
                ],
                [
                    "WebPageRecording.slides",
                    ["delete"],
                    "delete_because_no_resource_config",
                    [],
                    [
                        "cname",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "rtmpPublish",
                        "startParameter",
                        "storageConfig",
                        "uid",
                        "webRecorder",
                    ],
                ],
            ],
            "forget": [
                [
                    "CompositeRecording.hall",
                    ["delete"],
                    "",
                    [],
                    [
                        "cname",
                        "recordingConfig",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "startParameter",
                        "storageConfig",
                        "token",
                        "uid",
                    ],
                ]
            ],
            "ended, recorded anew": [
                [
                    "CompositeRecording.hall",
                    ["create"],
                    "",
                    [],
                    [
                        "cname",
                        "recordingConfig",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "startParameter",
                        "storageConfig",
                        "token",
                        "uid",
                    ],
                ],
                [
                    "CompositeRecording.hall",
                    ["delete"],
                    "",
                    [],
                    [
                        "cname",
                        "recordingConfig",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "startParameter",
                        "storageConfig",
                        "token",
                        "uid",
                    ],
                ],
            ],
            "suspect": [],
            "lost": [],
            "recovery": [],
            "targeted": [
                [
                    "WebPageRecording.slides",
                    ["create"],
                    "",
                    [],
                    [
                        "cname",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "rtmpPublish",
                        "startParameter",
                        "storageConfig",
                        "uid",
                        "webRecorder",
                    ],
                ]
            ],
            "nothing to do": [],
            "everything": [
                [
                    "CompositeRecording.board",
                    ["delete"],
                    "delete_because_no_resource_config",
                    [],
                    [
                        "cname",
                        "recordingConfig",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "startParameter",
                        "storageConfig",
                        "token",
                        "uid",
                    ],
                ],
                [
                    "CompositeRecording.hall",
                    ["create"],
                    "",
                    [],
                    [
                        "cname",
                        "recordingConfig",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "startParameter",
                        "storageConfig",
                        "token",
                        "uid",
                    ],
                ],
                ["CompositeRecording.lesson", ["update"], "", [], ["recordingConfig"]],
                [
                    "CompositeRecording.stage",
                    ["delete", "create"],
                    "replace_because_cannot_update",
                    [["cname"]],
                    ["cname"],
                ],
                [
                    "CompositeRecording.thumbs",
                    ["delete"],
                    "",
                    [],
                    [
                        "cname",
                        "recordingConfig",
                        "recordingFileConfig",
                        "regionAffinity",
                        "resourceExpiredHour",
                        "startParameter",
                        "storageConfig",
                        "token",
                        "uid",
                    ],
                ],
            ],
        }
    )


def test_a_whole_terraform_document() -> None:
    """One document as a whole: a secret changed."""
    document = json.loads(plan_terraform.render(WHOLE_PLANS["secret changed"]))
    document["generator"] = {name: type(value).__name__ for name, value in document["generator"].items()}
    assert document == snapshot(
        {
            "format_version": "1.2",
            "terraform_version": "1.15.5",
            "generator": {"name": "str", "version": "str", "plan": "str"},
            "planned_values": {
                "root_module": {
                    "resources": [
                        {
                            "address": "CompositeRecording.hall",
                            "mode": "managed",
                            "type": "CompositeRecording",
                            "name": "hall",
                            "provider_name": "takeup.invalid/takeup/agora",
                            "schema_version": 0,
                            "values": {
                                "cname": "hall",
                                "uid": "10001",
                                "resourceExpiredHour": 72,
                                "regionAffinity": 0,
                                "startParameter": False,
                                "storageConfig": {
                                    "vendor": 1,
                                    "region": 0,
                                    "bucket": "b",
                                    "accessKey": "(sensitive, changed)",
                                    "secretKey": "(sensitive)",
                                    "extensionParams": {},
                                },
                                "token": "(sensitive)",
                                "recordingConfig": {
                                    "channelType": 1,
                                    "streamTypes": 2,
                                    "videoStreamType": 0,
                                    "maxIdleTime": 30,
                                    "decryptionMode": 0,
                                    "audioProfile": 0,
                                    "transcodingConfig": {
                                        "width": 360,
                                        "height": 640,
                                        "fps": 15,
                                        "bitrate": 500,
                                        "mixedVideoLayout": 0,
                                        "backgroundColor": "#000000",
                                    },
                                    "subscribeAudioUids": ["#allstream#"],
                                    "subscribeVideoUids": ["#allstream#"],
                                },
                                "recordingFileConfig": {"avFileType": ["hls"]},
                            },
                            "sensitive_values": {
                                "storageConfig": {"accessKey": True, "secretKey": True, "extensionParams": {}},
                                "token": True,
                                "recordingConfig": {
                                    "transcodingConfig": {},
                                    "subscribeAudioUids": [False],
                                    "subscribeVideoUids": [False],
                                },
                                "recordingFileConfig": {"avFileType": [False]},
                            },
                        }
                    ]
                }
            },
            "resource_changes": [
                {
                    "address": "CompositeRecording.hall",
                    "mode": "managed",
                    "type": "CompositeRecording",
                    "name": "hall",
                    "provider_name": "takeup.invalid/takeup/agora",
                    "change": {
                        "actions": ["update"],
                        "before": {
                            "cname": "hall",
                            "uid": "10001",
                            "resourceExpiredHour": 72,
                            "regionAffinity": 0,
                            "startParameter": False,
                            "storageConfig": {
                                "vendor": 1,
                                "region": 0,
                                "bucket": "b",
                                "accessKey": "(sensitive)",
                                "secretKey": "(sensitive)",
                                "extensionParams": {},
                            },
                            "token": "(sensitive)",
                            "recordingConfig": {
                                "channelType": 1,
                                "streamTypes": 2,
                                "videoStreamType": 0,
                                "maxIdleTime": 30,
                                "decryptionMode": 0,
                                "audioProfile": 0,
                                "transcodingConfig": {
                                    "width": 360,
                                    "height": 640,
                                    "fps": 15,
                                    "bitrate": 500,
                                    "mixedVideoLayout": 0,
                                    "backgroundColor": "#000000",
                                },
                                "subscribeAudioUids": ["#allstream#"],
                                "subscribeVideoUids": ["#allstream#"],
                            },
                            "recordingFileConfig": {"avFileType": ["hls"]},
                        },
                        "after": {
                            "cname": "hall",
                            "uid": "10001",
                            "resourceExpiredHour": 72,
                            "regionAffinity": 0,
                            "startParameter": False,
                            "storageConfig": {
                                "vendor": 1,
                                "region": 0,
                                "bucket": "b",
                                "accessKey": "(sensitive, changed)",
                                "secretKey": "(sensitive)",
                                "extensionParams": {},
                            },
                            "token": "(sensitive)",
                            "recordingConfig": {
                                "channelType": 1,
                                "streamTypes": 2,
                                "videoStreamType": 0,
                                "maxIdleTime": 30,
                                "decryptionMode": 0,
                                "audioProfile": 0,
                                "transcodingConfig": {
                                    "width": 360,
                                    "height": 640,
                                    "fps": 15,
                                    "bitrate": 500,
                                    "mixedVideoLayout": 0,
                                    "backgroundColor": "#000000",
                                },
                                "subscribeAudioUids": ["#allstream#"],
                                "subscribeVideoUids": ["#allstream#"],
                            },
                            "recordingFileConfig": {"avFileType": ["hls"]},
                        },
                        "after_unknown": {
                            "storageConfig": {"extensionParams": {}},
                            "recordingConfig": {
                                "transcodingConfig": {},
                                "subscribeAudioUids": [False],
                                "subscribeVideoUids": [False],
                            },
                            "recordingFileConfig": {"avFileType": [False]},
                        },
                        "before_sensitive": {
                            "storageConfig": {"accessKey": True, "secretKey": True, "extensionParams": {}},
                            "token": True,
                            "recordingConfig": {
                                "transcodingConfig": {},
                                "subscribeAudioUids": [False],
                                "subscribeVideoUids": [False],
                            },
                            "recordingFileConfig": {"avFileType": [False]},
                        },
                        "after_sensitive": {
                            "storageConfig": {"accessKey": True, "secretKey": True, "extensionParams": {}},
                            "token": True,
                            "recordingConfig": {
                                "transcodingConfig": {},
                                "subscribeAudioUids": [False],
                                "subscribeVideoUids": [False],
                            },
                            "recordingFileConfig": {"avFileType": [False]},
                        },
                    },
                }
            ],
            "prior_state": {
                "format_version": "1.0",
                "terraform_version": "1.15.5",
                "values": {
                    "root_module": {
                        "resources": [
                            {
                                "address": "CompositeRecording.hall",
                                "mode": "managed",
                                "type": "CompositeRecording",
                                "name": "hall",
                                "provider_name": "takeup.invalid/takeup/agora",
                                "schema_version": 0,
                                "values": {
                                    "cname": "hall",
                                    "uid": "10001",
                                    "resourceExpiredHour": 72,
                                    "regionAffinity": 0,
                                    "startParameter": False,
                                    "storageConfig": {
                                        "vendor": 1,
                                        "region": 0,
                                        "bucket": "b",
                                        "accessKey": "(sensitive)",
                                        "secretKey": "(sensitive)",
                                        "extensionParams": {},
                                    },
                                    "token": "(sensitive)",
                                    "recordingConfig": {
                                        "channelType": 1,
                                        "streamTypes": 2,
                                        "videoStreamType": 0,
                                        "maxIdleTime": 30,
                                        "decryptionMode": 0,
                                        "audioProfile": 0,
                                        "transcodingConfig": {
                                            "width": 360,
                                            "height": 640,
                                            "fps": 15,
                                            "bitrate": 500,
                                            "mixedVideoLayout": 0,
                                            "backgroundColor": "#000000",
                                        },
                                        "subscribeAudioUids": ["#allstream#"],
                                        "subscribeVideoUids": ["#allstream#"],
                                    },
                                    "recordingFileConfig": {"avFileType": ["hls"]},
                                },
                                "sensitive_values": {
                                    "storageConfig": {"accessKey": True, "secretKey": True, "extensionParams": {}},
                                    "token": True,
                                    "recordingConfig": {
                                        "transcodingConfig": {},
                                        "subscribeAudioUids": [False],
                                        "subscribeVideoUids": [False],
                                    },
                                    "recordingFileConfig": {"avFileType": [False]},
                                },
                            }
                        ]
                    }
                },
            },
            "configuration": {
                "provider_config": {"agora": {"name": "agora", "full_name": "takeup.invalid/takeup/agora"}},
                "root_module": {
                    "resources": [
                        {
                            "address": "CompositeRecording.hall",
                            "mode": "managed",
                            "type": "CompositeRecording",
                            "name": "hall",
                            "provider_config_key": "agora",
                            "expressions": {
                                "cname": {"constant_value": "hall"},
                                "uid": {"constant_value": "10001"},
                                "resourceExpiredHour": {"constant_value": 72},
                                "regionAffinity": {"constant_value": 0},
                                "startParameter": {"constant_value": False},
                                "storageConfig": {
                                    "constant_value": {
                                        "vendor": 1,
                                        "region": 0,
                                        "bucket": "b",
                                        "accessKey": "(sensitive, changed)",
                                        "secretKey": "(sensitive)",
                                        "extensionParams": {},
                                    }
                                },
                                "token": {},
                                "recordingConfig": {
                                    "constant_value": {
                                        "channelType": 1,
                                        "streamTypes": 2,
                                        "videoStreamType": 0,
                                        "maxIdleTime": 30,
                                        "decryptionMode": 0,
                                        "audioProfile": 0,
                                        "transcodingConfig": {
                                            "width": 360,
                                            "height": 640,
                                            "fps": 15,
                                            "bitrate": 500,
                                            "mixedVideoLayout": 0,
                                            "backgroundColor": "#000000",
                                        },
                                        "subscribeAudioUids": ["#allstream#"],
                                        "subscribeVideoUids": ["#allstream#"],
                                    }
                                },
                                "recordingFileConfig": {"constant_value": {"avFileType": ["hls"]}},
                            },
                            "schema_version": 0,
                        }
                    ]
                },
            },
            "timestamp": "2026-03-01T12:00:00Z",
            "applyable": True,
            "complete": True,
            "errored": False,
        }
    )


def test_sarif_results() -> None:
    """Each finding of every plan by level, rule, place and message."""
    assert {name: _sarif(plan_sarif.render(made)) for name, made in WHOLE_PLANS.items()} == snapshot(
        {
            "create": [
                "note create manifests/hall.yaml:1 CompositeRecording.hall would be created (not recorded yet); calls: acquire, start",
                "note create manifests/slides.yaml:7 WebPageRecording.slides would be created (not recorded yet); calls: acquire, start",
            ],
            "update": [
                "note update manifests/hall.yaml:1 CompositeRecording.hall would be updated in place (changed: recordingConfig.subscribeAudioUids, recordingConfig.subscribeVideoUids, recordingConfig.transcodingConfig.mixedVideoLayout); calls: update, updateLayout"
            ],
            "secret changed": [
                "note update manifests/hall.yaml:1 CompositeRecording.hall would be updated in place (changed: storageConfig.accessKey); calls: update"
            ],
            "replace": [
                "note replace manifests/hall.yaml:1 CompositeRecording.hall would be replaced (no call changes storageConfig.bucket of a running session); calls: stop, acquire, start"
            ],
            "replace asked for": [
                "note replace manifests/hall.yaml:1 CompositeRecording.hall would be replaced (asked for by --replace); calls: stop, acquire, start"
            ],
            "delete": [
                "note delete takeup.yaml:1 CompositeRecording.hall would be stopped (not wanted any more); calls: stop",
                "note delete takeup.yaml:1 WebPageRecording.slides would be stopped (not wanted any more); calls: stop",
            ],
            "forget": [
                "note forget takeup.yaml:1 CompositeRecording.hall would be forgotten (not wanted any more, and the session ended (404 for 90 s)); calls: none"
            ],
            "ended, recorded anew": [
                "error drift manifests/hall.yaml:1 CompositeRecording.hall: RUNNING -> ENDED (404 for 90 s)",
                "note create manifests/hall.yaml:1 CompositeRecording.hall would be created (the session ended (404 for 90 s)); calls: acquire, start",
            ],
            "suspect": [
                "warning drift manifests/hall.yaml:1 CompositeRecording.hall: RUNNING -> SUSPECT (404 since 12:00:00)",
                "warning warning manifests/hall.yaml:1 CompositeRecording.hall is SUSPECT: 404 since 12:00:00. It may be failing over, so no second recorder is started; plan again when it answers or has been silent for confirmEndedFor.",
            ],
            "lost": [
                "warning warning manifests/hall.yaml:1 CompositeRecording.hall is LOST: it may be recording with a sid that nobody knows, so nothing is started over it. With the sid from Agora's webhooks: takeup import CompositeRecording.hall --sid SID; to give it up: takeup state rm CompositeRecording.hall",
                "warning recovery manifests/hall.yaml:1 CompositeRecording.hall: start is sent again with the same resourceId and body: it starts now, or says that it runs already",
            ],
            "recovery": [
                "warning warning manifests/hall.yaml:1 CompositeRecording.hall is UNKNOWN: as seen. Nothing is done on a guess.",
                "warning recovery manifests/hall.yaml:1 CompositeRecording.hall: start is sent again with the same resourceId and body: it starts now, or says that it runs already",
            ],
            "targeted": [
                "note create manifests/slides.yaml:7 WebPageRecording.slides would be created (not recorded yet); calls: acquire, start"
            ],
            "nothing to do": [],
            "everything": [
                "note drift takeup.yaml:1 CompositeRecording.thumbs: RUNNING -> ENDED (404 for 90 s)",
                "note delete takeup.yaml:1 CompositeRecording.board would be stopped (not wanted any more); calls: stop",
                "note create manifests/hall.yaml:1 CompositeRecording.hall would be created (not recorded yet); calls: acquire, start",
                "note update manifests/lesson.yaml:1 CompositeRecording.lesson would be updated in place (changed: recordingConfig.transcodingConfig.mixedVideoLayout); calls: updateLayout",
                "note replace manifests/stage.yaml:1 CompositeRecording.stage would be replaced (no call changes cname of a running session); calls: stop, acquire, start",
                "note forget takeup.yaml:1 CompositeRecording.thumbs would be forgotten (not wanted any more, and the session ended (404 for 90 s)); calls: none",
            ],
        }
    )


def test_a_whole_sarif_document() -> None:
    """One document as a whole: a creation."""
    document = json.loads(plan_sarif.render(WHOLE_PLANS["targeted"]))
    assert document["runs"][0]["tool"]["driver"].pop("version") == __version__
    assert document == snapshot(
        {
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "takeup",
                            "rules": [{"id": "create", "shortDescription": {"text": "A session would be started."}}],
                        }
                    },
                    "columnKind": "unicodeCodePoints",
                    "results": [
                        {
                            "ruleId": "create",
                            "ruleIndex": 0,
                            "level": "note",
                            "message": {
                                "text": "WebPageRecording.slides would be created (not recorded yet); calls: acquire, start"
                            },
                            "locations": [
                                {
                                    "physicalLocation": {
                                        "artifactLocation": {"uri": "manifests/slides.yaml"},
                                        "region": {"startLine": 7, "startColumn": 1},
                                    },
                                    "logicalLocations": [
                                        {"fullyQualifiedName": "WebPageRecording.slides", "kind": "resource"}
                                    ],
                                }
                            ],
                        }
                    ],
                }
            ],
        }
    )


def test_a_whole_junit_document() -> None:
    """One document as a whole: one recording of everything."""
    assert plan_junit.render(WHOLE_PLANS["everything"]) == snapshot("""\
<?xml version='1.0' encoding='utf-8'?>
<testsuites name="takeup plan" tests="5" failures="0" errors="0" skipped="0" time="0.000">
  <testsuite name="takeup.plan" tests="5" failures="0" errors="0" skipped="0" time="0.000">
    <testcase classname="takeup.plan" name="CompositeRecording.thumbs" time="0.000" file="takeup.yaml" line="1">
      <system-out>takeup.yaml:1:1: CompositeRecording.thumbs: RUNNING -&gt; ENDED (404 for 90 s)
takeup.yaml:1:1: CompositeRecording.thumbs would be forgotten (not wanted any more, and the session ended (404 for 90 s)); calls: none</system-out>
    </testcase>
    <testcase classname="takeup.plan" name="CompositeRecording.board" time="0.000" file="takeup.yaml" line="1">
      <system-out>takeup.yaml:1:1: CompositeRecording.board would be stopped (not wanted any more); calls: stop</system-out>
    </testcase>
    <testcase classname="takeup.plan" name="CompositeRecording.hall" time="0.000" file="manifests/hall.yaml" line="1">
      <system-out>manifests/hall.yaml:1:1: CompositeRecording.hall would be created (not recorded yet); calls: acquire, start</system-out>
    </testcase>
    <testcase classname="takeup.plan" name="CompositeRecording.lesson" time="0.000" file="manifests/lesson.yaml" line="1">
      <system-out>manifests/lesson.yaml:1:1: CompositeRecording.lesson would be updated in place (changed: recordingConfig.transcodingConfig.mixedVideoLayout); calls: updateLayout</system-out>
    </testcase>
    <testcase classname="takeup.plan" name="CompositeRecording.stage" time="0.000" file="manifests/stage.yaml" line="1">
      <system-out>manifests/stage.yaml:1:1: CompositeRecording.stage would be replaced (no call changes cname of a running session); calls: stop, acquire, start</system-out>
    </testcase>
  </testsuite>
</testsuites>
""")


def test_junit_cases() -> None:
    """Each test case of every plan with what became of it."""
    assert {name: _junit(plan_junit.render(made)) for name, made in WHOLE_PLANS.items()} == snapshot(
        {
            "create": [["CompositeRecording.hall", "system-out"], ["WebPageRecording.slides", "system-out"]],
            "update": [["CompositeRecording.hall", "system-out"]],
            "secret changed": [["CompositeRecording.hall", "system-out"]],
            "replace": [["CompositeRecording.hall", "system-out"]],
            "replace asked for": [["CompositeRecording.hall", "system-out"]],
            "delete": [["CompositeRecording.hall", "system-out"], ["WebPageRecording.slides", "system-out"]],
            "forget": [["CompositeRecording.hall", "system-out"]],
            "ended, recorded anew": [["CompositeRecording.hall", "failure", "system-out"]],
            "suspect": [["CompositeRecording.hall", "skipped"]],
            "lost": [["CompositeRecording.hall", "skipped"]],
            "recovery": [["CompositeRecording.hall", "skipped"]],
            "targeted": [["WebPageRecording.slides", "system-out"]],
            "nothing to do": [["all"]],
            "everything": [
                ["CompositeRecording.thumbs", "system-out"],
                ["CompositeRecording.board", "system-out"],
                ["CompositeRecording.hall", "system-out"],
                ["CompositeRecording.lesson", "system-out"],
                ["CompositeRecording.stage", "system-out"],
            ],
        }
    )


@pytest.mark.parametrize("name", PLANS)
def test_no_secret_is_shown(name: str) -> None:
    """Neither format shows a secret."""
    made = every_plan()[name]
    assert CANARY not in plan_gitlab.render(made) + plan_sarif.render(made) + plan_junit.render(made)


def test_text_that_xml_cannot_hold_is_replaced() -> None:
    """Control characters, lone surrogates and markup in an evidence break neither document."""
    address = Address(Kind.COMPOSITE, "x")
    drift = Drift(address, "RUNNING", "ENDED", "\x1b[31m ]]> <b> & \ud800")
    made = replace(WHOLE_PLANS["nothing to do"], drift=(drift,), origins={address: "manifests/ü \ud800.yaml:3"})
    root = ET.fromstring(plan_junit.render(made))  # noqa: S314 - our own output
    failure = root.find(".//failure")
    assert failure is not None
    assert "]]> <b> &" in failure.get("message", "")
    (result,) = json.loads(plan_sarif.render(made))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "manifests/%C3%BC%20%3F.yaml"


def _terraform(text: str) -> list[Any]:
    document = json.loads(text)
    rows = []
    for item in [*document["resource_changes"], *document.get("resource_drift", ())]:
        change = item["change"]
        before, after = change["before"] or {}, change["after"] or {}
        names = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        reason = item.get("action_reason", "")
        rows.append([item["address"], change["actions"], reason, change.get("replace_paths", []), names])
    return rows


def _sarif(text: str) -> list[str]:
    found = []
    for result in json.loads(text)["runs"][0]["results"]:
        place = result["locations"][0]["physicalLocation"]
        where = f"{place['artifactLocation']['uri']}:{place['region']['startLine']}"
        found.append(f"{result['level']} {result['ruleId']} {where} {result['message']['text']}")
    return found


def _junit(text: str) -> list[list[str]]:
    root = ET.fromstring(text)  # noqa: S314 - our own output
    return [[case.get("name", ""), *(child.tag for child in case)] for case in root.iter("testcase")]
