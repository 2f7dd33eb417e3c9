"""Waiting for what is fetched beside the screen; for a log above all."""

from collections.abc import Callable

from swarm_console.panes.lines import LogLines
from tests.tui import patience
from tests.tui.conftest import Stage


def view_of(stage: Stage) -> LogLines:
    return stage.app.screen.query_one(LogLines)


async def until(stage: Stage, condition: Callable[[], object]) -> None:
    """Wait for something to be so."""
    await patience.until(stage.pilot, condition)


async def ready(stage: Stage) -> None:
    """Wait until what is wanted of the log shows, and everything is counted."""
    await until(stage, lambda: stage.app.screen.query(LogLines))
    view = view_of(stage)
    await until(stage, lambda: view._wish is None and not view._loading and not view._asking)
    workers = stage.app.workers
    await until(stage, lambda: all(each.is_finished for each in workers if each.group in ("count", "jump")))


async def press(stage: Stage, *keys: str) -> None:
    """Press keys, then wait."""
    await stage.press(*keys)
    await ready(stage)
