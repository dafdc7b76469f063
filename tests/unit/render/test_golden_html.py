# ruff: noqa: E501 - a line of output is as long as it is

from inline_snapshot import snapshot
from tests.unit.render.scenarios import GOLDEN, SCENARIOS

from takeup.render.plan_html import body


def test_each_scenario() -> None:
    """Each scenario is written as HTML: the part between the body's tags, and any difference is a decision."""
    plans = {name: SCENARIOS[name] for name in GOLDEN}
    # The digest changes with each key that a plan gets; what it is made of is tested elsewhere.
    assert {name: body(plan).replace(plan.digest, "DIGEST") for name, plan in plans.items()} == snapshot(
        {
            "nothing to do": """\
<header>
<h1>takeup plan: campus</h1>
<p>On the embedded emulator (no real recorder is reached), made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>No changes.</strong> Recordings match the manifests. 2 recordings, 0 API calls</p>
</header>
<main>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "create IndividualRecording": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="create" checked> create 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change create" data-action="create" open>
<summary><span class="name">IndividualRecording.new</span> <span class="tag">+ will be created</span>
<span class="why">not recorded yet</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">+</td><th scope="row">cname</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">excludeResourceIds</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.channelType</th><td class="value"><ins>communication (0)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.decryptionMode</th><td class="value"><ins>AES_128_GCM2 (7)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.maxIdleTime</th><td class="value"><ins>5.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.privateParams</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.profile</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.salt</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.secret</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.streamMode</th><td class="value"><ins>&quot;original&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.streamTypes</th><td class="value"><ins>video (1)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.subscribeAudioUids</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.subscribeUidGroup</th><td class="value"><ins>18-32 (4)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.subscribeVideoUids</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.unSubscribeAudioUids</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.unSubscribeVideoUids</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.videoStreamType</th><td class="value"><ins>high (0)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingFileConfig.avFileType</th><td class="value"><ins>[&quot;hls&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">region</th><td class="value"><ins>&quot;NA&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">regionAffinity</th><td class="value"><ins>europe (3)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">resourceExpiredHour</th><td class="value"><ins>1.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">snapshotConfig.captureInterval</th><td class="value"><ins>5.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">snapshotConfig.fileType</th><td class="value"><ins>[&quot;jpg&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">startParameter</th><td class="value"><ins>false</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.accessKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.bucket</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.extensionParams.endpoint</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.extensionParams.sse</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.extensionParams.tag</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.fileNamePrefix</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.profile</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.region</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.secretKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.stsExpiration</th><td class="value"><ins>1.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.stsToken</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.vendor</th><td class="value"><ins>baidu (8)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">token</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">uid</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
</tbody></table>
<p>Calls: acquire, start</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "create ScreenshotCapture": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="create" checked> create 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change create" data-action="create" open>
<summary><span class="name">ScreenshotCapture.new</span> <span class="tag">+ will be created</span>
<span class="why">not recorded yet</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">+</td><th scope="row">cname</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">excludeResourceIds</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.channelType</th><td class="value"><ins>communication (0)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.decryptionMode</th><td class="value"><ins>AES_128_GCM2 (7)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.maxIdleTime</th><td class="value"><ins>5.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.privateParams</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.profile</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.salt</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.secret</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.streamMode</th><td class="value"><ins>&quot;original&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.streamTypes</th><td class="value"><ins>video (1)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.subscribeAudioUids</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.subscribeUidGroup</th><td class="value"><ins>18-32 (4)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.subscribeVideoUids</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.unSubscribeAudioUids</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.unSubscribeVideoUids</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.videoStreamType</th><td class="value"><ins>high (0)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">region</th><td class="value"><ins>&quot;NA&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">regionAffinity</th><td class="value"><ins>europe (3)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">resourceExpiredHour</th><td class="value"><ins>1.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">snapshotConfig.captureInterval</th><td class="value"><ins>5.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">snapshotConfig.fileType</th><td class="value"><ins>[&quot;jpg&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">startParameter</th><td class="value"><ins>false</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.accessKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.bucket</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.extensionParams.endpoint</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.extensionParams.sse</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.extensionParams.tag</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.fileNamePrefix</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.profile</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.region</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.secretKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.stsExpiration</th><td class="value"><ins>1.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.stsToken</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.vendor</th><td class="value"><ins>baidu (8)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">token</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">uid</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
</tbody></table>
<p>Calls: acquire, start</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "create WebPageRecording": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="create" checked> create 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change create" data-action="create" open>
<summary><span class="name">WebPageRecording.new</span> <span class="tag">+ will be created</span>
<span class="why">not recorded yet</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">+</td><th scope="row">cname</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">excludeResourceIds</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingFileConfig.avFileType</th><td class="value"><ins>[&quot;mp4&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">region</th><td class="value"><ins>&quot;NA&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">regionAffinity</th><td class="value"><ins>europe (3)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">resourceExpiredHour</th><td class="value"><ins>1.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">rtmpPublish.outputs[0].rtmpUrl</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">startParameter</th><td class="value"><ins>false</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.accessKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.bucket</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.extensionParams.endpoint</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.extensionParams.sse</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.extensionParams.tag</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.fileNamePrefix</th><td class="value"><ins>[&quot;1&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.profile</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.region</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.secretKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.stsExpiration</th><td class="value"><ins>1.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.stsToken</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.vendor</th><td class="value"><ins>baidu (8)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">uid</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.audioProfile</th><td class="value"><ins>mono128kbps (1)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.maxRecordingHour</th><td class="value"><ins>1.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.maxVideoDuration</th><td class="value"><ins>30.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.mobile</th><td class="value"><ins>false</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.onhold</th><td class="value"><ins>false</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.readyTimeout</th><td class="value"><ins>0.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.url</th><td class="value"><ins>&quot;1&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.videoBitrate</th><td class="value"><ins>50.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.videoFps</th><td class="value"><ins>5.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.videoHeight</th><td class="value"><ins>240.0</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">webRecorder.videoWidth</th><td class="value"><ins>240.0</ins></td></tr>
</tbody></table>
<p>Calls: acquire, start</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "update in place": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 0 to add, 1 to change, 0 to destroy. 2 API calls: 1 update, 1 updateLayout</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="update" checked> update 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change update" data-action="update" open>
<summary><span class="name">CompositeRecording.lesson</span> <span class="tag">~ will be updated in place</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">+</td><th scope="row">recordingConfig.subscribeAudioUids</th><td class="value"><ins>[&quot;7&quot;]</ins></td></tr>
<tr><td class="sign">~</td><th scope="row">recordingConfig.transcodingConfig.layoutConfig[0].render_mode</th><td class="value"><del>crop (0)</del> → <ins>fit (1)</ins></td></tr>
<tr><td class="sign">~</td><th scope="row">recordingConfig.transcodingConfig.mixedVideoLayout</th><td class="value"><del>bestFit (1)</del> → <ins>custom (3)</ins></td></tr>
<tr><td class="sign">-</td><th scope="row">recordingConfig.unSubscribeVideoUids</th><td class="value"><del>[&quot;8&quot;]</del></td></tr>
<tr><td class="sign">~</td><th scope="row">storageConfig.accessKey</th><td class="value"><span>(sensitive)</span></td></tr>
</tbody></table>
<p>(12 unchanged attributes hidden)</p>
<p>Calls: update, updateLayout</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "layout and uids": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 0 to add, 1 to change, 0 to destroy. 2 API calls: 1 update, 1 updateLayout</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="update" checked> update 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change update" data-action="update" open>
<summary><span class="name">CompositeRecording.panel</span> <span class="tag">~ will be updated in place</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">~</td><th scope="row">recordingConfig.subscribeVideoUids</th><td class="value"><ins>+ &quot;9&quot;</ins> <del>- &quot;7&quot;</del> <span class="note calm">(2 unchanged)</span></td></tr>
<tr><td class="sign">-</td><th scope="row">recordingConfig.transcodingConfig.layoutConfig[uid=7]</th><td class="value"><del>x_axis 0.0, y_axis 0.0, width 0.5, height 1.0, alpha 1.0, render_mode crop (0)</del></td></tr>
<tr><td class="sign">~</td><th scope="row">recordingConfig.transcodingConfig.layoutConfig[uid=8].width</th><td class="value"><del>0.5</del> → <ins>0.25</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.transcodingConfig.layoutConfig[uid=9]</th><td class="value"><ins>x_axis 0.0, y_axis 0.0, width 0.75, height 1.0, alpha 1.0, render_mode crop (0)</ins></td></tr>
</tbody></table>
<p>(17 unchanged attributes hidden)</p>
<p>Calls: update, updateLayout</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "replace": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 1 to add, 0 to change, 1 to destroy. 3 API calls: 1 acquire, 1 start, 1 stop</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="replace" checked> replace 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change replace" data-action="replace" open>
<summary><span class="name">IndividualRecording.stage</span> <span class="tag">-/+ must be replaced</span>
<span class="why">no call changes storageConfig.region, storageConfig.vendor of a running session</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">~</td><th scope="row">recordingConfig.subscribeAudioUids</th><td class="value"><ins>+ &quot;8&quot;</ins> <span class="note calm">(1 unchanged)</span></td></tr>
<tr><td class="sign">~</td><th scope="row">storageConfig.region</th><td class="value"><del>us-east-1 (0)</del> → <ins>cn-beijing (3)</ins> <span class="note">forces replacement</span></td></tr>
<tr><td class="sign">~</td><th scope="row">storageConfig.vendor</th><td class="value"><del>s3 (1)</del> → <ins>alibaba (2)</ins> <span class="note">forces replacement</span></td></tr>
</tbody></table>
<p>(1 unchanged attribute hidden)</p>
<p>Calls: stop, acquire, start</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "delete": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 0 to add, 0 to change, 1 to destroy. 1 API call: 1 stop</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="delete" checked> delete 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change delete" data-action="delete" open>
<summary><span class="name">WebPageRecording.slides</span> <span class="tag">- will be destroyed</span>
<span class="why">not wanted any more</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">-</td><th scope="row">webRecorder.onhold</th><td class="value"><del>false</del></td></tr>
<tr><td class="sign">-</td><th scope="row">webRecorder.url</th><td class="value"><del>&quot;https://example.com&quot;</del></td></tr>
</tbody></table>
<p>Calls: stop</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "forget after drift": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 0 to add, 0 to change, 0 to destroy, 1 to forget. 0 API calls</p>
</header>
<main>
<section class="plain">
<h2>Changed outside of takeup</h2>
<ul>
<li><strong>ScreenshotCapture.thumbs</strong>: RUNNING → ENDED since 2026-03-01 09:30:00 UTC (404 for 90 s)</li>
</ul>
</section>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="forget" checked> forget 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change forget" data-action="forget" open>
<summary><span class="name">ScreenshotCapture.thumbs</span> <span class="tag">. will be forgotten</span>
<span class="why">not wanted any more, and the session ended (404 for 90 s)</span>
</summary>
<div class="inside">
<p>Calls: none</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "ended and recorded anew": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start</p>
</header>
<main>
<section class="plain">
<h2>Changed outside of takeup</h2>
<ul>
<li><strong>CompositeRecording.all-hands</strong>: RUNNING → ENDED since 2026-03-01 09:28:00 UTC (status 8: exited)</li>
</ul>
</section>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="create" checked> create 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change create" data-action="create" open>
<summary><span class="name">CompositeRecording.all-hands</span> <span class="tag">+ will be created</span>
<span class="why">the session ended (status 8: exited)</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">+</td><th scope="row">cname</th><td class="value"><ins>&quot;all-hands&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.channelType</th><td class="value"><ins>live (1)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.subscribeVideoUids</th><td class="value"><ins>[&quot;#allstream#&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.region</th><td class="value"><ins>us-east-1 (0)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.secretKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.vendor</th><td class="value"><ins>s3 (1)</ins></td></tr>
</tbody></table>
<p>Calls: acquire, start</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "suspect": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>No changes can be made now:</strong> 1 recording cannot be judged (see the warnings). 1 recording, 0 API calls</p>
</header>
<main>
<section class="warn">
<h2>1 warning</h2>
<ul>
<li>CompositeRecording.lesson is SUSPECT: 404 since 09:29:50. It may be failing over, so nothing is started.</li>
</ul>
</section>
<section class="plain">
<h2>Changed outside of takeup</h2>
<ul>
<li><strong>CompositeRecording.lesson</strong>: RUNNING → SUSPECT since 2026-03-01 09:29:50 UTC (404)</li>
</ul>
</section>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "lost": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>No changes can be made now:</strong> 1 recording cannot be judged (see the warnings). 1 recording, 0 API calls</p>
</header>
<main>
<section class="warn">
<h2>1 warning</h2>
<ul>
<li>WebPageRecording.slides is LOST.</li>
</ul>
</section>
<section class="bad">
<h2>LOST: sessions that may be recording and that no call can reach</h2>
<div><strong>WebPageRecording.slides</strong> since 2026-03-01 08:30:00 UTC</div>
<dl>
<dt>resourceId</dt><dd>JyvK8nXHuV1BE64GDkAaBGEscvtHW7v8BrQoRPCHxmeVxwY22-x-kv4GdPcjZeMzoCBUCOr9q-k6wBWMC7SaAkZ_4nO3JLqYwM1bL1n6wKnnD9EC9waxJboci9KUz2WZ4YJrmcJmA7xWkzs_L3AnNwdtcI1kr_u1cWFmi9BWAWAlNd7S7gfoGuH0tGi6CNaOomvr7-ILjPXdCYwgty1hwT6tbAuaW1eqR0kOYTO0Z1SobpBxu1czSFh1GbzGvTZG</dd>
<dt>resourceId</dt><dd>GZTvGzbG1hFSzc1uxBpboS1Z0OTYOk0Rqe1WauAbt6Twh1ytgwYCdXPjLI-7rvmoOaNC6iGt0HuGofg7S7dNlAWAWB9imFWc1u_rk1IctdwNnA3L_szkWx7AmJcmrJY4ZW2zUK9icobJxaw9CE9DnnKw6n1Lb1MwYqLJ3On4_ZkAaS7CMWBw6k-q9rOCUBCozMeZjcPdG4vk-x-22YwxVemxHCPRoQrB8v7WHtvcsEGBaAkDG46EB1VuHXn8KvyJ</dd>
<dt>evidence</dt><dd>201/7: it runs, and its sid is not known</dd>
<dt>ends</dt><dd>by 2026-03-01 10:32:00 UTC at the latest: maxRecordingHour (2 h) ends it</dd>
</dl>
</section>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "recovery": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 0 to add, 0 to change, 0 to destroy, 1 to recover. 1 API call: 1 start; at most 4 more where an earlier start never took place</p>
</header>
<main>
<section class="warn">
<h2>Recovery: calls of an earlier run whose outcome is not known</h2>
<div><strong>CompositeRecording.all-hands</strong>: start sent 2026-03-01 09:21:00 UTC</div>
<dl>
<dt>resourceId</dt><dd>JyvK8nXHuV1...h1GbzGvTZG</dd>
<dt>evidence</dt><dd>the outcome of the start is not known (timeout)</dd>
<dt>how</dt><dd>start is sent again with the old resourceId, which can start nothing: the answer says whether it runs</dd>
<dt>calls</dt><dd>start</dd>
<dt>if it never started</dt><dd>acquire, start</dd>
</dl>
<div><strong>IndividualRecording.stage</strong>: start sent 2026-03-01 09:21:00 UTC</div>
<dl>
<dt>resourceId</dt><dd>JyvK8nXHuV1...h1GbzGvTZG</dd>
<dt>evidence</dt><dd>the outcome of the start is not known (timeout)</dd>
<dt>how</dt><dd>left alone until 09:36:15 UTC</dd>
<dt>calls</dt><dd>none</dd>
<dt>if it never started</dt><dd>acquire, start</dd>
</dl>
</section>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "secrets changed": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 2 to add, 0 to change, 2 to destroy. 6 API calls: 2 acquire, 2 start, 2 stop</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="create" checked> create 1</label>
<label><input type="checkbox" value="replace" checked> replace 1</label>
<label><input type="checkbox" value="delete" checked> delete 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change delete" data-action="delete" open>
<summary><span class="name">CompositeRecording.gone</span> <span class="tag">- will be destroyed</span>
<span class="why">not wanted any more</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">-</td><th scope="row">cname</th><td class="value"><del>&quot;gone&quot;</del></td></tr>
<tr><td class="sign">-</td><th scope="row">recordingConfig.channelType</th><td class="value"><del>live (1)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">recordingConfig.decryptionMode</th><td class="value"><del>AES_128_GCM2 (7)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">recordingConfig.salt</th><td class="value"><del>(sensitive)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">recordingConfig.secret</th><td class="value"><del>(sensitive)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">storageConfig.accessKey</th><td class="value"><del>(sensitive)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">storageConfig.bucket</th><td class="value"><del>&quot;b&quot;</del></td></tr>
<tr><td class="sign">-</td><th scope="row">storageConfig.region</th><td class="value"><del>us-east-1 (0)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">storageConfig.secretKey</th><td class="value"><del>(sensitive)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">storageConfig.stsToken</th><td class="value"><del>(sensitive)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">storageConfig.vendor</th><td class="value"><del>s3 (1)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">token</th><td class="value"><del>(sensitive)</del></td></tr>
<tr><td class="sign">-</td><th scope="row">uid</th><td class="value"><del>&quot;10001&quot;</del></td></tr>
</tbody></table>
<p>recording for 0 s; it is cut off</p>
<p>Calls: stop</p>
</div>
</details>
<details class="change create" data-action="create" open>
<summary><span class="name">CompositeRecording.new</span> <span class="tag">+ will be created</span>
<span class="why">not recorded yet</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">+</td><th scope="row">cname</th><td class="value"><ins>&quot;new&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.channelType</th><td class="value"><ins>live (1)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.decryptionMode</th><td class="value"><ins>AES_128_GCM2 (7)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.salt</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.secret</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.accessKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.bucket</th><td class="value"><ins>&quot;b&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.region</th><td class="value"><ins>us-east-1 (0)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.secretKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.stsToken</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.vendor</th><td class="value"><ins>s3 (1)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">token</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">uid</th><td class="value"><ins>&quot;10001&quot;</ins></td></tr>
</tbody></table>
<p>Calls: acquire, start</p>
</div>
</details>
<details class="change replace" data-action="replace" open>
<summary><span class="name">CompositeRecording.vault</span> <span class="tag">-/+ must be replaced</span>
<span class="why">no call changes recordingConfig.salt, recordingConfig.secret of a running session</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">~</td><th scope="row">recordingConfig.salt</th><td class="value"><span>(sensitive)</span> <span class="note">forces replacement</span></td></tr>
<tr><td class="sign">~</td><th scope="row">recordingConfig.secret</th><td class="value"><span>(sensitive)</span> <span class="note">forces replacement</span></td></tr>
<tr><td class="sign">~</td><th scope="row">storageConfig.accessKey</th><td class="value"><span>(sensitive)</span></td></tr>
<tr><td class="sign">~</td><th scope="row">storageConfig.secretKey</th><td class="value"><span>(sensitive)</span></td></tr>
<tr><td class="sign">~</td><th scope="row">storageConfig.stsToken</th><td class="value"><span>(sensitive)</span></td></tr>
</tbody></table>
<p>(7 unchanged attributes hidden)</p>
<p>recording for 0 s; it is cut off; about 25 s are not recorded, until the next session is up</p>
<p>Calls: stop, acquire, start</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "targeted": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p>Restricted by --target CompositeRecording.*, --exclude CompositeRecording.x</p>
<p class="total"><strong>Plan:</strong> 1 to add, 0 to change, 0 to destroy. 2 API calls: 1 acquire, 1 start</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="create" checked> create 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change create" data-action="create" open>
<summary><span class="name">CompositeRecording.all-hands</span> <span class="tag">+ will be created</span>
<span class="why">not recorded yet</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">+</td><th scope="row">cname</th><td class="value"><ins>&quot;all-hands&quot;</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.channelType</th><td class="value"><ins>live (1)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">recordingConfig.subscribeVideoUids</th><td class="value"><ins>[&quot;#allstream#&quot;]</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.region</th><td class="value"><ins>us-east-1 (0)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.secretKey</th><td class="value"><ins>(sensitive)</ins></td></tr>
<tr><td class="sign">+</td><th scope="row">storageConfig.vendor</th><td class="value"><ins>s3 (1)</ins></td></tr>
</tbody></table>
<p>Calls: acquire, start</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "emptied project": """\
<header>
<h1>takeup plan: campus</h1>
<p>On the embedded emulator (no real recorder is reached), made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 0 to add, 0 to change, 2 to destroy, 1 to forget. 2 API calls: 2 stop</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="delete" checked> delete 2</label>
<label><input type="checkbox" value="forget" checked> forget 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change delete" data-action="delete" open>
<summary><span class="name">WebPageRecording.slides</span> <span class="tag">- will be destroyed</span>
<span class="why">not wanted any more</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">-</td><th scope="row">webRecorder.onhold</th><td class="value"><del>false</del></td></tr>
<tr><td class="sign">-</td><th scope="row">webRecorder.url</th><td class="value"><del>&quot;https://example.com&quot;</del></td></tr>
</tbody></table>
<p>Calls: stop</p>
</div>
</details>
<details class="change delete" data-action="delete" open>
<summary><span class="name">CompositeRecording.lesson</span> <span class="tag">- will be destroyed</span>
<span class="why">not wanted any more</span>
</summary>
<div class="inside">
<p>Calls: stop</p>
</div>
</details>
<details class="change forget" data-action="forget" open>
<summary><span class="name">ScreenshotCapture.thumbs</span> <span class="tag">. will be forgotten</span>
<span class="why">not wanted any more, and the session ended (404 for 90 s)</span>
</summary>
<div class="inside">
<p>Calls: none</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "what runs": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 0 to add, 0 to change, 1 to destroy. 1 API call: 1 stop</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="delete" checked> delete 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change delete" data-action="delete" open>
<summary><span class="name">WebPageRecording.slides</span> <span class="tag">- will be destroyed</span>
<span class="why">not wanted any more</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">-</td><th scope="row">webRecorder.onhold</th><td class="value"><del>false</del></td></tr>
<tr><td class="sign">-</td><th scope="row">webRecorder.url</th><td class="value"><del>&quot;https://example.com&quot;</del></td></tr>
</tbody></table>
<p>Calls: stop</p>
</div>
</details>
</div>
<section class="timeline">
<h2>What runs, and until when at the latest</h2>
<p class="key"><span><svg viewBox="0 0 22 10" aria-hidden="true"><rect class="past" width="22" height="10"/></svg>so far</span><span><svg viewBox="0 0 22 10" aria-hidden="true"><rect class="coming" width="22" height="10"/></svg>until it ends by itself at the latest</span><span><svg viewBox="0 0 22 10" aria-hidden="true"><rect class="open" width="22" height="10"/></svg>no end known</span><span><svg viewBox="0 0 22 10" aria-hidden="true"><rect class="now" x="9" width="4" height="10"/></svg>when the plan was made</span></p>
<div class="axis"><span></span><div><span>2026-03-01 00:30:00 UTC</span><span>2026-03-02 09:03:00 UTC</span></div></div>
<div class="lanes">
<div class="lane gone"><span><strong>ScreenshotCapture.thumbs</strong> LOST</span><svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label="for 9 h 0 min; should have ended 1 h 0 min ago: its token expired then"><rect class="track" x="0" y="4" width="1000" height="12"/><rect class="past" x="0" y="4" width="246" height="12"/><rect class="now" x="276" y="0" width="2" height="20"/></svg><span class="until">for 9 h 0 min; should have ended 1 h 0 min ago: its token expired then</span></div>
<div class="lane sure"><span><strong>WebPageRecording.slides</strong> RUNNING</span><svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label="for 30 min; ends in 1 h 32 min at the latest: maxRecordingHour (2 h) ends it"><rect class="track" x="0" y="4" width="1000" height="12"/><rect class="past" x="261" y="4" width="15" height="12"/><rect class="coming" x="276" y="4" width="47" height="12"/><rect class="now" x="276" y="0" width="2" height="20"/></svg><span class="until">for 30 min; ends in 1 h 32 min at the latest: maxRecordingHour (2 h) ends it</span></div>
<div class="lane unsure"><span><strong>IndividualRecording.stage</strong> SUSPECT</span><svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label="for 2 h 0 min; ends in 22 h 0 min at the latest: its token expires then"><rect class="track" x="0" y="4" width="1000" height="12"/><rect class="past" x="215" y="4" width="61" height="12"/><rect class="coming" x="276" y="4" width="676" height="12"/><rect class="now" x="276" y="0" width="2" height="20"/></svg><span class="until">for 2 h 0 min; ends in 22 h 0 min at the latest: its token expires then</span></div>
<div class="lane sure"><span><strong>CompositeRecording.lesson</strong> RUNNING</span><svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label="for 5 h 0 min; nothing sets an end"><rect class="track" x="0" y="4" width="1000" height="12"/><rect class="past" x="123" y="4" width="154" height="12"/><rect class="open" x="276" y="4" width="724" height="12"/><rect class="now" x="276" y="0" width="2" height="20"/></svg><span class="until">for 5 h 0 min; nothing sets an end</span></div>
</div>
</section>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
            "long values": """\
<header>
<h1>takeup plan: campus</h1>
<p>On https://api.sd-rtn.com, App ID 0123...cdef, made 2026-03-01 09:30:00 UTC</p>
<p class="total"><strong>Plan:</strong> 1 to add, 0 to change, 1 to destroy. 3 API calls: 1 acquire, 1 start, 1 stop</p>
</header>
<main>
<div class="tools" hidden>
<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">
<fieldset class="actions" aria-label="Actions shown">
<label><input type="checkbox" value="replace" checked> replace 1</label>
</fieldset>
<button type="button" id="unfold">Unfold all</button>
<button type="button" id="fold">Fold all</button>
<p id="shown" role="status"></p>
</div>
<div class="changes">
<details class="change replace" data-action="replace" open>
<summary><span class="name">WebPageRecording.slides</span> <span class="tag">-/+ must be replaced</span>
<span class="why">no call changes webRecorder.url of a running session</span>
</summary>
<div class="inside">
<table class="mono"><caption>Attributes</caption><tbody>
<tr><td class="sign">~</td><th scope="row">webRecorder.url</th><td class="value"><del>&quot;https://example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?key=old&amp;end=1&quot;</del> → <ins>&quot;https://example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?key=new&amp;end=1&quot;</ins> <span class="note">forces replacement</span></td></tr>
</tbody></table>
<p>Calls: stop, acquire, start</p>
</div>
</details>
</div>
<footer>Digest <code>DIGEST</code></footer>
</main>\
""",
        }
    )
