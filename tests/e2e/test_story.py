"""What the README promises a stranger: with keys alone, what is blocked is found, cured and released.

The installed program in a real terminal, on its embedded swarm; the tests are one story, in this order.
"""

import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from swarm_node.demo.requirements import missing
from tests.e2e.swarm import children, goes_on, words, working_for
from tests.e2e.terminal import Terminal, terminal

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3000)]

CONSOLE: Final = Path(sys.executable).with_name("swarm-console")
BUILT: Final = 1500.0
"""Seconds that the whole desktop may take on a machine that does other things too."""
TOTALS: Final = re.compile(r"Needed (\d+) +Building (\d+) +Complete (\d+) +Blocked (\d+)")


class Story:
    """The console in its terminal, and how many tests had failed before."""

    def __init__(self, window: Terminal, directory: Path, failures: int) -> None:
        self.window, self.directory, self.failures = window, directory, failures

    def until_totals(self, met: Callable[[int, int, int, int], bool], seconds: float) -> tuple[int, ...]:
        """Wait until the four numbers are such: needed, building, complete, blocked."""
        screen = self.window.until(lambda screen: (seen := totals(screen)) and met(*seen), seconds)
        return totals(screen)


@pytest.fixture(scope="module")
def story(request: pytest.FixtureRequest) -> Iterator[Story]:
    """The console has just been started, at its first picture; nothing of it runs afterwards."""
    lacking = sorted({program.name for program in missing() if not program.optional})
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    with tempfile.TemporaryDirectory(prefix="swarm-", dir="/tmp") as folder:
        directory = Path(folder).resolve() / "demo"
        home = {"HOME": folder, "XDG_STATE_HOME": f"{folder}/state", "XDG_CONFIG_HOME": f"{folder}/config"}
        command = [str(CONSOLE), "--demo", "--demo-dir", str(directory)]
        with terminal(command, (120, 36), home) as window:
            yield Story(window, directory, request.session.testsfailed)
        until_gone(directory)


@pytest.fixture(autouse=True)
def in_order(story: Story, request: pytest.FixtureRequest) -> None:
    goes_on(story, request)  # type: ignore[arg-type]


def test_the_first_picture_says_what_to_do(story: Story) -> None:
    words = ("NEXT no session yet", "build-swarm fresh", "vega", "altair", "deneb")
    story.window.until(lambda screen: all(word in screen for word in words), 180)


def test_n_does_it_at_once_where_nothing_is_lost(story: Story) -> None:
    story.window.press("n")
    needed, *_ = story.until_totals(lambda needed, building, *_: needed > 10 and building > 0, 180)
    assert needed > 10


def test_everything_is_built_but_what_fails_on_purpose(story: Story) -> None:
    _, _, complete, blocked = story.until_totals(lambda needed, building, *_: not needed + building, BUILT)
    assert blocked == 5
    assert complete > 25
    story.window.until("fix-blocked", 180)


def test_a_blocked_package_is_found_and_understood(story: Story) -> None:
    """3 Enter: the causes of what is blocked, and the first in depth; Esc back."""
    window = story.window
    window.press("3")
    window.press("Enter")
    proof = "│ │"
    parts = ("1 Why", "x  build-swarm ", proof)
    window.until(lambda screen: all(part in screen for part in parts), 180)
    window.press("Escape")
    window.until("1 Nodes", 180)


def test_a_small_terminal_shows_it_too(story: Story) -> None:
    """One pane at a time below a strip of all; side by side again where there is room."""

    def strip(screen: str) -> bool:
        return any("1 Nodes" in line and "5 Events" in line for line in screen.splitlines())

    story.window.resize(60, 20)
    screen = story.window.until(strip, 180)
    assert all(len(line) <= 60 for line in screen.splitlines())
    story.window.resize(120, 36)
    story.window.until(lambda screen: "5 Events" in screen and not strip(screen), 180)


def test_f_offers_the_cures_and_they_are_done(story: Story) -> None:
    """f a y Esc: every first remedy, after one question; what came of each is told."""
    window = story.window
    window.press("f")
    window.until("Fix blocked:", 180)
    window.press("a")
    window.until("Yes (y)", 180)
    window.press("y")
    report = ("fix-blocked --apply   ", "esc goes back", "back in the queue")
    window.until(lambda screen: all(part in screen for part in report), BUILT)
    window.press("Escape")
    window.until(lambda screen: "esc goes back" not in screen, 180)
    story.until_totals(lambda needed, building, _, blocked: not needed + building + blocked, BUILT)


def test_verified_it_is_released(story: Story) -> None:
    window = story.window
    window.press("v")
    window.until("verified, risk score 0", 180)
    window.press("F")
    window.until("Yes (y)", 180)
    window.press("y")
    window.until("NEXT release 1 is live", 180)


def test_the_gateway_may_die_under_it(story: Story) -> None:
    """The picture stays, marked as stale, and comes back by itself; nothing is done twice."""
    gateway = _service(story, "gateway")
    os.kill(gateway, signal.SIGSTOP)
    try:
        stale = ("stale since", "release 1 is live")
        story.window.until(lambda screen: all(words in screen for words in stale), 180)
    finally:
        os.kill(gateway, signal.SIGKILL)
    live = ("● live", "release 1 is live")
    story.window.until(lambda screen: all(words in screen for words in live) and "stale" not in screen, 180)


def test_q_ends_it_and_everything_that_it_started(story: Story) -> None:
    story.window.press("q")
    story.window.until(lambda _: story.window.ended is not None, 180)
    assert story.window.ended == 0
    until_gone(story.directory, but=("tmux ",))  # the terminal was told the directory


def totals(screen: str) -> tuple[int, ...]:
    """Needed, building, complete and blocked, as they stand on the screen; none while they do not."""
    found = TOTALS.search(screen)
    return tuple(map(int, found.groups())) if found else ()


def until_gone(directory: Path, *, but: tuple[str, ...] = (), seconds: float = 300.0) -> None:
    """Wait until nothing runs any more that has to do with a directory, `but` what begins so."""
    deadline = time.monotonic() + seconds
    while running := [line for line in working_for(directory).values() if not line.startswith(but)]:
        assert time.monotonic() < deadline, f"still there: {running}"
        time.sleep(0.1)


def _service(story: Story, name: str) -> int:
    """The process of one service, by the settings file that it was started with."""
    wanted = str(story.directory / name / f"{name}.conf").encode()
    pending = [story.window.pid]
    for pid in pending:  # grows while it is read
        if wanted in words(pid) and b"demo" not in words(pid)[3:4]:
            return pid
        pending += children(pid)
    raise AssertionError(f"{name} does not run")
