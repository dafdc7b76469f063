"""Which of Agora's hosts a call goes to, and which one comes next when it cannot be reached [swd, zhavail].

Documented: (1) the same host again, (2) the other major domain, (3) an adjacent regional host; (2) is left out where
not DNS but the network failed. A regional host is of the domain that was tried last.
"""

import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

_OTHER_DOMAIN = {"sd-rtn.com": "agora.io", "agora.io": "sd-rtn.com"}
# A choice; the documents name the hosts and not which of them are adjacent. A regional host has its neighbour of the
# same area, so that whoever named one stays there. `api` is of no region: the first host of the documented list.
_ADJACENT = {
    "api": "api-us-west-1",
    "api-us-west-1": "api-us-east-1",
    "api-us-east-1": "api-us-west-1",
    "api-eu-west-1": "api-eu-central-1",
    "api-eu-central-1": "api-eu-west-1",
    "api-ap-southeast-1": "api-ap-northeast-1",
    "api-ap-northeast-1": "api-ap-southeast-1",
    "api-cn-east-1": "api-cn-north-1",
    "api-cn-north-1": "api-cn-east-1",
}
Step = Callable[[str], str]


def has_failover(base: str) -> bool:
    """Whether an endpoint is one of Agora's own hosts, as documented: https, a known name, the usual port."""
    name, _, domain = _host(base).partition(".")
    return base == f"https://{name}.{domain}" and name in _ADJACENT and domain in _OTHER_DOMAIN


def is_dns(error: BaseException) -> bool:
    """Whether a name could not be looked up; else it is the network that failed."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, socket.gaierror):
        cause = cause.__cause__ or cause.__context__  # httpcore raises again `from None`: only the context is left
    return cause is not None


class Route:
    """The hosts of one call, one after the other; of one thread.

    Args:
        base: where it goes first.
        steps: how the next host follows from the last one, each taken once; then it stays.
        moved: told of a host that worked after the first one did not.
        pinned: told of the host that is not to be left any more.
    """

    def __init__(
        self,
        base: str,
        steps: tuple[Step, ...] = (),
        *,
        moved: Callable[[str], None] = lambda _: None,
        pinned: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.base = base
        self._first = base
        self._steps = list(steps)
        self._moved = moved
        self._pinned = pinned

    def failed(self, error: BaseException) -> None:
        """An attempt got no answer: choose the host of the next one."""
        if self._steps and self._steps[0] is other_domain and not is_dns(error):
            del self._steps[0]
        if self._steps:
            self.base = self._steps.pop(0)(self.base)

    def pin(self) -> None:
        """An attempt may have had its effect here, and a second one elsewhere would not know: stay."""
        self._steps.clear()
        self._pinned(self.base)

    def worked(self) -> None:
        """An answer came."""
        if self.base != self._first:
            self._moved(self.base)


class Hosts:
    """Where the calls of a run go, shared by its threads.

    Args:
        base: the endpoint; "" leaves it to the transport.
        failover: whether other hosts may be tried. Without effect where the endpoint is not one of Agora's own hosts.
    """

    def __init__(self, base: str = "", *, failover: bool = True) -> None:
        self._endpoint = base.lower().rstrip("/") if has_failover(base.lower().rstrip("/")) else base
        self._base = self._endpoint
        self._steps = (_same, other_domain, adjacent) if failover and has_failover(self._endpoint) else ()
        self._lock = threading.Lock()
        self._unstarted: set[str] = set()
        self._started_at: dict[str, str] = {}

    def route(self) -> Route:
        """The way of a call that may be sent twice."""
        return Route(self._base, self._steps, moved=self._stay)

    def acquired(self, resource_id: str) -> None:
        """Its first start may go anywhere."""
        with self._lock:
            self._unstarted.add(resource_id)

    def route_of_start(self, resource_id: str) -> Route:
        """The way of a start.

        Once one may have had its effect, its resourceId is started on that host only, for ever. So is one that this
        run did not acquire: somebody sends again what an earlier run sent, from the endpoint as far as is known.
        """
        with self._lock:
            if resource_id not in self._unstarted:
                return Route(self._started_at.get(resource_id, self._endpoint))

        def pinned(base: str) -> None:
            with self._lock:
                self._unstarted.discard(resource_id)
                self._started_at[resource_id] = base

        return Route(self._base, self._steps, moved=self._stay, pinned=pinned)

    def _stay(self, base: str) -> None:
        with self._lock:
            self._base = base


def other_domain(base: str) -> str:
    """The same host of the other major domain."""
    name, _, domain = _host(base).partition(".")
    return f"https://{name}.{_OTHER_DOMAIN[domain]}"


def adjacent(base: str) -> str:
    """A regional host beside this one, of the same major domain."""
    name, _, domain = _host(base).partition(".")
    return f"https://{_ADJACENT[name]}.{domain}"


def _same(base: str) -> str:
    return base


def _host(base: str) -> str:
    return urlsplit(base).hostname or ""
