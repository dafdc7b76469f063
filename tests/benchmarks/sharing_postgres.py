"""What an apply costs whose state is in PostgreSQL, beside one with a local file: time, commits and bytes."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.benchmarks.common import Row, configure, emulator, make_project, server, work
from tests.postgres_server import DATABASE, PostgresServer

_STATE = "  state: {{backend: postgres, connection: {{fromFile: url.txt}}, schemaName: {schema}}}\n"
_COMMITS = f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{DATABASE}'"
_SETTLED = 1.5
"""Seconds after which the server has counted what a process did."""
_AWAY = 0.010


def measure(folder: Path, count: int = 500) -> list[Row]:
    """An apply of `count`, from the first call to the written state: a local file, loopback, and a network."""
    local = _apply(folder / "local", count, "")
    title = f"apply of {count}, from the first call to the written state"
    rows = [Row(f"{title}: a local file", f"{local:.2f} s")]
    made = PostgresServer(on_disk=True)
    try:
        made.start()
        made.execute(f"CREATE DATABASE {DATABASE}")
        with distant(made.port, _AWAY) as far:
            for schema, what, port in (
                ("near", "postgres on loopback", made.port),
                ("far", f"postgres {_AWAY * 1000:.0f} ms away", far),
            ):
                before = _commits(made)
                took = _apply(folder / schema, count, made.url(port=port), schema)
                commits = _commits(made) - before
                rows.append(Row(f"{title}: {what} / a local file", f"{took:.2f} s", f"{took / local:.2f} x"))
                rows.append(Row("what it wrote there", f"{_written(made, schema)}; {commits} transactions in all"))
    finally:
        made.close()
    return rows


def _apply(place: Path, count: int, address: str, schema: str = "") -> float:
    make_project(place, count)
    with server(emulator()) as url:
        configure(place, url)
        if address:
            with (place / "takeup.yaml").open("a", encoding="utf-8") as file:
                file.write(_STATE.format(schema=schema))
            (place / "url.txt").write_text(address, encoding="utf-8")
            (place / "url.txt").chmod(0o600)
        return float(work("apply", place).out.split()[-1])


def _commits(made: PostgresServer) -> int:
    time.sleep(_SETTLED)
    return int(made.execute(_COMMITS)[0][0])


def _written(made: PostgresServer, schema: str) -> str:
    counted = f"SELECT relname, n_tup_ins + n_tup_upd FROM pg_stat_user_tables WHERE schemaname = '{schema}'"
    rows = dict(made.execute(counted, dbname=DATABASE))
    size = made.execute(f"SELECT sum(octet_length(content)) FROM {schema}.states", dbname=DATABASE)[0][0]
    return f"{rows['journal']} groups of entries, {rows['states']} states, the last of {size:,} bytes"


@contextmanager
def distant(port: int, round_trip: float) -> Iterator[int]:
    """A port of this machine that is as far from another one as a network would make it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):  # closed
                while True:
                    near, _ = listener.accept()
                    far = socket.create_connection(("127.0.0.1", port))
                    for source, sink in ((near, far), (far, near)):
                        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        threading.Thread(target=_carry, args=(source, sink, round_trip / 2), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def _carry(source: socket.socket, sink: socket.socket, delay: float) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            time.sleep(delay)
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
