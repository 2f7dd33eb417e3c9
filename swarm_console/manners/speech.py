"""What the console says to whoever sits before it: a word in the corner of the screen, whatever it holds."""

from functools import partial
from typing import Final

from textual.app import App
from textual.notifications import SeverityLevel

from swarm_console.errors import said
from swarm_console.words.harmless import harmless, one_line

ERROR_SECONDS: Final = 10.0


class Speaking(App[None]):
    """An App that speaks; texts come from anywhere, so they are made harmless and never read as markup."""

    def tell(
        self,
        text: str,
        title: str = "",
        severity: SeverityLevel = "information",
        seconds: float | None = None,
    ) -> None:
        """Say something."""
        self.notify(harmless(text), title=one_line(title), severity=severity, timeout=seconds, markup=False)

    def deny(self, title: str, reason: str) -> None:
        """Say why something cannot be done."""
        self.tell(one_line(reason), title, "warning")

    def fail(self, title: str, error: BaseException) -> None:
        """Say what went wrong, and the next step."""
        self.tell("\n".join(said(error)), title, "error", ERROR_SECONDS)

    def say(self, line: str) -> None:
        """A word of an action under way, from its thread."""
        self.call_later(partial(self.tell, one_line(line)))

    def copy(self, line: str) -> None:
        """Put a command line into the terminal's clipboard (OSC 52), and say so."""
        self.copy_to_clipboard(line)
        self.tell(one_line(line), "Copied")
