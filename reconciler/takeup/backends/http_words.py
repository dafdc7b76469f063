"""The words of Terraform's HTTP state protocol: lock records, tags, and what takeup adds to them. Pure.

What is added is asked for in headers that other servers and clients ignore:

    ETag, If-Match, If-None-Match   a write under a condition, as HTTP has it
    Takeup-Lease                    seconds: a lock that ends unless it is taken again in time
"""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from takeup import __version__
from takeup.backends.lock import Lock

LEASE = "Takeup-Lease"
_PROCESS = re.compile(r"process (\d+)")
_LONG = 200


def lock_info(lock: Lock) -> bytes:
    """A lock as Terraform writes it down."""
    return json.dumps(
        {
            "ID": lock.id,
            "Operation": lock.command,
            "Info": f"process {lock.pid}",
            "Who": f"{lock.holder}@{lock.host}",
            "Version": __version__,
            "Created": lock.since.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z",
            "Path": "",
        }
    ).encode()


def read_info(data: bytes) -> Lock | None:
    """Whose lock a record tells of, as far as it does; None if it is no record."""
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("ID"), str) or not found["ID"]:
        return None
    text = {key: value[:_LONG] for key, value in found.items() if isinstance(value, str)}
    holder, _, host = text.get("Who", "").rpartition("@")
    process = _PROCESS.search(text.get("Info", ""))
    return Lock(
        id=text["ID"],
        holder=holder or host or "somebody",
        pid=0 if process is None else int(process[1][:9]),
        host=host or "an unknown host",
        since=_time(text.get("Created", "")),
        command=text.get("Operation") or "an unknown command",
    )


def tag_of(data: bytes) -> str:
    """The ETag of a content."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _time(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
