"""spec.state."""

from pathlib import Path

import pytest

from takeup.manifest.problem import Problem
from takeup.manifest.project import Project, load_project

HEAD = "apiVersion: takeup/v1\nkind: Project\nmetadata: {name: campus}\nspec:\n"
AGORA = "appId: a, customerId: {fromEnv: ID}, customerSecret: {fromEnv: NO}"
HTTP = "backend: http, address: 'https://s.example.org/a'"
S3 = "backend: s3, bucket: b, key: campus/prod.json"
AZURE = "backend: azure, account: a, container: c, key: k"
GCS = "backend: gcs, bucket: b, key: k"


def read(folder: Path, state: str, **env: str) -> tuple[Project | None, list[Problem]]:
    agora = f"  agora: {{endpoint: 'https://api.sd-rtn.com', {AGORA}}}\n"
    (folder / "takeup.yaml").write_text(f"{HEAD}{agora}  state: {{{state}}}\n", "utf-8")
    return load_project(folder, env, only="state")


def test_the_state_is_read_without_the_credentials_of_agora(tmp_path: Path) -> None:
    """Only the references of the state are read: those of Agora may be missing, and stay unread."""
    project, problems = read(tmp_path, f"{HTTP}, token: {{fromEnv: T}}", T="canary")
    assert problems == []
    assert project is not None
    assert project.state.token.reveal() == "canary"
    assert not project.customer_secret.resolved
    assert "canary" not in repr(project)
    _, problems = read(tmp_path, f"{HTTP}, token: {{fromEnv: T}}")
    assert [problem.message for problem in problems] == ["state.token: Environment variable T is not set."]


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        pytest.param("backend: ftp", "backend", id="an unknown backend"),
        pytest.param("address: 'https://s/a'", "is not for the backend local, but for http", id="an address of a file"),
        pytest.param("backend: http", "state.address is required with the backend http", id="no address"),
        pytest.param("backend: http, address: 'http://s.org/a'", "Plain http would send the state", id="plain http"),
        pytest.param("backend: http, address: 'ftp://s.org/a'", "not an http address", id="another protocol"),
        pytest.param("backend: http, address: 'https://u:p@s/a'", "do not belong into", id="credentials in an address"),
        pytest.param(f"{HTTP}, path: a.json", "state.path is not for the backend http", id="a path of a server"),
        pytest.param(f"{HTTP}, username: u", "state.password is missing", id="a user without a password"),
        pytest.param(f"{HTTP}, username: u, password: p, token: t", "only one can be sent", id="two credentials"),
        pytest.param(f"{HTTP}, lockMethod: GRAB", "lockMethod", id="an unknown method"),
        pytest.param(f"{HTTP}, timeout: 5", "not a duration", id="a time without a unit"),
        pytest.param("backend: s3, key: k", "state.bucket is required with the backend s3", id="s3, no bucket"),
        pytest.param("backend: s3, bucket: b", "state.key is required with the backend s3", id="s3, no key"),
        pytest.param("backend: s3, bucket: b, key: /k", "not the name of an object", id="s3, a slash at an end"),
        pytest.param("backend: s3, bucket: b, key: a/../k", "not the name of an object", id="s3, a way upwards"),
        pytest.param(f"{S3}, accessKey: k", "state.secretKey is missing", id="s3, half of a key"),
        pytest.param(f"{S3}, secretKey: k", "state.accessKey is missing", id="s3, the other half"),
        pytest.param(f"{S3}, sessionToken: t", "only beside the temporary accessKey", id="s3, a token without a key"),
        pytest.param(f"{S3}, account: a", "is not for the backend s3, but for azure", id="s3, a key of azure"),
        pytest.param(f"{S3}, endpoint: 'http://s.org'", "Plain http would send the state", id="s3, plain http"),
        pytest.param("backend: azure, account: a, key: k", "state.container is required", id="azure, no container"),
        pytest.param(f"{AZURE}, accessKey: k, sasToken: t", "one is enough", id="azure, two credentials"),
        pytest.param("backend: gcs, key: k", "state.bucket is required with the backend gcs", id="gcs, no bucket"),
        pytest.param(f"{GCS}, token: t, credentials: c", "one is enough", id="gcs, two credentials"),
        pytest.param("backend: postgres, path: a.json", "path is not for the backend postgres", id="a file there"),
        pytest.param("connection: c", "is not for the backend local, but for postgres", id="a connection of a file"),
        pytest.param("backend: postgres, schemaName: Take-up", "not the name of a schema", id="no schema name"),
        pytest.param("backend: postgres, schemaName: pg_x", "not the name of a schema", id="a schema of the server's"),
        pytest.param("backend: postgres, name: ''", "This is not a name", id="an empty name"),
        pytest.param('backend: postgres, name: "a\\nb"', "This is not a name", id="a name of two lines"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, state: str, problem: str) -> None:
    """Keys of another backend, missing ones and values that cannot be are told in a sentence, with their place."""
    project, problems = read(tmp_path, state)
    assert project is None
    assert [problem in found.message for found in problems].count(True) == 1, problems
    assert all(found.line == 6 and found.suggestion for found in problems), problems


@pytest.mark.parametrize(
    ("state", "name"),
    [
        pytest.param(f"{S3}, accessKey: {{fromEnv: T}}, secretKey: {{fromEnv: T}}", "secretKey", id="s3"),
        pytest.param(f"{AZURE}, sasToken: {{fromEnv: T}}", "sasToken", id="azure"),
        pytest.param(f"{GCS}, credentials: {{fromEnv: T}}", "credentials", id="gcs"),
    ],
)
def test_the_credentials_of_a_bucket(tmp_path: Path, state: str, name: str) -> None:
    """They are read where the state is, and no repr shows them."""
    project, problems = read(tmp_path, state, T="canary")
    assert problems == []
    assert project is not None
    assert getattr(project.state, name).reveal() == "canary"
    assert "canary" not in repr(project)


def test_a_state_in_postgres(tmp_path: Path) -> None:
    """A connection is a secret and may be left out, like the schema and the name."""
    project, problems = read(tmp_path, "backend: postgres, connection: {fromEnv: URL}, name: prod", URL="canary")
    assert problems == []
    assert project is not None
    assert project.state.connection.reveal() == "canary"
    assert project.state.name == "prod"
    assert "canary" not in repr(project)
    project, problems = read(tmp_path, "backend: postgres")
    assert problems == []
    assert project is not None
    assert project.state.model_fields_set == {"backend"}
    assert project.state.schemaName == "takeup"
