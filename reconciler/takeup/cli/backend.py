"""Opens the backend that a project names. The one place where settings meet backends."""

import os
from collections.abc import Callable
from pathlib import Path

from takeup.backends.cipher import demand_cipher
from takeup.backends.codec import PLAIN, Codec
from takeup.backends.local import LocalBackend
from takeup.backends.port import Backend
from takeup.core.snapshot import Snapshot
from takeup.errors import StateError
from takeup.manifest.project import Project
from takeup.manifest.state import StateSettings

Rescue = Callable[[Snapshot], str]


def open_backend(project: Project) -> Backend:
    """Where this project keeps its state.

    Raises:
        StateError: it is encrypted, and there is no cipher here.
    """
    codec = codec_of(project)
    local = LocalBackend(project.state_path, codec=codec)
    match project.state.backend:
        case "local":
            return local
        case "http":
            return _http(project.state, local.rescue, codec)
        case "postgres":
            return _postgres(project.state, project.name, local.rescue, codec)
        case _:
            return _objects(project.state, local.rescue, codec)


def codec_of(project: Project) -> Codec:
    """How this project's state is kept: encrypted, or as it is.

    Raises:
        StateError: it is encrypted, and there is no cipher here.
    """
    if project.keys is None:
        return PLAIN
    demand_cipher()
    return Codec(project.keys)


def _http(state: StateSettings, rescue: Rescue, codec: Codec) -> Backend:
    from takeup.backends.http import HttpBackend  # noqa: PLC0415 - only where it is used
    from takeup.backends.http_client import Access, HttpStateClient  # noqa: PLC0415 - the same

    ca_file = os.environ.get("SSL_CERT_FILE")
    access = Access(
        address=state.address,
        lock_address=state.lockAddress or state.address,
        unlock_address=state.unlockAddress or state.address,
        update_method=state.updateMethod,
        lock_method=state.lockMethod,
        unlock_method=state.unlockMethod,
        username=state.username or "",
        password=state.password,
        token=state.token,
        timeout=float(state.timeout),
        ca_file=Path(ca_file) if ca_file else None,
    )
    return HttpBackend(HttpStateClient(access), rescue, codec=codec)


def _postgres(state: StateSettings, project: str, rescue: Rescue, codec: Codec) -> Backend:
    try:
        from takeup.backends.postgres_client import PostgresClient, parsed  # noqa: PLC0415 - optional
    except ImportError as error:
        raise StateError(
            f"The backend postgres needs the package psycopg, which cannot be used here: {error}.",
            hint="Install it: pip install 'takeup[postgres]'",
        ) from error
    from takeup.backends.postgres import PostgresBackend  # noqa: PLC0415 - the same

    client = PostgresClient(parsed(state.connection, os.environ))
    return PostgresBackend(client, state.schemaName, state.name or project, rescue, codec=codec)


def _objects(state: StateSettings, rescue: Rescue, codec: Codec) -> Backend:
    from takeup.backends import clouds  # noqa: PLC0415 - only where it is used
    from takeup.backends.objects import ObjectBackend  # noqa: PLC0415 - the same

    given = {name: getattr(state, name) for name in _KEYS[state.backend]}
    place = clouds.Place(
        name=state.container if state.backend == "azure" else state.bucket,
        key=state.key,
        region=state.region or "",
        account=state.account or "",
        endpoint=state.endpoint or "",
        keys={name: secret for name, secret in given.items() if secret is not None},
        timeout=float(state.timeout),
        environment=os.environ,
    )
    open_store = {"s3": clouds.s3, "azure": clouds.azure, "gcs": clouds.gcs}[state.backend]
    return ObjectBackend(open_store(place), state.key, rescue, codec=codec)


_KEYS = {
    "s3": ("accessKey", "secretKey", "sessionToken"),
    "azure": ("accessKey", "sasToken"),
    "gcs": ("credentials", "token"),
}
