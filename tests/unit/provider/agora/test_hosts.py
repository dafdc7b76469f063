"""Failover between Agora's hosts: their order, who may use it, and that a start is never sent blindly elsewhere."""

import json
import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from takeup.core.address import Mode
from takeup.errors import NotSentError, OutcomeUnknownError, ProviderError
from takeup.provider.agora.client import AgoraRecorder
from takeup.provider.agora.hosts import Hosts, adjacent, other_domain
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.retry import Retrier
from takeup.provider.agora.transport import WritingTransport
from takeup.provider.port import SessionRef

SD, IO = "https://api.sd-rtn.com", "https://api.agora.io"
WEST_SD, WEST_IO = "https://api-us-west-1.sd-rtn.com", "https://api-us-west-1.agora.io"
EAST_SD = "https://api-us-east-1.sd-rtn.com"
REF = SessionRef("c", "1", Mode.MIX, "r", "s")
BODY = {"cname": "c", "uid": "1", "resourceId": "r", "sid": "s", "serverResponse": {"status": 5}}


def no_name() -> Exception:
    """What httpx raises where a name cannot be looked up, with its chain of causes."""
    cause = ConnectionError("lower layer")
    cause.__context__ = socket.gaierror(-2, "Name or service not known")
    error = httpx.ConnectError("no such host")
    error.__cause__ = cause
    return error


def refused() -> Exception:
    """What httpx raises where nobody listens."""
    return httpx.ConnectError("connection refused")


def silence() -> Exception:
    """What httpx raises where no answer comes."""
    return httpx.ReadTimeout("silence")


def busy() -> tuple[int, dict[str, Any]]:
    """Agora's answer to a call that it did not complete."""
    return 206, {"code": 65}


Behaviour = Callable[[], Exception | tuple[int, dict[str, Any]]]


class Internet:
    """Hosts that fail as they are told, without any network; those that are not named answer."""

    def __init__(self, endpoint: str, failing: Mapping[str, Behaviour], *, failover: bool = True) -> None:
        self.failing = dict(failing)
        self.asked: list[str] = []
        self.sleeps: list[float] = []
        limiter = Limiter(None)
        wire = WritingTransport(endpoint, transport=lambda: httpx.MockTransport(self._handle))
        retry = Retrier(limiter, sleep=self.sleeps.append)
        self.client = AgoraRecorder(wire, "app", limiter, retry, Hosts(endpoint, failover=failover))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        base = f"{request.url.scheme}://{request.url.netloc.decode()}"
        assert request.headers["Host"] == urlsplit(base).netloc
        self.asked.append(base)
        result = self.failing.get(base, lambda: (200, BODY))()
        if isinstance(result, Exception):
            raise result
        return httpx.Response(result[0], stream=httpx.ByteStream(json.dumps(result[1]).encode()))


def acquire(net: Internet) -> object:
    return net.client.acquire(cname="c", uid="1", mode=Mode.MIX, spec={})


def start(net: Internet) -> object:
    return net.client.start(cname="c", uid="1", mode=Mode.MIX, resource_id="r", spec={})


def first_start(net: Internet) -> object:
    """Start what this run acquired, as an apply does."""
    failing, net.failing = net.failing, {}
    acquire(net)
    net.failing = failing
    net.asked.clear()
    return start(net)


def query(net: Internet) -> object:
    return net.client.query(REF)


def update(net: Internet) -> object:
    return net.client.update(REF, spec={"storageConfig": {}}, groups=frozenset({"storage"}))


def stop(net: Internet) -> object:
    return net.client.stop(REF)


Call = Callable[[Internet], object]
SAFE = [acquire, query, update, stop]


@pytest.mark.parametrize("call", [*SAFE, first_start])
def test_dns_that_fails(call: Call) -> None:
    """The same host again, the other domain, then a regional host of it; after 1, 3 and 6 s."""
    net = Internet(SD, {SD: no_name, IO: no_name})
    call(net)
    assert net.asked == [SD, SD, IO, WEST_IO]
    assert net.sleeps == [1, 3, 6]


@pytest.mark.parametrize("call", [*SAFE, first_start])
def test_a_network_that_fails(call: Call) -> None:
    """The other domain is left out: the way there is the same."""
    net = Internet(SD, {SD: refused})
    call(net)
    assert net.asked == [SD, SD, WEST_SD]
    assert net.sleeps == [1, 3]


def test_the_last_host_gets_what_is_left() -> None:
    """When no other one is documented, the last one is asked again, and its error is told."""
    net = Internet(SD, {SD: refused, WEST_SD: refused})
    with pytest.raises(NotSentError, match=WEST_SD):
        query(net)
    assert net.asked == [SD, SD, WEST_SD, WEST_SD]


@pytest.mark.parametrize("call", SAFE)
def test_silence_sends_what_may_be_repeated_elsewhere(call: Call) -> None:
    """After a second silence a call that may be sent twice goes to a regional host."""
    net = Internet(SD, {SD: silence})
    call(net)
    assert net.asked == [SD, SD, WEST_SD]


@pytest.mark.parametrize("failure", [silence, busy])
def test_a_start_of_unknown_outcome_stays_on_its_host(failure: Behaviour) -> None:
    """It is repeated there within the call, and by every later call of the run, even when that host is gone."""
    net = Internet(SD, {SD: failure})
    with pytest.raises(OutcomeUnknownError):
        first_start(net)
    net.failing = {SD: no_name}
    query(net)
    net.asked.clear()
    with pytest.raises(NotSentError):
        start(net)
    assert set(net.asked) == {SD}


def test_a_start_stays_where_it_was_first_taken() -> None:
    """The host that counts is the one that it reached, not the endpoint."""
    net = Internet(SD, {SD: refused, WEST_SD: silence})
    with pytest.raises(OutcomeUnknownError):
        first_start(net)
    assert net.asked == [SD, SD, WEST_SD, WEST_SD, WEST_SD]
    net.asked.clear()
    net.failing = {}
    start(net)
    assert net.asked == [WEST_SD]


def test_a_start_of_an_earlier_run_goes_to_the_endpoint_alone() -> None:
    """What this run did not acquire may have been started before: no other host is tried."""
    net = Internet(SD, {SD: no_name})
    with pytest.raises(NotSentError):
        start(net)
    assert set(net.asked) == {SD}


def test_a_start_that_was_not_sent_may_still_go_anywhere() -> None:
    """A later call of it tries the other hosts again."""
    net = Internet(SD, {SD: no_name, IO: no_name, WEST_IO: no_name})
    with pytest.raises(NotSentError):
        first_start(net)
    net.failing = {SD: no_name}
    start(net)
    assert net.asked[-3:] == [SD, SD, IO]


def test_a_host_that_worked_is_kept() -> None:
    """All later calls of the run begin there, and fail over from there."""
    net = Internet(SD, {SD: refused})
    query(net)
    net.asked.clear()
    for call in (query, stop, first_start):
        call(net)
    assert set(net.asked) == {WEST_SD}
    net.asked.clear()
    net.failing = {SD: refused, WEST_SD: refused}
    query(net)
    assert net.asked == [WEST_SD, WEST_SD, EAST_SD]


def test_a_host_that_answers_with_a_server_error_is_not_kept() -> None:
    """It is no better than the first one."""
    net = Internet(SD, {SD: refused, WEST_SD: lambda: (503, {})})
    with pytest.raises(ProviderError):
        query(net)
    net.asked.clear()
    net.failing = {}
    query(net)
    assert net.asked == [SD]


@pytest.mark.parametrize(
    ("endpoint", "failover"),
    [
        pytest.param(SD, False, id="switched off"),
        pytest.param("https://proxy.example.org", True, id="a host of somebody else"),
        pytest.param("https://api.sd-rtn.com.example.org", True, id="a name that begins like Agora's"),
        pytest.param("https://api-us-west-9.sd-rtn.com", True, id="a region that there is not"),
        pytest.param("https://api.sd-rtn.com:8443", True, id="another port"),
        pytest.param("http://127.0.0.1:9", True, id="loopback"),
    ],
)
def test_where_there_is_no_failover(endpoint: str, failover: bool) -> None:  # noqa: FBT001 - a row
    """Nothing, and no credentials, go to any other host."""
    net = Internet(endpoint, {endpoint: no_name}, failover=failover)
    with pytest.raises(NotSentError):
        query(net)
    assert set(net.asked) == {endpoint}
    assert len(net.asked) == 4


def test_the_name_of_a_host_may_be_written_large() -> None:
    """DNS does not tell cases apart."""
    net = Internet("https://API.sd-rtn.com/", {"https://api.sd-rtn.com": refused})
    query(net)
    assert net.asked[-1] == WEST_SD


def test_a_regional_host_stays_in_its_area() -> None:
    """Its neighbour is of the same area and domain; the neighbour's is itself, and other domains keep the name."""
    for name in ("us-west-1", "us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-1", "cn-north-1"):
        base = f"https://api-{name}.agora.io"
        beside = adjacent(base)
        assert beside.startswith(f"https://api-{name[:2]}-")
        assert beside.endswith(".agora.io")
        assert beside != base
        assert adjacent(beside) == base
        assert other_domain(base) == f"https://api-{name}.sd-rtn.com"
        assert other_domain(other_domain(base)) == base
