"""A session of the past on a real terminal: the installed program against an orchestrator with a real log."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm_node.journal.sqlite import SqliteJournal
from tests.e2e.terminal import terminal
from tests.services.orchestrators import started, url_of
from tests.tui.scenes.replay import recorded

CONSOLE = [sys.executable, "-m", "swarm_console"]


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """An orchestrator whose log holds two sessions."""
    journal = SqliteJournal(tmp_path / "state" / "swarm.db")
    journal.append([record.event for record in recorded().told])
    journal.close()
    process = started(tmp_path)
    try:
        yield url_of(process, tmp_path)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(300)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "TZ": "UTC"}


def test_a_session_is_seen_again_from_the_shell(
    url: str, env: dict[str, str], needs: Callable[..., None]
) -> None:
    needs("tmux")
    with terminal([*CONSOLE, "--gateway", url, "--replay", "1"], env=env) as screen:
        begun = ("‖ REPLAY  session 1", "event 0 of 147")
        screen.until(lambda text: all(part in text for part in begun) and "▶ REPLAY" in text.splitlines()[0])
        screen.until(lambda _: screen.title() == "REPLAY session 1 – Build Swarm")
        screen.press("m")
        screen.until(lambda text: "event 0 of" not in text and "✗" in text)
        screen.press("T")
        screen.until(lambda text: "Timeline" in text and "critical path" in text)
        screen.press("Escape")
        screen.until("2 Queue")
        screen.press(">", ">", "Space")
        screen.until("■ REPLAY")
        screen.press("b")
        screen.until("this is a replay")
        screen.press("q")
        screen.until(lambda _: screen.ended is not None)
        assert screen.ended == 0


def test_a_session_is_seen_again_from_the_live_console_and_left(
    url: str, env: dict[str, str], needs: Callable[..., None]
) -> None:
    needs("tmux")
    with terminal([*CONSOLE, "--gateway", url], env=env) as screen:
        screen.until("● live")
        screen.press("S")
        screen.until("2 in the log")
        screen.press("Down", "Enter")
        screen.until("REPLAY  session 1")
        screen.press("q")
        screen.until(lambda text: "● live" in text and "REPLAY" not in text)
        screen.press("q")
        screen.until(lambda _: screen.ended is not None)
        assert screen.ended == 0


@pytest.mark.parametrize(
    ("session", "said"),
    [("gone", "there is no session 'gone'"), ("1", "a replay needs a terminal")],
)
def test_what_cannot_be_replayed_is_told_with_the_next_step(
    session: str, said: str, url: str, env: dict[str, str]
) -> None:
    line = [*CONSOLE, "--gateway", url, "--replay", session]
    done = subprocess.run(line, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=90)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "swarm-console --run sessions" in done.stderr


def test_a_session_that_there_is_not_opens_no_screen(
    url: str, env: dict[str, str], needs: Callable[..., None]
) -> None:
    needs("tmux")
    line = shlex.join([*CONSOLE, "--gateway", url, "--replay", "99"])
    with terminal(["sh", "-c", f"{line}; echo ended with $?; sleep 60"], env=env) as screen:
        text = screen.until("ended with 1")
        assert "✗ the log has no session '99'; there are 1 to 2" in text
        assert "→ see swarm-console --run sessions" in text


def test_sessions_and_the_timeline_without_a_terminal(url: str, env: dict[str, str]) -> None:
    for action, said in (
        ("sessions", "swarm-console --replay SESSION"),
        ("timeline", "critical path: 1 build"),
    ):
        done = subprocess.run(
            [*CONSOLE, "--gateway", url, "--run", action], env=env, capture_output=True, text=True, timeout=90
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert said in done.stdout
