"""The title of the terminal's window: ours while the console is there (OSC 2), its own again afterwards."""

from typing import TYPE_CHECKING, Any, Final

from textual.driver import Driver

from swarm_console.words.harmless import one_line

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

KEEP: Final = "\x1b[22;2t"
"""Push the title on the terminal's stack (XTWINOPS)."""
RESTORE: Final = "\x1b[23;2t"


class Titled(Driver):
    """The part of a driver that writes titles; it makes itself known to its App as `terminal`."""

    _title = ""

    def __init__(self, app: "SwarmConsole", **options: Any) -> None:
        super().__init__(app, **options)
        app.terminal = self

    def entitle(self, title: str) -> None:
        """Show this title; what stood there before comes back when the console leaves the screen."""
        if title != self._title:
            self.write(f"{'' if self._title else KEEP}\x1b]2;{one_line(title)}\x07")
            self._title = title

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[safe-super]
        if self._title:  # back from a shell
            again, self._title = self._title, ""
            self.entitle(again)

    def stop_application_mode(self) -> None:
        if self._title:
            self.write(RESTORE)
        super().stop_application_mode()  # type: ignore[safe-super]


def titled(kind: type[Driver]) -> type[Driver]:
    """A driver of that kind which writes titles."""
    return type(f"Titled{kind.__name__}", (Titled, kind), {})
