"""The console's HTTP client against servers that behave, misbehave, or are not there."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_console.errors import Usage
from swarm_console.wire import ask
from swarm_console.wire.ask import Swarm, address, parse, refused
from swarm_node.model.refusal import Refused


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers one connection after the other with these bytes; what it was asked."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                connection, _ = server.accept()
                with connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        thread.join(60)


def ok(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.0 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


def test_documents_come_and_parameters_go() -> None:
    with answering(ok(b'{"a": 1}'), ok(b"[]")) as (url, heard):
        swarm = Swarm(url, token="secret")
        assert swarm.get("/api/v1/status") == {"a": 1}
        assert swarm.act("drain", node="vega", reason=None) == []
    assert heard[0].startswith(b"GET /api/v1/status HTTP/1.0\r\n")
    assert b"\r\nAuthorization: Bearer secret\r\n" in heard[0]
    assert heard[1].startswith(b"POST /api/v1/actions/drain ") and heard[1].endswith(b'{"node": "vega"}')


def test_lines_come_one_by_one() -> None:
    long = b"x" * (3 * ask.CHUNK)
    answer = (
        b"HTTP/1.0 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n1\n%b\n3\nan end without a break"
        % long
    )
    with answering(answer) as (url, heard):
        assert list(Swarm(url).lines("/x")) == [b"1", long, b"3"]
    assert heard[0].startswith(b"GET /x HTTP/1.0\r\n")


@pytest.mark.parametrize("answer", [ok(b"{}", b"404 Not Found"), b"SSH-2.0-OpenSSH\r\n\r\n\n"])
def test_no_lines_where_there_is_no_such_document(answer: bytes) -> None:
    with answering(answer) as (url, _), pytest.raises(Refused) as caught:
        list(Swarm(url).lines("/x"))
    assert caught.value.code == "bad_answer"


def test_several_documents_are_asked_for_at_once() -> None:
    with answering(ok(b"1"), ok(b"2")) as (url, _):
        assert Swarm(url).get_all("/a", "/b") == [1, 2]


def test_a_refusal_arrives_as_it_was_sent() -> None:
    body = b'{"error": {"code": "unknown_node", "message": "no vga", "hint": "vega?", "near": ["vega"]}}'
    with answering(ok(body, b"404 Not Found")) as (url, _), pytest.raises(Refused) as caught:
        Swarm(url).get("/x")
    error = caught.value
    assert (error.code, error.message, error.hint) == ("unknown_node", "no vga", "vega?")
    assert error.detail == {"near": ["vega"]}


WRONG = {
    "nothing": b"",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "cut off": b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    "no document": ok(b"<html>hello</html>"),
    "an error without one": ok(b"{}", b"500 Oops"),
    "an error of another shape": ok(b'{"error": "no"}', b"400 Bad"),
    "a code of another time": ok(b'{"error": {"code": "later", "message": "m"}}', b"418 Tea"),
    "not even text": ok(b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_a_wrong_answer_is_a_refusal(answer: bytes) -> None:
    with answering(answer) as (url, _), pytest.raises(Refused) as caught:
        Swarm(url).get("/x")
    assert caught.value.code == "bad_answer"


def test_nobody_there_is_told_with_the_next_step(free_port: Callable[[], int]) -> None:
    with pytest.raises(Refused) as caught:
        Swarm(f"http://127.0.0.1:{free_port()}").get("/x")
    assert caught.value.code == "gateway_unreachable" and "--gateway" in caught.value.hint


def test_a_silent_server_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Refused) as caught:
        Swarm(f"http://127.0.0.1:{server.getsockname()[1]}").get_all("/x")
    assert "timed out" in caught.value.message


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://10.42.0.199:8090", ("10.42.0.199", 8090, False)),
        ("http://gate", ("gate", 80, False)),
        ("https://gate", ("gate", 443, True)),
        ("http://[::1]:8090", ("::1", 8090, False)),
        ("http://[::1]", ("::1", 80, False)),
    ],
)
def test_addresses(url: str, found: tuple[str, int, bool]) -> None:
    assert address(url) == found


@pytest.mark.parametrize(
    "url",
    ["", "gate:8090", "ftp://gate", "http://", "http://g:0", "http://g:65536", "http://g:x", "http://a b:1",
     "http://g:1/path", "http://u@g:1", "http://g:٣", "http://g\r\nX: y:1"],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(Usage):
        address(url)


@given(st.binary(max_size=200))
def test_no_answer_breaks_the_client(raw: bytes) -> None:
    for answer in (raw, b"HTTP/1.1 200 OK\r\n" + raw, ok(raw)):
        try:
            ask.document("http://g:1", parse("http://g:1", answer))
        except Refused as error:
            assert error.message


def test_an_unknown_code_is_kept_in_the_message() -> None:
    assert "later" in refused("later", "no").message
    assert refused("too_risky", "no", findings=[]).detail == {"findings": []}
