"""Keys as the terminal sends them: whole, in pieces, and a lone Esc."""

import os
import select
from collections.abc import Iterator
from queue import Queue
from threading import Thread
from types import SimpleNamespace

import pytest
from textual import constants, events
from textual.drivers.headless_driver import HeadlessDriver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from swarm_console.manners.hearing import Ending, Hearing, hearing

NEVER = 10_000.0


class Keyboard:
    """One end of a pipe, with what is heard at the other."""

    def __init__(self) -> None:
        self.heard: Queue[Message] = Queue()
        self.ended = Ending()
        self._fileno, self._hand = os.pipe()
        driver = SimpleNamespace(fileno=self._fileno, exit_event=self.ended, process_message=self.heard.put)
        self._thread = Thread(target=Hearing.run_input_thread, args=(driver,))
        self._thread.start()

    def type(self, piece: bytes) -> None:
        os.write(self._hand, piece)

    def key(self) -> str:
        """The next one that is heard."""
        message = self.heard.get(timeout=60)
        assert isinstance(message, events.Key)
        return message.key

    def close(self) -> None:
        self.ended.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        for end in (self._fileno, self._hand):
            os.close(end)


@pytest.fixture
def keyboard() -> Iterator[Keyboard]:
    """One that ends when it is told to, though nothing is typed."""
    made = Keyboard()
    yield made
    made.close()


def test_a_lone_escape_is_heard_although_nothing_follows(
    keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "ESCAPE_DELAY", 0.001)
    keyboard.type(b"\x1b")
    assert keyboard.key() == "escape"


def test_a_key_that_comes_in_two_pieces_is_one(keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ESCAPE_DELAY", NEVER)
    keyboard.type(b"\x1b")
    keyboard.type(b"[A")
    assert keyboard.key() == "up"


def test_half_a_character_waits_for_its_other_half(keyboard: Keyboard) -> None:
    keyboard.type("é".encode()[:1])
    keyboard.type("é".encode()[1:] + b"x")
    assert [keyboard.key(), keyboard.key()] == ["é", "x"]


def test_what_is_no_text_at_all_ends_nothing(keyboard: Keyboard) -> None:
    keyboard.type(b"\xff\xfea")
    assert [keyboard.key() for _ in range(3)][-1] == "a"


def test_an_ending_can_be_waited_for_and_taken_back() -> None:
    ending = Ending()
    for _ in range(2):
        assert not select.select([ending], [], [], 0)[0]
        ending.set()
        ending.set()
        assert ending.is_set() and select.select([ending], [], [], 0)[0]
        ending.clear()
        ending.clear()


def test_that_something_was_typed_is_said_before_the_app_has_it() -> None:
    told: list[object] = []
    kind, key = hearing(LinuxDriver, lambda: told.append("heard")), events.Key("x", "x")
    driver = SimpleNamespace(heard=kind.heard, _app=SimpleNamespace(post_message=told.append))
    kind.send_message(driver, key)
    assert told == ["heard", key]


def test_what_is_no_terminal_is_heard_as_ever() -> None:
    assert hearing(HeadlessDriver, lambda: None) is HeadlessDriver
