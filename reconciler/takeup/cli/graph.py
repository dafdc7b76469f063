"""Builds the object graph: from a project file to a backend and a reader or recorder."""

import getpass
import os
import shutil
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes
from typing import Any
from uuid import uuid4

import click

from takeup.backends.lock import Lock
from takeup.cli.backend import open_backend
from takeup.cli.main import Options
from takeup.core.address import Address
from takeup.core.capacity import Capacity
from takeup.core.plan import Target
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.snapshot import Snapshot
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock, Tell
from takeup.engine.run import World
from takeup.manifest.loader import load
from takeup.manifest.problem import Problem
from takeup.manifest.project import Project, load_project
from takeup.manifest.settling import Given
from takeup.provider.agora.client import AgoraReader, AgoraRecorder
from takeup.provider.agora.hosts import Hosts
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.retry import Retrier
from takeup.provider.agora.transport import Transport, WritingTransport, wsgi_transport
from takeup.render.problems import problems_text
from takeup.render.style import Style


def style(options: Options, *, err: bool = False) -> Style:
    """Colours where a person looks, and nowhere else."""
    stream = sys.stderr if err else sys.stdout
    return Style(colour=stream.isatty() if options.color is None else options.color)


def terminal_width(*, err: bool = False) -> int | None:
    """The columns of the terminal that a person looks at; None for a pipe or a file."""
    stream = sys.stderr if err else sys.stdout
    return shutil.get_terminal_size().columns if stream.isatty() else None


def refuse(options: Options, problems: list[Problem]) -> None:
    """Tell all problems on stderr; leave with 1 if one of them is an error."""
    if not problems:
        return
    click.echo(problems_text(problems, style(options, err=True)).rstrip("\n"), err=True)
    if any(problem.severity == "error" for problem in problems):
        raise SystemExit(1)


def inputs(options: Options, *, demanded: bool = True, secrets: bool = True) -> Given:
    """The environment and the values that this run was given; unless they are demanded, some may be missing."""
    return Given(
        environment=options.environment,
        flags=tuple((name, text) for name, _, text in (flag.partition("=") for flag in options.flags)),
        files=tuple((str(path), options.root / path) for path in options.files),
        env=os.environ,
        demanded=demanded,
        secrets=secrets,
    )


def open_project(options: Options) -> Project:
    """The project with its credentials, or an exit with every problem told."""
    project, problems = load_project(options.root, os.environ, inputs(options))
    refuse(options, problems)
    assert project is not None, "a project without errors is a project"  # noqa: S101 - the loader's contract
    return project


def for_destroy(project: Project) -> Project:
    """The same project for a run that is asked to stop everything: stopping all of it is no mistake then."""
    return replace(project, rails=project.rails.for_destroy())


def open_desired(options: Options, project: Project) -> Mapping[Address, Resource]:
    """All resources of the project with their secrets, or an exit with every problem told."""
    loaded = load(project, os.environ)
    refuse(options, loaded.problems)
    return loaded.resources


def open_known(project: Project) -> Mapping[Address, Resource]:
    """What the manifests declare, for asking after open starts; nothing where they cannot be read or miss a secret."""
    loaded = load(project, os.environ)
    return {} if any(problem.severity == "error" for problem in loaded.problems) else loaded.resources


def origins_of(project: Project) -> Mapping[Address, str]:
    """Where the manifests declare the recordings, as far as they can be read; no secret is read for it."""
    return {address: resource.origin for address, resource in load(project, None).resources.items()}


def new_state() -> Snapshot:
    """An empty state with a lineage and a fingerprint key of its own."""
    return Snapshot(lineage=str(uuid4()), serial=0, fingerprint_key=token_bytes(32))


def open_world(project: Project, tell: Tell, *, wait: bool = True) -> World:
    """What a run is about; without `wait`, suspects are left to a later run."""
    return World(
        project=project.title,
        target=Target(project.endpoint, project.realm, project.app_id),
        backend=open_backend(project),
        policy=Policy(
            first_query_after=project.first_query_after,
            start_within=project.start_within,
            confirm_ended_for=project.confirm_ended_for,
            parallelism=project.parallelism,
            wait=wait,
            acquires=project.acquires,
        ),
        clock=Clock(now=lambda: datetime.now(UTC), sleep=time.sleep, monotonic=time.monotonic),
        tell=tell,
        new_state=new_state,
        prices=project.prices,
        rails=project.rails,
        hand_over=project.hand_over,
        capacity=Capacity(project.max_concurrent, project.requests_per_second, project.first_query_after),
    )


def open_reader(project: Project) -> AgoraReader:
    """A client that can ask and do nothing else."""
    return AgoraReader(Transport(_base(project), **_connection(project)), project.app_id, **_manners(project))


def open_recorder(project: Project) -> AgoraRecorder:
    """A client that can change things; for apply and destroy only."""
    return AgoraRecorder(WritingTransport(_base(project), **_connection(project)), project.app_id, **_manners(project))


def this_run(command: str) -> Lock:
    """The lock of this run, for the people who wait for it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return Lock(
        id=uuid4().hex[:8],
        holder=user,
        pid=os.getpid(),
        host=socket.gethostname(),
        since=datetime.now(UTC),
        command=f"takeup {command}",
    )


def _manners(project: Project) -> dict[str, Any]:
    """How fast, how often and where calls are sent."""
    limiter = Limiter(project.requests_per_second)
    retry = Retrier(limiter, project.budgets)
    return {"limiter": limiter, "retry": retry, "hosts": Hosts(_base(project), failover=project.failover)}


def _base(project: Project) -> str:
    return "http://127.0.0.1" if project.realm == "embedded" else project.endpoint


def _connection(project: Project) -> dict[str, Any]:
    if project.realm == "embedded":
        app = embedded_emulator(project)
        # It takes any credentials, but it wants some, as Agora's gateway does.
        return {
            "transport": wsgi_transport(app),
            "customer_id": "emulator",
            "customer_secret": Secret("emulator"),
        }
    return {
        "customer_id": project.customer_id,
        "customer_secret": project.customer_secret,
        "ca_file": _trusted(os.environ),
    }


def _trusted(env: Mapping[str, str]) -> Path | None:
    """The certificates to trust instead of the usual ones, by OpenSSL's variable: for the emulator, and for proxies."""
    path = env.get("SSL_CERT_FILE")
    return Path(path) if path else None


def embedded_emulator(project: Project) -> Any:  # noqa: ANN401 - a WSGI application
    """The emulator inside this process; its sessions are kept beside the state between commands."""
    from takeup.provider.emulator.store import SqliteStore  # noqa: PLC0415 - not needed against Agora
    from takeup.provider.emulator.world import World as EmulatorWorld  # noqa: PLC0415 - not needed against Agora
    from takeup.provider.emulator.wsgi import EmulatorApp  # noqa: PLC0415 - not needed against Agora

    project.state_path.parent.mkdir(parents=True, exist_ok=True)
    name = f"emulator-{project.environment}.db" if project.environment else "emulator.db"
    store = SqliteStore(project.state_path.parent / name)
    return EmulatorApp(EmulatorWorld(store))
