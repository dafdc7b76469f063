"""An apply of 500 recordings with its state in each kind of place, beside a local file; and the writes it made there.

A new backend is one more function in `PLACES`: it gives what spec.state says, and how its writes are counted.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.common import Row, configure, emulator, make_project, server, work
from tests.object_servers import (
    ACCOUNT_KEY,
    SECRETS,
    Server,
    azure_server,
    azurite_command,
    gcs_server,
    make_container,
    s3_server,
)

from takeup.backends.http_server import StateServer

COUNT = 500


@dataclass(frozen=True)
class Place:
    """What spec.state says, and how many writes the place has seen; None: the process itself counts them."""

    state: str
    writes: Callable[[], int] | None = None


@contextmanager
def local(_: Path) -> Iterator[Place]:
    yield Place("{backend: local, path: state/default.json}")


@contextmanager
def http(folder: Path) -> Iterator[Place]:
    seen: list[str] = []
    with StateServer(folder / "served") as made:
        made.tell = seen.append
        yield Place(
            f'{{backend: http, address: "{made.url}/state/bench"}}',
            lambda: sum(not line.startswith("GET") for line in seen),
        )


def _bucket(backend: str, made: Server, more: str) -> Place:
    where = "account: acme, container: bench" if backend == "azure" else "bucket: bench"
    return Place(f'{{backend: {backend}, {where}, key: state.json, endpoint: "{made.url}", {more}}}')


@contextmanager
def s3(folder: Path) -> Iterator[Place]:
    with s3_server("bench") as made:
        _keep(folder, "key", SECRETS["secretKey"])
        yield _bucket("s3", made, "region: us-east-1, accessKey: {fromFile: key.txt}, secretKey: {fromFile: key.txt}")


@contextmanager
def s3_away(folder: Path) -> Iterator[Place]:
    """The same as if it were in another town: each request takes 30 ms longer."""

    def later(environ: Any, start: Any, app: Any) -> Any:  # noqa: ANN401 - passed on
        time.sleep(0.03)
        return app(environ, start)

    with s3_server("bench") as made:
        made.between = later
        _keep(folder, "key", SECRETS["secretKey"])
        yield _bucket("s3", made, "region: us-east-1, accessKey: {fromFile: key.txt}, secretKey: {fromFile: key.txt}")


@contextmanager
def azure(folder: Path) -> Iterator[Place]:
    command = azurite_command()
    assert command is not None, "Azurite is not installed: make .venv/azurite/.installed"
    with azure_server(command) as made:
        make_container(made, "bench")
        _keep(folder, "key", ACCOUNT_KEY)
        yield _bucket("azure", made, "accessKey: {fromFile: key.txt}")


@contextmanager
def gcs(folder: Path) -> Iterator[Place]:
    with gcs_server("bench") as made:
        _keep(folder, "key", SECRETS["token"])
        yield _bucket("gcs", made, "token: {fromFile: key.txt}")


PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "a local file": local,
    "http, state serve": http,
    "s3, moto": s3,
    "s3, moto 30 ms away": s3_away,
    "azure, Azurite": azure,
    "gcs, a server of our own": gcs,
}


def measure(folder: Path, count: int = COUNT) -> list[Row]:
    rows: list[Row] = []
    beside = 0.0
    for number, (name, place) in enumerate(PLACES.items()):
        project = folder / str(number)
        make_project(project, count)
        with place(project) as made, server(emulator()) as url:
            configure(project, url)
            with (project / "takeup.yaml").open("a", encoding="utf-8") as file:
                file.write(f"  state: {made.state}\n")
            counted, took = work("placed", project).out.split()[-2:]
            writes = int(counted) if made.writes is None else made.writes()
        beside = beside or float(took)
        kind = "fsyncs" if place is local else "write requests"
        figure = f"{float(took):.2f} s, {writes:,} {kind}, {writes / count:.2f} for each"
        rows.append(Row(f"apply of {count}, {name}", figure, f"{float(took) / beside:.2f} x"))
    return rows


def _keep(folder: Path, name: str, secret: str) -> None:
    path = folder / f"{name}.txt"
    path.write_text(secret, encoding="utf-8")
    path.chmod(0o600)
