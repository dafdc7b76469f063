import ssl
import sys
import tempfile
from pathlib import Path

import pytest

from takeup.errors import UsageError
from takeup.provider.agora.transport import Transport
from takeup.provider.emulator.server import serve
from takeup.provider.emulator.tls import AGORA_HOSTS, LOCAL_NAMES, Certificates, make_certificates
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import EmulatorApp


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return make_certificates("127.0.0.2")


def trusting(ca_pem: bytes) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=ca_pem.decode())


def shake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """A handshake in memory; the client's side."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    two = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [one, two]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            waiting.remove(side)
    return one


@pytest.mark.parametrize("name", [*LOCAL_NAMES, "127.0.0.2", *AGORA_HOSTS])
def test_the_certificate_is_good_for_a_name(certificates: Certificates, name: str) -> None:
    """Who trusts the authority reaches the emulator under each name of this machine and of Agora."""
    assert shake(certificates.context, trusting(certificates.ca_pem), name).version() in {"TLSv1.2", "TLSv1.3"}


def test_all_hosts_of_agora_are_known() -> None:
    """Two base URLs, and eight regional hosts below each of the two domains."""
    assert len(set(AGORA_HOSTS)) == 18
    assert {"api.sd-rtn.com", "api.agora.io", "api-cn-north-1.agora.io"} <= set(AGORA_HOSTS)


def test_the_certificate_is_good_for_nothing_else(certificates: Certificates) -> None:
    """Another host name is refused."""
    with pytest.raises(ssl.SSLCertVerificationError, match="example"):
        shake(certificates.context, trusting(certificates.ca_pem), "example.org")


def test_nobody_trusts_it_by_itself(certificates: Certificates) -> None:
    """Without the authority's certificate the connection fails, and so it does with that of another start."""
    for client in (ssl.create_default_context(), trusting(make_certificates().ca_pem)):
        with pytest.raises(ssl.SSLCertVerificationError):
            shake(certificates.context, client, "localhost")


def test_no_key_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a file nor the certificate that clients get, nor the repr, holds a private key."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = make_certificates()
    assert list(tmp_path.iterdir()) == []
    assert b"PRIVATE" not in made.ca_pem
    assert made.ca_pem.count(b"BEGIN CERTIFICATE") == 1
    assert "context" not in repr(made)


def test_a_missing_package_is_told_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without trustme the error names the extra."""
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(UsageError, match="trustme") as caught:
        make_certificates()
    assert "pip install 'takeup[tls]'" in caught.value.hint


def test_the_client_trusts_a_file_of_certificates(certificates: Certificates, tmp_path: Path) -> None:
    """With `ca_file` the client reaches an emulator over https, credentials and all."""
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(certificates.ca_pem)
    with serve(EmulatorApp(World()), tls=certificates.context) as server:
        assert server.url.startswith("https://127.0.0.1:")
        transport = Transport(server.url, ca_file=ca_file)
        answer = transport.get("/v1/nothing")
        transport.close()
    assert (answer.status, answer.body) == (404, {"message": "no Route matched with those values"})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(None, "cannot be read: No such file", id="a missing file"),
        pytest.param(b"", "holds no certificate", id="an empty file"),
        pytest.param(b"nonsense\n", "holds no certificate", id="a file of something else"),
    ],
)
def test_a_wrong_file_of_certificates_is_told(tmp_path: Path, content: bytes | None, says: str) -> None:
    """The error names the file and the variable that may have named it; nothing is sent."""
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_bytes(content)
    with pytest.raises(UsageError, match=says) as caught:
        Transport("https://127.0.0.1:1", ca_file=ca_file)
    assert str(ca_file) in caught.value.message
    assert "SSL_CERT_FILE" in caught.value.hint


def test_plain_http_needs_no_certificates(tmp_path: Path) -> None:
    """The file is not even looked at where nothing is encrypted."""
    Transport("http://127.0.0.1:1", ca_file=tmp_path / "missing.pem").close()
