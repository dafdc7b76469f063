# ruff: noqa: E501 - a line of output is as long as it is

from inline_snapshot import snapshot
from tests.unit.render.scenarios import GOLDEN, SCENARIOS

from takeup.render.plan_text import plan_text
from takeup.render.style import Style


def test_each_scenario() -> None:
    """Each scenario is written as text, and any difference is a decision."""
    assert {name: plan_text(SCENARIOS[name], Style(colour=False)) for name in GOLDEN} == snapshot(
        {
            "nothing to do": """\
takeup plan: campus on the embedded emulator (no real recorder is reached)

No changes. Recordings match the manifests.
2 recordings, 0 API calls
""",
            "create IndividualRecording": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # IndividualRecording.new will be created (not recorded yet)
  + IndividualRecording.new {
      + cname                                  = "1"
      + excludeResourceIds                     = ["1"]
      + recordingConfig.channelType            = communication (0)
      + recordingConfig.decryptionMode         = AES_128_GCM2 (7)
      + recordingConfig.maxIdleTime            = 5.0
      + recordingConfig.privateParams          = "1"
      + recordingConfig.profile                = "1"
      + recordingConfig.salt                   = (sensitive)
      + recordingConfig.secret                 = (sensitive)
      + recordingConfig.streamMode             = "original"
      + recordingConfig.streamTypes            = video (1)
      + recordingConfig.subscribeAudioUids     = ["1"]
      + recordingConfig.subscribeUidGroup      = 18-32 (4)
      + recordingConfig.subscribeVideoUids     = ["1"]
      + recordingConfig.unSubscribeAudioUids   = ["1"]
      + recordingConfig.unSubscribeVideoUids   = ["1"]
      + recordingConfig.videoStreamType        = high (0)
      + recordingFileConfig.avFileType         = ["hls"]
      + region                                 = "NA"
      + regionAffinity                         = europe (3)
      + resourceExpiredHour                    = 1.0
      + snapshotConfig.captureInterval         = 5.0
      + snapshotConfig.fileType                = ["jpg"]
      + startParameter                         = false
      + storageConfig.accessKey                = (sensitive)
      + storageConfig.bucket                   = "1"
      + storageConfig.extensionParams.endpoint = "1"
      + storageConfig.extensionParams.sse      = "1"
      + storageConfig.extensionParams.tag      = "1"
      + storageConfig.fileNamePrefix           = ["1"]
      + storageConfig.profile                  = "1"
      + storageConfig.region                   = "1"
      + storageConfig.secretKey                = (sensitive)
      + storageConfig.stsExpiration            = 1.0
      + storageConfig.stsToken                 = (sensitive)
      + storageConfig.vendor                   = baidu (8)
      + token                                  = (sensitive)
      + uid                                    = "1"
        calls: acquire, start
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    + IndividualRecording.new

Plan: 1 to add, 0 to change, 0 to destroy.
2 API calls: 1 acquire, 1 start
""",
            "create ScreenshotCapture": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # ScreenshotCapture.new will be created (not recorded yet)
  + ScreenshotCapture.new {
      + cname                                  = "1"
      + excludeResourceIds                     = ["1"]
      + recordingConfig.channelType            = communication (0)
      + recordingConfig.decryptionMode         = AES_128_GCM2 (7)
      + recordingConfig.maxIdleTime            = 5.0
      + recordingConfig.privateParams          = "1"
      + recordingConfig.profile                = "1"
      + recordingConfig.salt                   = (sensitive)
      + recordingConfig.secret                 = (sensitive)
      + recordingConfig.streamMode             = "original"
      + recordingConfig.streamTypes            = video (1)
      + recordingConfig.subscribeAudioUids     = ["1"]
      + recordingConfig.subscribeUidGroup      = 18-32 (4)
      + recordingConfig.subscribeVideoUids     = ["1"]
      + recordingConfig.unSubscribeAudioUids   = ["1"]
      + recordingConfig.unSubscribeVideoUids   = ["1"]
      + recordingConfig.videoStreamType        = high (0)
      + region                                 = "NA"
      + regionAffinity                         = europe (3)
      + resourceExpiredHour                    = 1.0
      + snapshotConfig.captureInterval         = 5.0
      + snapshotConfig.fileType                = ["jpg"]
      + startParameter                         = false
      + storageConfig.accessKey                = (sensitive)
      + storageConfig.bucket                   = "1"
      + storageConfig.extensionParams.endpoint = "1"
      + storageConfig.extensionParams.sse      = "1"
      + storageConfig.extensionParams.tag      = "1"
      + storageConfig.fileNamePrefix           = ["1"]
      + storageConfig.profile                  = "1"
      + storageConfig.region                   = "1"
      + storageConfig.secretKey                = (sensitive)
      + storageConfig.stsExpiration            = 1.0
      + storageConfig.stsToken                 = (sensitive)
      + storageConfig.vendor                   = baidu (8)
      + token                                  = (sensitive)
      + uid                                    = "1"
        calls: acquire, start
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    + ScreenshotCapture.new

Plan: 1 to add, 0 to change, 0 to destroy.
2 API calls: 1 acquire, 1 start
""",
            "create WebPageRecording": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # WebPageRecording.new will be created (not recorded yet)
  + WebPageRecording.new {
      + cname                                  = "1"
      + excludeResourceIds                     = ["1"]
      + recordingFileConfig.avFileType         = ["mp4"]
      + region                                 = "NA"
      + regionAffinity                         = europe (3)
      + resourceExpiredHour                    = 1.0
      + rtmpPublish.outputs[0].rtmpUrl         = (sensitive)
      + startParameter                         = false
      + storageConfig.accessKey                = (sensitive)
      + storageConfig.bucket                   = "1"
      + storageConfig.extensionParams.endpoint = "1"
      + storageConfig.extensionParams.sse      = "1"
      + storageConfig.extensionParams.tag      = "1"
      + storageConfig.fileNamePrefix           = ["1"]
      + storageConfig.profile                  = "1"
      + storageConfig.region                   = "1"
      + storageConfig.secretKey                = (sensitive)
      + storageConfig.stsExpiration            = 1.0
      + storageConfig.stsToken                 = (sensitive)
      + storageConfig.vendor                   = baidu (8)
      + uid                                    = "1"
      + webRecorder.audioProfile               = mono128kbps (1)
      + webRecorder.maxRecordingHour           = 1.0
      + webRecorder.maxVideoDuration           = 30.0
      + webRecorder.mobile                     = false
      + webRecorder.onhold                     = false
      + webRecorder.readyTimeout               = 0.0
      + webRecorder.url                        = "1"
      + webRecorder.videoBitrate               = 50.0
      + webRecorder.videoFps                   = 5.0
      + webRecorder.videoHeight                = 240.0
      + webRecorder.videoWidth                 = 240.0
        calls: acquire, start
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    + WebPageRecording.new

Plan: 1 to add, 0 to change, 0 to destroy.
2 API calls: 1 acquire, 1 start
""",
            "update in place": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # CompositeRecording.lesson will be updated in place
  ~ CompositeRecording.lesson {
      + recordingConfig.subscribeAudioUids                            = ["7"]
      ~ recordingConfig.transcodingConfig.layoutConfig[0].render_mode = crop (0) -> fit (1)
      ~ recordingConfig.transcodingConfig.mixedVideoLayout            = bestFit (1) -> custom (3)
      - recordingConfig.unSubscribeVideoUids                          = ["8"]
      ~ storageConfig.accessKey                                       = (sensitive)
        # (12 unchanged attributes hidden)
        calls: update, updateLayout
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    ~ CompositeRecording.lesson

Plan: 0 to add, 1 to change, 0 to destroy.
2 API calls: 1 update, 1 updateLayout
""",
            "layout and uids": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # CompositeRecording.panel will be updated in place
  ~ CompositeRecording.panel {
      ~ recordingConfig.subscribeVideoUids                          = + "9", - "7" # (2 unchanged)
      - recordingConfig.transcodingConfig.layoutConfig[uid=7]       = x_axis 0.0, y_axis 0.0, width 0.5, height 1.0, alpha 1.0, render_mode crop (0)
      ~ recordingConfig.transcodingConfig.layoutConfig[uid=8].width = 0.5 -> 0.25
      + recordingConfig.transcodingConfig.layoutConfig[uid=9]       = x_axis 0.0, y_axis 0.0, width 0.75, height 1.0, alpha 1.0, render_mode crop (0)
        # (17 unchanged attributes hidden)
        calls: update, updateLayout
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    ~ CompositeRecording.panel

Plan: 0 to add, 1 to change, 0 to destroy.
2 API calls: 1 update, 1 updateLayout
""",
            "replace": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # IndividualRecording.stage must be replaced (no call changes storageConfig.region, storageConfig.vendor of a running session)
-/+ IndividualRecording.stage {
      ~ recordingConfig.subscribeAudioUids = + "8" # (1 unchanged)
      ~ storageConfig.region               = us-east-1 (0) -> cn-beijing (3) # forces replacement
      ~ storageConfig.vendor               = s3 (1) -> alibaba (2) # forces replacement
        # (1 unchanged attribute hidden)
        calls: stop, acquire, start
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
  -/+ IndividualRecording.stage

Plan: 1 to add, 0 to change, 1 to destroy.
3 API calls: 1 acquire, 1 start, 1 stop
""",
            "delete": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # WebPageRecording.slides will be destroyed (not wanted any more)
  - WebPageRecording.slides {
      - webRecorder.onhold = false
      - webRecorder.url    = "https://example.com"
        calls: stop
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    - WebPageRecording.slides

Plan: 0 to add, 0 to change, 1 to destroy.
1 API call: 1 stop
""",
            "forget after drift": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

Changed outside of takeup:
  ~ ScreenshotCapture.thumbs: RUNNING -> ENDED since 2026-03-01 09:30:00 UTC (404 for 90 s)

takeup will perform the following actions:

  . ScreenshotCapture.thumbs will be forgotten (not wanted any more, and the session ended (404 for 90 s))

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    . ScreenshotCapture.thumbs

Plan: 0 to add, 0 to change, 0 to destroy, 1 to forget.
0 API calls
""",
            "ended and recorded anew": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

Changed outside of takeup:
  ~ CompositeRecording.all-hands: RUNNING -> ENDED since 2026-03-01 09:28:00 UTC (status 8: exited)

takeup will perform the following actions:

  # CompositeRecording.all-hands will be created (the session ended (status 8: exited))
  + CompositeRecording.all-hands {
      + cname                              = "all-hands"
      + recordingConfig.channelType        = live (1)
      + recordingConfig.subscribeVideoUids = ["#allstream#"]
      + storageConfig.region               = us-east-1 (0)
      + storageConfig.secretKey            = (sensitive)
      + storageConfig.vendor               = s3 (1)
        calls: acquire, start
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    + CompositeRecording.all-hands

Plan: 1 to add, 0 to change, 0 to destroy.
2 API calls: 1 acquire, 1 start
""",
            "suspect": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

Warning: CompositeRecording.lesson is SUSPECT: 404 since 09:29:50. It may be failing over, so nothing is started.

Changed outside of takeup:
  ~ CompositeRecording.lesson: RUNNING -> SUSPECT since 2026-03-01 09:29:50 UTC (404)

No changes can be made now: 1 recording cannot be judged (see the warnings).
1 recording, 0 API calls
""",
            "lost": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

Warning: WebPageRecording.slides is LOST.

LOST: sessions that may be recording and that no call can reach
  ! WebPageRecording.slides since 2026-03-01 08:30:00 UTC
      resourceId:  JyvK8nXHuV1BE64GDkAaBGEscvtHW7v8BrQoRPCHxmeVxwY22-x-kv4GdPcjZeMzoCBUCOr9q-k6wBWMC7SaAkZ_4nO3JLqYwM1bL1n6wKnnD9EC9waxJboci9KUz2WZ4YJrmcJmA7xWkzs_L3AnNwdtcI1kr_u1cWFmi9BWAWAlNd7S7gfoGuH0tGi6CNaOomvr7-ILjPXdCYwgty1hwT6tbAuaW1eqR0kOYTO0Z1SobpBxu1czSFh1GbzGvTZG
      resourceId:  GZTvGzbG1hFSzc1uxBpboS1Z0OTYOk0Rqe1WauAbt6Twh1ytgwYCdXPjLI-7rvmoOaNC6iGt0HuGofg7S7dNlAWAWB9imFWc1u_rk1IctdwNnA3L_szkWx7AmJcmrJY4ZW2zUK9icobJxaw9CE9DnnKw6n1Lb1MwYqLJ3On4_ZkAaS7CMWBw6k-q9rOCUBCozMeZjcPdG4vk-x-22YwxVemxHCPRoQrB8v7WHtvcsEGBaAkDG46EB1VuHXn8KvyJ
      evidence:    201/7: it runs, and its sid is not known
      ends:        by 2026-03-01 10:32:00 UTC at the latest: maxRecordingHour (2 h) ends it

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    ! WebPageRecording.slides

No changes can be made now: 1 recording cannot be judged (see the warnings).
1 recording, 0 API calls
""",
            "recovery": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

Recovery: calls of an earlier run whose outcome is not known
  ? CompositeRecording.all-hands: start sent 2026-03-01 09:21:00 UTC
      resourceId:  JyvK8nXHuV1...h1GbzGvTZG
      evidence:    the outcome of the start is not known (timeout)
      how:         start is sent again with the old resourceId, which can start nothing: the answer says whether it runs
      calls:       start
      if it never started: acquire, start
  ? IndividualRecording.stage: start sent 2026-03-01 09:21:00 UTC
      resourceId:  JyvK8nXHuV1...h1GbzGvTZG
      evidence:    the outcome of the start is not known (timeout)
      how:         left alone until 09:36:15 UTC
      calls:       none
      if it never started: acquire, start

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    ? CompositeRecording.all-hands
    ? IndividualRecording.stage

Plan: 0 to add, 0 to change, 0 to destroy, 1 to recover.
1 API call: 1 start; at most 4 more where an earlier start never took place
""",
            "secrets changed": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # CompositeRecording.gone will be destroyed (not wanted any more)
  - CompositeRecording.gone {
      - cname                          = "gone"
      - recordingConfig.channelType    = live (1)
      - recordingConfig.decryptionMode = AES_128_GCM2 (7)
      - recordingConfig.salt           = (sensitive)
      - recordingConfig.secret         = (sensitive)
      - storageConfig.accessKey        = (sensitive)
      - storageConfig.bucket           = "b"
      - storageConfig.region           = us-east-1 (0)
      - storageConfig.secretKey        = (sensitive)
      - storageConfig.stsToken         = (sensitive)
      - storageConfig.vendor           = s3 (1)
      - token                          = (sensitive)
      - uid                            = "10001"
        recording for 0 s; it is cut off
        calls: stop
    }

  # CompositeRecording.new will be created (not recorded yet)
  + CompositeRecording.new {
      + cname                          = "new"
      + recordingConfig.channelType    = live (1)
      + recordingConfig.decryptionMode = AES_128_GCM2 (7)
      + recordingConfig.salt           = (sensitive)
      + recordingConfig.secret         = (sensitive)
      + storageConfig.accessKey        = (sensitive)
      + storageConfig.bucket           = "b"
      + storageConfig.region           = us-east-1 (0)
      + storageConfig.secretKey        = (sensitive)
      + storageConfig.stsToken         = (sensitive)
      + storageConfig.vendor           = s3 (1)
      + token                          = (sensitive)
      + uid                            = "10001"
        calls: acquire, start
    }

  # CompositeRecording.vault must be replaced (no call changes recordingConfig.salt, recordingConfig.secret of a running session)
-/+ CompositeRecording.vault {
      ~ recordingConfig.salt    = (sensitive) # forces replacement
      ~ recordingConfig.secret  = (sensitive) # forces replacement
      ~ storageConfig.accessKey = (sensitive)
      ~ storageConfig.secretKey = (sensitive)
      ~ storageConfig.stsToken  = (sensitive)
        # (7 unchanged attributes hidden)
        recording for 0 s; it is cut off; about 25 s are not recorded, until the next session is up
        calls: stop, acquire, start
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    - CompositeRecording.gone
    + CompositeRecording.new
  -/+ CompositeRecording.vault

Plan: 2 to add, 0 to change, 2 to destroy.
6 API calls: 2 acquire, 2 start, 2 stop
""",
            "targeted": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef
Restricted by --target CompositeRecording.*, --exclude CompositeRecording.x

takeup will perform the following actions:

  # CompositeRecording.all-hands will be created (not recorded yet)
  + CompositeRecording.all-hands {
      + cname                              = "all-hands"
      + recordingConfig.channelType        = live (1)
      + recordingConfig.subscribeVideoUids = ["#allstream#"]
      + storageConfig.region               = us-east-1 (0)
      + storageConfig.secretKey            = (sensitive)
      + storageConfig.vendor               = s3 (1)
        calls: acquire, start
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    + CompositeRecording.all-hands

Plan: 1 to add, 0 to change, 0 to destroy.
2 API calls: 1 acquire, 1 start
""",
            "emptied project": """\
takeup plan: campus on the embedded emulator (no real recorder is reached)

takeup will perform the following actions:

  # WebPageRecording.slides will be destroyed (not wanted any more)
  - WebPageRecording.slides {
      - webRecorder.onhold = false
      - webRecorder.url    = "https://example.com"
        calls: stop
    }

  # CompositeRecording.lesson will be destroyed (not wanted any more)
  - CompositeRecording.lesson {
        calls: stop
    }

  . ScreenshotCapture.thumbs will be forgotten (not wanted any more, and the session ended (404 for 90 s))

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    - WebPageRecording.slides
    - CompositeRecording.lesson
    . ScreenshotCapture.thumbs

Plan: 0 to add, 0 to change, 2 to destroy, 1 to forget.
2 API calls: 2 stop
""",
            "what runs": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # WebPageRecording.slides will be destroyed (not wanted any more)
  - WebPageRecording.slides {
      - webRecorder.onhold = false
      - webRecorder.url    = "https://example.com"
        calls: stop
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
    - WebPageRecording.slides

Plan: 0 to add, 0 to change, 1 to destroy.
1 API call: 1 stop
""",
            "long values": """\
takeup plan: campus on https://api.sd-rtn.com, App ID 0123...cdef

takeup will perform the following actions:

  # WebPageRecording.slides must be replaced (no call changes webRecorder.url of a running session)
-/+ WebPageRecording.slides {
      ~ webRecorder.url = "https://example.com/aaaaaaaaaaaaaaaaaaa...key=old&end=1" -> "https://example.com/aaaaaaaaaaaaaaaaaaa...key=new&end=1" # forces replacement
        calls: stop, acquire, start
    }

Summary (+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST):
  -/+ WebPageRecording.slides

Plan: 1 to add, 0 to change, 1 to destroy.
3 API calls: 1 acquire, 1 start, 1 stop
""",
        }
    )
