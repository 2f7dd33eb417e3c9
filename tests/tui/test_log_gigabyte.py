"""A log of a gigabyte, through the real orchestrator and gateway: a console reads only what it shows."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollTo

from swarm_console.app import SwarmConsole
from swarm_console.logs.pages import KEPT
from swarm_console.panes.lines import LogLines
from swarm_console.panes.log import LogBar
from swarm_console.screens import doors
from swarm_console.screens.log import LogScreen
from swarm_node.orchestrator.parts import Parts
from tests.tui.patience import until
from tests.tui.test_live import Site, begin_build, console, site

__all__ = ["site"]

GIB = 1 << 30
HEAD = b"".join(b"line %d at the beginning\n" % number for number in range(2_000))
MIDDLE = b"\nhere is the middle\n" + b"in the middle\n" * 500
TAIL = b"\n" + b"".join(b"line %d at the end\n" % number for number in range(5_000))


class Counted:
    """Bytes that the orchestrator has served of its logs."""

    def __init__(self, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
        self.served = 0
        read = parts.logs.read

        def counted(attempt: int, offset: int = 0, most: int = 1 << 20) -> bytes:
            piece = read(attempt, offset, most)
            self.served += len(piece)
            return piece

        monkeypatch.setattr(parts.logs, "read", counted)


def write(path: Path) -> None:
    """A file of one GiB: text at its beginning, middle and end, and holes of NULs between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEAD)
        file.seek(GIB // 2)
        file.write(MIDDLE)
        file.seek(GIB - len(TAIL))
        file.write(TAIL)


async def opened(pilot: Pilot[None], app: SwarmConsole, number: int) -> LogLines:
    """The lines of the log's screen."""
    await until(pilot, lambda: app.mirror.link.live)
    doors.log(app, number)
    await until(pilot, lambda: isinstance(app.screen, LogScreen) and bool(app.screen.query(LogLines)))
    return app.screen.query_one(LogLines)


async def test_a_gigabyte_opens_at_once(site: tuple[Site, Parts], monkeypatch: pytest.MonkeyPatch) -> None:
    here, parts = site
    number = await begin_build(parts, "izar")
    write(parts.logs.path(number))
    counted = Counted(parts, monkeypatch)
    async with console(here.url) as (pilot, app):
        view = await opened(pilot, app, number)

        def last() -> str:
            return view.shown[-1].text if view.shown else ""

        def still() -> bool:
            return view._wish is None and not view._loading

        await until(pilot, lambda: last() == "line 4999 at the end")
        assert view.size_in_bytes == GIB
        assert counted.served <= 192 << 10, "at its end"

        await pilot.press("g")
        await until(pilot, lambda: view.begin == 0 and still())
        assert view.shown[0].text == "line 0 at the beginning"
        assert counted.served <= 256 << 10, "at its beginning"

        bar = app.screen.query_one(LogBar)
        bar.post_message(ScrollTo(y=(bar.window_virtual_size - bar.window_size) / 2))
        await until(pilot, lambda: view.begin > GIB // 3 and still())
        view.seek(GIB // 2 + 1)
        await until(pilot, lambda: view.shown[0].text == "here is the middle")
        for _ in range(20):
            await pilot.press("pageup")
            await until(pilot, still)
        assert counted.served <= 12 << 20, "through a line of half a gigabyte"
        assert view.reader is not None
        assert len(view.reader.pages._pages) <= KEPT


async def test_it_grows_live(site: tuple[Site, Parts], monkeypatch: pytest.MonkeyPatch) -> None:
    here, parts = site
    number = await begin_build(parts, "izar")
    write(parts.logs.path(number))
    counted = Counted(parts, monkeypatch)
    async with console(here.url) as (pilot, app):
        view = await opened(pilot, app, number)
        await until(pilot, lambda: bool(view.shown) and view.at_end)
        before = counted.served
        for count in range(3):
            size = parts.logs.append(number, parts.logs.size(number), b"one more %d\n" % count)
            parts.stream.tell_log(number, size)
            await until(pilot, lambda: view.shown[-1].text == f"one more {count}")  # noqa: B023
        assert counted.served - before <= 64 << 10
        await pilot.press("t")
        await until(pilot, lambda: view.times.at(view.shown[-1].row.begin) is not None)
