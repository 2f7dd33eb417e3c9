"""Saving a log: the file's name is asked for, and whether a file that is there may go."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from swarm_console.logs.save import save
from swarm_console.logs.source import Source
from swarm_console.screens.confirm import Confirm
from swarm_console.screens.live import Dialog
from swarm_console.words.harmless import one_line
from swarm_console.words.pen import size

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

TITLE = "Save the log"


class SaveDialog(Dialog[str | None]):
    """The name that was typed; None when it was given up."""

    HELP = """\
The log is written as it came, escape sequences and all, into the file that is named here."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._likely = name

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(TITLE, classes="heading", markup=False)
            yield Static(one_line(f"into a file, seen from {Path.cwd()}"), markup=False)
            entry = Input(value=self._likely)
            entry.cursor_blink = False
            yield entry
            yield Static("Enter saves, Esc gives up", classes="command", markup=False)

    @on(Input.Submitted)
    def accept(self, event: Input.Submitted) -> None:
        """Take what was typed."""
        if event.value.strip():
            self.dismiss(event.value.strip())


async def save_log(app: "SwarmConsole", source: Source, name: str) -> None:
    """Ask for a file and write the log into it; whatever comes of it is told. `name` is proposed."""
    typed = await app.push_screen_wait(SaveDialog(name))
    if not typed:
        return
    try:
        await _save(app, source, Path(typed).expanduser())
    except Exception as error:
        app.fail("Not saved", error)


async def _save(app: "SwarmConsole", source: Source, path: Path) -> None:
    replace = path.exists()
    if replace and not await app.push_screen_wait(_overwrite(path, source.attempt)):
        return
    app.orders.busy[TITLE] = TITLE

    def tell(written: int, whole: int) -> None:
        app.orders.busy[TITLE] = f"{TITLE}: {written / max(whole, 1):.0%}"
        app.feed.changed()

    try:
        written = await save(source, path, replace, tell)
    finally:
        del app.orders.busy[TITLE]
        app.feed.changed()
    app.tell(one_line(f"{path}, {size(written)}"), "Saved")


def _overwrite(path: Path, attempt: int) -> Confirm:
    """Raises: OSError when it is nothing that could be overwritten."""
    if path.is_dir():
        raise IsADirectoryError(21, "is a directory: name a file in it", str(path))
    lost = f"{path} is there, {size(path.stat().st_size)}"
    return Confirm("Overwrite", [lost], f"build-swarm logs {attempt} > {shlex.quote(str(path))}")
