"""The pseudo-terminal that speeds are measured on says clearly that its program has ended."""

import os
import sys

import pytest

from bench.terminal import Ended, Terminal

LAST = "no more work"


def dying() -> Terminal:
    return Terminal([sys.executable, "-c", f"print({LAST!r})"], os.environ)


def test_who_waits_for_a_picture_hears_that_none_will_come() -> None:
    with dying() as terminal, pytest.raises(Ended) as ended:
        terminal.until(lambda: False, 60.0)
    assert ended.value.__notes__[0].startswith(LAST)


def test_what_has_ended_has_no_memory_to_be_measured() -> None:
    with dying() as terminal:
        with pytest.raises(Ended):
            terminal.watch(60.0)
        os.waitid(os.P_PID, terminal.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(Ended) as ended:
            terminal.memory()
    assert ended.value.__notes__[0].startswith(LAST)
