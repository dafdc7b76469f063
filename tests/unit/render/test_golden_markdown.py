# ruff: noqa: E501 - a line of output is as long as it is

from inline_snapshot import snapshot
from tests.unit.render.scenarios import GOLDEN, SCENARIOS

from takeup.render.formats import GITHUB_COMMENT
from takeup.render.plan_markdown import plan_markdown


def test_each_scenario() -> None:
    """Each scenario is written as Markdown, and any difference is a decision."""
    plans = {name: SCENARIOS[name] for name in GOLDEN}
    # The digest changes with each key that a plan gets; what it is made of is tested elsewhere.
    assert {
        name: plan_markdown(plan, GITHUB_COMMENT).replace(plan.digest, "DIGEST") for name, plan in plans.items()
    } == snapshot(
        {
            "nothing to do": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>the embedded emulator (no real recorder is reached)</code>

**No changes.** Recordings match the manifests. 2 recordings, 0 API calls.
""",
            "create IndividualRecording": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>+</code> | <code>IndividualRecording.new</code> | create | <code>acquire, start</code> | <code>not recorded yet</code> |

<details><summary><code>+</code> <code>IndividualRecording.new</code> will be created</summary>

```diff
+ cname = "1"
+ excludeResourceIds = ["1"]
+ recordingConfig.channelType = communication (0)
+ recordingConfig.decryptionMode = AES_128_GCM2 (7)
+ recordingConfig.maxIdleTime = 5.0
+ recordingConfig.privateParams = "1"
+ recordingConfig.profile = "1"
+ recordingConfig.salt = (sensitive)
+ recordingConfig.secret = (sensitive)
+ recordingConfig.streamMode = "original"
+ recordingConfig.streamTypes = video (1)
+ recordingConfig.subscribeAudioUids = ["1"]
+ recordingConfig.subscribeUidGroup = 18-32 (4)
+ recordingConfig.subscribeVideoUids = ["1"]
+ recordingConfig.unSubscribeAudioUids = ["1"]
+ recordingConfig.unSubscribeVideoUids = ["1"]
+ recordingConfig.videoStreamType = high (0)
+ recordingFileConfig.avFileType = ["hls"]
+ region = "NA"
+ regionAffinity = europe (3)
+ resourceExpiredHour = 1.0
+ snapshotConfig.captureInterval = 5.0
+ snapshotConfig.fileType = ["jpg"]
+ startParameter = false
+ storageConfig.accessKey = (sensitive)
+ storageConfig.bucket = "1"
+ storageConfig.extensionParams.endpoint = "1"
+ storageConfig.extensionParams.sse = "1"
+ storageConfig.extensionParams.tag = "1"
+ storageConfig.fileNamePrefix = ["1"]
+ storageConfig.profile = "1"
+ storageConfig.region = "1"
+ storageConfig.secretKey = (sensitive)
+ storageConfig.stsExpiration = 1.0
+ storageConfig.stsToken = (sensitive)
+ storageConfig.vendor = baidu (8)
+ token = (sensitive)
+ uid = "1"
  calls: acquire, start
```

</details>

**Plan:** 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start.
""",
            "create ScreenshotCapture": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>+</code> | <code>ScreenshotCapture.new</code> | create | <code>acquire, start</code> | <code>not recorded yet</code> |

<details><summary><code>+</code> <code>ScreenshotCapture.new</code> will be created</summary>

```diff
+ cname = "1"
+ excludeResourceIds = ["1"]
+ recordingConfig.channelType = communication (0)
+ recordingConfig.decryptionMode = AES_128_GCM2 (7)
+ recordingConfig.maxIdleTime = 5.0
+ recordingConfig.privateParams = "1"
+ recordingConfig.profile = "1"
+ recordingConfig.salt = (sensitive)
+ recordingConfig.secret = (sensitive)
+ recordingConfig.streamMode = "original"
+ recordingConfig.streamTypes = video (1)
+ recordingConfig.subscribeAudioUids = ["1"]
+ recordingConfig.subscribeUidGroup = 18-32 (4)
+ recordingConfig.subscribeVideoUids = ["1"]
+ recordingConfig.unSubscribeAudioUids = ["1"]
+ recordingConfig.unSubscribeVideoUids = ["1"]
+ recordingConfig.videoStreamType = high (0)
+ region = "NA"
+ regionAffinity = europe (3)
+ resourceExpiredHour = 1.0
+ snapshotConfig.captureInterval = 5.0
+ snapshotConfig.fileType = ["jpg"]
+ startParameter = false
+ storageConfig.accessKey = (sensitive)
+ storageConfig.bucket = "1"
+ storageConfig.extensionParams.endpoint = "1"
+ storageConfig.extensionParams.sse = "1"
+ storageConfig.extensionParams.tag = "1"
+ storageConfig.fileNamePrefix = ["1"]
+ storageConfig.profile = "1"
+ storageConfig.region = "1"
+ storageConfig.secretKey = (sensitive)
+ storageConfig.stsExpiration = 1.0
+ storageConfig.stsToken = (sensitive)
+ storageConfig.vendor = baidu (8)
+ token = (sensitive)
+ uid = "1"
  calls: acquire, start
```

</details>

**Plan:** 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start.
""",
            "create WebPageRecording": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>+</code> | <code>WebPageRecording.new</code> | create | <code>acquire, start</code> | <code>not recorded yet</code> |

<details><summary><code>+</code> <code>WebPageRecording.new</code> will be created</summary>

```diff
+ cname = "1"
+ excludeResourceIds = ["1"]
+ recordingFileConfig.avFileType = ["mp4"]
+ region = "NA"
+ regionAffinity = europe (3)
+ resourceExpiredHour = 1.0
+ rtmpPublish.outputs[0].rtmpUrl = (sensitive)
+ startParameter = false
+ storageConfig.accessKey = (sensitive)
+ storageConfig.bucket = "1"
+ storageConfig.extensionParams.endpoint = "1"
+ storageConfig.extensionParams.sse = "1"
+ storageConfig.extensionParams.tag = "1"
+ storageConfig.fileNamePrefix = ["1"]
+ storageConfig.profile = "1"
+ storageConfig.region = "1"
+ storageConfig.secretKey = (sensitive)
+ storageConfig.stsExpiration = 1.0
+ storageConfig.stsToken = (sensitive)
+ storageConfig.vendor = baidu (8)
+ uid = "1"
+ webRecorder.audioProfile = mono128kbps (1)
+ webRecorder.maxRecordingHour = 1.0
+ webRecorder.maxVideoDuration = 30.0
+ webRecorder.mobile = false
+ webRecorder.onhold = false
+ webRecorder.readyTimeout = 0.0
+ webRecorder.url = "1"
+ webRecorder.videoBitrate = 50.0
+ webRecorder.videoFps = 5.0
+ webRecorder.videoHeight = 240.0
+ webRecorder.videoWidth = 240.0
  calls: acquire, start
```

</details>

**Plan:** 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start.
""",
            "update in place": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>&#126;</code> | <code>CompositeRecording.lesson</code> | update | <code>update, updateLayout</code> | <code>changed&#58; ...</code> |

<details><summary><code>&#126;</code> <code>CompositeRecording.lesson</code> will be updated in place</summary>

```diff
+ recordingConfig.subscribeAudioUids = ["7"]
  recordingConfig.transcodingConfig.layoutConfig[0].render_mode
-   crop (0)
+   fit (1)
  recordingConfig.transcodingConfig.mixedVideoLayout
-   bestFit (1)
+   custom (3)
- recordingConfig.unSubscribeVideoUids = ["8"]
! storageConfig.accessKey = (sensitive)
  # (12 unchanged attributes hidden)
  calls: update, updateLayout
```

</details>

**Plan:** 0 to add, 1 to change, 0 to destroy. 2 API calls: 1 update, 1 updateLayout.
""",
            "layout and uids": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>&#126;</code> | <code>CompositeRecording.panel</code> | update | <code>update, updateLayout</code> | <code>changed&#58; recordingConfig.subscribeVideoUids, recordingConfig.transcodingConfig....ig&#91;uid=9&#93;.x&#95;axis, recordingConfig.transcodingConfig.layoutConfig&#91;uid=9&#93;.y&#95;axis</code> |

<details><summary><code>&#126;</code> <code>CompositeRecording.panel</code> will be updated in place</summary>

```diff
  recordingConfig.subscribeVideoUids # (2 unchanged)
+   "9"
-   "7"
- recordingConfig.transcodingConfig.layoutConfig[uid=7] = x_axis 0.0, y_axis 0.0, width 0.5, height 1.0, alpha 1.0, render_mode crop (0)
  recordingConfig.transcodingConfig.layoutConfig[uid=8].width
-   0.5
+   0.25
+ recordingConfig.transcodingConfig.layoutConfig[uid=9] = x_axis 0.0, y_axis 0.0, width 0.75, height 1.0, alpha 1.0, render_mode crop (0)
  # (17 unchanged attributes hidden)
  calls: update, updateLayout
```

</details>

**Plan:** 0 to add, 1 to change, 0 to destroy. 2 API calls: 1 update, 1 updateLayout.
""",
            "replace": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>-/+</code> | <code>IndividualRecording.stage</code> | replace | <code>stop, acquire, start</code> | <code>no call changes storageConfig.region, storageConfig.vendor of a running session</code> |

<details><summary><code>-/+</code> <code>IndividualRecording.stage</code> must be replaced</summary>

```diff
  recordingConfig.subscribeAudioUids # (1 unchanged)
+   "8"
  storageConfig.region # forces replacement
-   us-east-1 (0)
+   cn-beijing (3)
  storageConfig.vendor # forces replacement
-   s3 (1)
+   alibaba (2)
  # (1 unchanged attribute hidden)
  calls: stop, acquire, start
```

</details>

**Plan:** 1 to add, 0 to change, 1 to destroy. 3 API calls: 1 acquire, 1 start, 1 stop.
""",
            "delete": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>-</code> | <code>WebPageRecording.slides</code> | delete | <code>stop</code> | <code>not wanted any more</code> |

<details><summary><code>-</code> <code>WebPageRecording.slides</code> will be destroyed</summary>

```diff
- webRecorder.onhold = false
- webRecorder.url = "https://example.com"
  calls: stop
```

</details>

**Plan:** 0 to add, 0 to change, 1 to destroy. 1 API call: 1 stop.
""",
            "forget after drift": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

#### Changed outside of takeup

```text
ScreenshotCapture.thumbs: RUNNING -> ENDED since 2026-03-01 09:30:00 UTC (404 for 90 s)
```

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>.</code> | <code>ScreenshotCapture.thumbs</code> | forget | <code>none</code> | <code>not wanted any more, and the session ended (404 for 90 s)</code> |

**Plan:** 0 to add, 0 to change, 0 to destroy, 1 to forget. 0 API calls.
""",
            "ended and recorded anew": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

#### Changed outside of takeup

```text
CompositeRecording.all-hands: RUNNING -> ENDED since 2026-03-01 09:28:00 UTC (status 8: exited)
```

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>+</code> | <code>CompositeRecording.all-hands</code> | create | <code>acquire, start</code> | <code>the session ended (status 8&#58; exited)</code> |

<details><summary><code>+</code> <code>CompositeRecording.all-hands</code> will be created</summary>

```diff
+ cname = "all-hands"
+ recordingConfig.channelType = live (1)
+ recordingConfig.subscribeVideoUids = ["#allstream#"]
+ storageConfig.region = us-east-1 (0)
+ storageConfig.secretKey = (sensitive)
+ storageConfig.vendor = s3 (1)
  calls: acquire, start
```

</details>

**Plan:** 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start.
""",
            "suspect": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

#### ⚠️ 1 warning

```text
- CompositeRecording.lesson is SUSPECT: 404 since 09:29:50. It may be failing over, so nothing
  is started.
```

#### Changed outside of takeup

```text
CompositeRecording.lesson: RUNNING -> SUSPECT since 2026-03-01 09:29:50 UTC (404)
```

**No changes can be made now:** 1 recording cannot be judged (see the warnings). 1 recording, 0 API calls.
""",
            "lost": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

#### ⚠️ 1 warning

```text
- WebPageRecording.slides is LOST.
```

#### 🚨 LOST: sessions that may be recording and that no call can reach

```text
! WebPageRecording.slides since 2026-03-01 08:30:00 UTC
    resourceId: JyvK8nXHuV1BE64GDkAaBGEscvtHW7v8BrQoRPCHxmeVxwY22-x-kv4GdPcjZeMzoCBUCOr9q-k6wBWMC7SaAkZ_4nO3JLqYwM1bL1n6wKnnD9EC9waxJboci9KUz2WZ4YJrmcJmA7xWkzs_L3AnNwdtcI1kr_u1cWFmi9BWAWAlNd7S7gfoGuH0tGi6CNaOomvr7-ILjPXdCYwgty1hwT6tbAuaW1eqR0kOYTO0Z1SobpBxu1czSFh1GbzGvTZG
    resourceId: GZTvGzbG1hFSzc1uxBpboS1Z0OTYOk0Rqe1WauAbt6Twh1ytgwYCdXPjLI-7rvmoOaNC6iGt0HuGofg7S7dNlAWAWB9imFWc1u_rk1IctdwNnA3L_szkWx7AmJcmrJY4ZW2zUK9icobJxaw9CE9DnnKw6n1Lb1MwYqLJ3On4_ZkAaS7CMWBw6k-q9rOCUBCozMeZjcPdG4vk-x-22YwxVemxHCPRoQrB8v7WHtvcsEGBaAkDG46EB1VuHXn8KvyJ
    evidence: 201/7: it runs, and its sid is not known
    ends: by 2026-03-01 10:32:00 UTC at the latest: maxRecordingHour (2 h) ends it
```

**No changes can be made now:** 1 recording cannot be judged (see the warnings). 1 recording, 0 API calls.
""",
            "recovery": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

#### ❓ Recovery: calls of an earlier run whose outcome is not known

```text
? CompositeRecording.all-hands: start sent 2026-03-01 09:21:00 UTC
    resourceId: JyvK8nXHuV1...h1GbzGvTZG
    evidence: the outcome of the start is not known (timeout)
    how: start is sent again with the old resourceId, which can start nothing: the answer says whether it runs
    calls: start
    if it never started: acquire, start
? IndividualRecording.stage: start sent 2026-03-01 09:21:00 UTC
    resourceId: JyvK8nXHuV1...h1GbzGvTZG
    evidence: the outcome of the start is not known (timeout)
    how: left alone until 09:36:15 UTC
    calls: none
    if it never started: acquire, start
```

**Plan:** 0 to add, 0 to change, 0 to destroy, 1 to recover. 1 API call: 1 start; at most 4 more where an earlier start never took place.
""",
            "secrets changed": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>-</code> | <code>CompositeRecording.gone</code> | delete | <code>stop</code> | <code>not wanted any more</code> |
| <code>+</code> | <code>CompositeRecording.new</code> | create | <code>acquire, start</code> | <code>not recorded yet</code> |
| <code>-/+</code> | <code>CompositeRecording.vault</code> | replace | <code>stop, acquire, start</code> | <code>no call changes recordingConfig.salt, recordingConfig.secret of a running session</code> |

<details><summary><code>-</code> <code>CompositeRecording.gone</code> will be destroyed</summary>

```diff
- cname = "gone"
- recordingConfig.channelType = live (1)
- recordingConfig.decryptionMode = AES_128_GCM2 (7)
- recordingConfig.salt = (sensitive)
- recordingConfig.secret = (sensitive)
- storageConfig.accessKey = (sensitive)
- storageConfig.bucket = "b"
- storageConfig.region = us-east-1 (0)
- storageConfig.secretKey = (sensitive)
- storageConfig.stsToken = (sensitive)
- storageConfig.vendor = s3 (1)
- token = (sensitive)
- uid = "10001"
  recording for 0 s; it is cut off
  calls: stop
```

</details>

<details><summary><code>+</code> <code>CompositeRecording.new</code> will be created</summary>

```diff
+ cname = "new"
+ recordingConfig.channelType = live (1)
+ recordingConfig.decryptionMode = AES_128_GCM2 (7)
+ recordingConfig.salt = (sensitive)
+ recordingConfig.secret = (sensitive)
+ storageConfig.accessKey = (sensitive)
+ storageConfig.bucket = "b"
+ storageConfig.region = us-east-1 (0)
+ storageConfig.secretKey = (sensitive)
+ storageConfig.stsToken = (sensitive)
+ storageConfig.vendor = s3 (1)
+ token = (sensitive)
+ uid = "10001"
  calls: acquire, start
```

</details>

<details><summary><code>-/+</code> <code>CompositeRecording.vault</code> must be replaced</summary>

```diff
! recordingConfig.salt = (sensitive) # forces replacement
! recordingConfig.secret = (sensitive) # forces replacement
! storageConfig.accessKey = (sensitive)
! storageConfig.secretKey = (sensitive)
! storageConfig.stsToken = (sensitive)
  # (7 unchanged attributes hidden)
  recording for 0 s; it is cut off; about 25 s are not recorded, until the next session is up
  calls: stop, acquire, start
```

</details>

**Plan:** 2 to add, 0 to change, 2 to destroy. 6 API calls: 2 acquire, 2 start, 2 stop.
""",
            "targeted": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

Restricted by <code>--target CompositeRecording.&#42;</code>, <code>--exclude CompositeRecording.x</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>+</code> | <code>CompositeRecording.all-hands</code> | create | <code>acquire, start</code> | <code>not recorded yet</code> |

<details><summary><code>+</code> <code>CompositeRecording.all-hands</code> will be created</summary>

```diff
+ cname = "all-hands"
+ recordingConfig.channelType = live (1)
+ recordingConfig.subscribeVideoUids = ["#allstream#"]
+ storageConfig.region = us-east-1 (0)
+ storageConfig.secretKey = (sensitive)
+ storageConfig.vendor = s3 (1)
  calls: acquire, start
```

</details>

**Plan:** 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start.
""",
            "emptied project": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>the embedded emulator (no real recorder is reached)</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>-</code> | <code>WebPageRecording.slides</code> | delete | <code>stop</code> | <code>not wanted any more</code> |
| <code>-</code> | <code>CompositeRecording.lesson</code> | delete | <code>stop</code> | <code>not wanted any more</code> |
| <code>.</code> | <code>ScreenshotCapture.thumbs</code> | forget | <code>none</code> | <code>not wanted any more, and the session ended (404 for 90 s)</code> |

<details><summary><code>-</code> <code>WebPageRecording.slides</code> will be destroyed</summary>

```diff
- webRecorder.onhold = false
- webRecorder.url = "https://example.com"
  calls: stop
```

</details>

**Plan:** 0 to add, 0 to change, 2 to destroy, 1 to forget. 2 API calls: 2 stop.
""",
            "what runs": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>-</code> | <code>WebPageRecording.slides</code> | delete | <code>stop</code> | <code>not wanted any more</code> |

<details><summary><code>-</code> <code>WebPageRecording.slides</code> will be destroyed</summary>

```diff
- webRecorder.onhold = false
- webRecorder.url = "https://example.com"
  calls: stop
```

</details>

**Plan:** 0 to add, 0 to change, 1 to destroy. 1 API call: 1 stop.
""",
            "long values": """\
<!-- takeup-plan digest=DIGEST project=campus -->

### takeup plan: <code>campus</code>

On <code>https&#58;//api.sd-rtn.com, App ID 0123...cdef</code>

| | Recording | Action | Calls | Reason |
| --- | --- | --- | --- | --- |
| <code>-/+</code> | <code>WebPageRecording.slides</code> | replace | <code>stop, acquire, start</code> | <code>no call changes webRecorder.url of a running session</code> |

<details><summary><code>-/+</code> <code>WebPageRecording.slides</code> must be replaced</summary>

```diff
  webRecorder.url # forces replacement
-   "https://example.com/aaaaaaaaaaaaaaaaaaa...key=old&end=1"
+   "https://example.com/aaaaaaaaaaaaaaaaaaa...key=new&end=1"
  calls: stop, acquire, start
```

</details>

**Plan:** 1 to add, 0 to change, 1 to destroy. 3 API calls: 1 acquire, 1 start, 1 stop.
""",
        }
    )
