"""Asking the swarm: a blocking HTTP/1.0 client for its JSON documents, over a plain socket.

Own code because `status` must feel instant: `http.client` alone takes longer to import than everything that a
status needs, and `socket` wraps the C module in enumerations at a similar price. HTTP/1.0 leaves nothing to
speak of: no chunks, no keep-alive, the end of the answer is the end of the connection (RFC 9112, appendix C).
Errors are raised as the model's `Refused`, imported when there is one.
"""

from __future__ import annotations

import _socket
import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from swarm_node.model.refusal import Refused

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
WORK_SECONDS = 3600.0
"""How long an action may take before its answer: a sync of every tree, a release of everything."""
CHUNK = 1 << 18
KEEPALIVE = ((_socket.TCP_KEEPIDLE, 15), (_socket.TCP_KEEPINTVL, 5), (_socket.TCP_KEEPCNT, 4))
"""Seconds after which a machine that vanished in the middle of an answer is noticed."""


class Answer:
    """One HTTP answer: status, headers by lower-case name, body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


class Swarm:
    """The swarm behind one gateway.

    `say` takes a line of talk for whoever waits, `show` a line of what was asked for (a log that grows).
    `agreed`: whatever asks first has been agreed to.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        say: Callable[[str], None] | None = None,
        show: Callable[[str], None] | None = None,
        agreed: bool = False,
    ) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._say, self._show = say, show
        self.undoes: int | None = None
        """The action of that number in the log is what actions now take back; None: they are no undo."""
        self.agreed = agreed

    def say(self, line: str) -> None:
        """Tell the person who waits what goes on."""
        if self._say is not None:
            self._say(line)

    def show(self, line: str) -> None:
        """Hand over one line of what was asked for, before all of it is there."""
        (self._show or self.say)(line)

    def get(self, path: str) -> Any:
        """The document at a path. Raises: Refused."""
        return document(self.url, self.fetch("GET", path))

    def get_all(self, *paths: str) -> list[Any]:
        """The documents at several paths, asked for at once. Raises: Refused for the first that fails."""
        waiting = [self._send("GET", path, None, ANSWER_SECONDS) for path in paths]
        return [document(self.url, self._receive(connection)) for connection in waiting]

    def act(self, action: str, **params: object) -> Any:
        """Have an action done and wait for its outcome; parameters of None are left out. Raises: Refused."""
        body = {key: value for key, value in params.items() if value is not None}
        query = "" if self.undoes is None else f"?undoes={self.undoes}"
        return document(self.url, self.fetch("POST", f"/api/v1/actions/{action}{query}", body, WORK_SECONDS))

    def fetch(self, method: str, path: str, body: object = None, seconds: float = ANSWER_SECONDS) -> Answer:
        """One request and its answer, whatever its status. Raises: Refused (gateway_unreachable)."""
        return self._receive(self._send(method, path, body, seconds))

    def _send(self, method: str, path: str, body: object, seconds: float) -> _socket.socket:
        host, port, secure = address(self.url)
        payload = b"" if body is None else json.dumps(body).encode()
        head = [
            f"{method} {path} HTTP/1.0",
            f"Host: {self.url.partition('://')[2]}",
            "Accept: application/json",
            "User-Agent: swarm-console",
        ]
        if self._token:
            head.append(f"Authorization: Bearer {self._token}")
        if body is not None:
            head += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
        try:
            connection = _connect(host, port, secure)
            connection.settimeout(seconds)
            connection.sendall("\r\n".join([*head, "", ""]).encode() + payload)
        except OSError as error:
            raise unreachable(self.url, error) from None
        return connection

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a document as they arrive. Raises: Refused."""
        head, held = b"", b""
        for chunk in self._arriving(self._send("GET", path, None, ANSWER_SECONDS)):
            held += chunk
            if not head and b"\r\n\r\n" in held:
                head, _, held = held.partition(b"\r\n\r\n")
                if head[8:13] != b" 200 ":
                    raise refused("bad_answer", f"{self.url} has no {path}", "is that the gateway?")
            if head:
                *whole, held = held.split(b"\n")
                yield from whole

    def _receive(self, connection: _socket.socket) -> Answer:
        return parse(self.url, b"".join(self._arriving(connection)))

    def _arriving(self, connection: _socket.socket) -> Iterator[bytes]:
        try:
            while chunk := connection.recv(CHUNK):
                yield chunk
        except OSError as error:
            raise unreachable(self.url, error) from None
        finally:
            connection.close()


def address(url: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS is spoken, of an http URL without a path. Raises: Usage."""
    scheme, separator, rest = url.partition("://")
    host, colon, port = rest.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = rest, "443" if scheme == "https" else "80"
    known = separator and scheme in ("http", "https") and host and not set(rest) & set("/?#@ \r\n\t")
    if not known or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        from swarm_console.errors import Usage

        raise Usage(f"{url!r:.100} is no gateway's URL", "write it like http://10.42.0.199:8090")
    return host.strip("[]"), int(port), scheme == "https"


def _connect(host: str, port: int, secure: bool) -> _socket.socket:
    """A connection to the first address that answers. Raises: OSError."""
    failure: OSError = OSError(f"the name {host} has no address")
    name = host.encode() if host.isascii() else host  # bytes need no table of international names
    for family, kind, protocol, _, where in _socket.getaddrinfo(name, port, 0, _socket.SOCK_STREAM):
        connection = _socket.socket(family, kind, protocol)
        try:
            connection.settimeout(CONNECT_SECONDS)
            connection.connect(where)
        except OSError as error:
            connection.close()
            failure = error
            continue
        connection.setsockopt(_socket.SOL_SOCKET, _socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            connection.setsockopt(_socket.IPPROTO_TCP, option, value)
        return _secured(connection, host) if secure else connection
    raise failure


def _secured(connection: _socket.socket, host: str) -> _socket.socket:
    import socket
    import ssl

    plain = socket.socket(fileno=connection.detach())
    plain.settimeout(CONNECT_SECONDS)
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def parse(url: str, raw: bytes) -> Answer:
    """An HTTP answer out of its bytes. Raises: Refused (bad_answer) when it is none, or cut off."""
    head, separator, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not separator or not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
        what = "broke the connection off" if not raw else "does not speak HTTP"
        raise refused("bad_answer", f"what listens at {url} {what}", "is that the gateway? see --gateway URL")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "")
    if length.isdecimal() and len(body) < int(length):
        raise refused("bad_answer", f"the answer of {url} broke off", "try again")
    return Answer(int(rest[:3]), headers, body)


def document(url: str, answer: Answer) -> Any:
    """The JSON document of an answer. Raises: Refused with what the swarm said when it said no."""
    try:
        found = json.loads(answer.body)
    except ValueError:
        raise refused(
            "bad_answer", f"{url} answered {answer.status} without a document", "is that the gateway?"
        ) from None
    if answer.status < 400:
        return found
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        raise refused("bad_answer", f"{url} answered {answer.status}", "is that the gateway?")
    raise refused(
        str(error.pop("code", "")), str(error.pop("message", "")), str(error.pop("hint", "")), **error
    )


def unreachable(url: str, error: OSError) -> Refused:
    """The refusal of a gateway that does not answer."""
    return refused(
        "gateway_unreachable",
        f"no gateway answers at {url}: {reason(error)}",
        "start it: rc-service swarm-gateway start; or name another: --gateway URL",
    )


def reason(error: OSError) -> str:
    """An OSError in a few words."""
    if isinstance(error, TimeoutError):
        return "timed out"
    return (error.strerror or str(error) or type(error).__name__).lower()


def refused(code: str, message: str, hint: str = "", **detail: object) -> Refused:
    """A `Refused` of the model; a code that this version does not know counts as a bad answer."""
    from swarm_node.model.refusal import CODES, Refused

    detail = {key: value for key, value in detail.items() if key not in ("self", "code", "message", "hint")}
    if code not in CODES:
        return Refused("bad_answer", f"{message} ({code})" if code else message, hint, **detail)
    return Refused(code, message, hint, **detail)
