"""What the console says to whoever sits before it: a word in the corner of the screen, whatever it holds."""

from functools import partial
from typing import Final

from textual.app import App
from textual.notifications import Notifications, SeverityLevel
from textual.widgets._toast import ToastRack

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

    def _refresh_notifications(self) -> None:
        """Show what was said on the uppermost screen, and there alone.

        Textual 8.2 leaves it on those below, where it shines through a dialog for as long as that is open.
        """
        super()._refresh_notifications()
        for below in self.screen_stack[:-1]:
            for rack in below.children:
                if isinstance(rack, ToastRack):
                    self.call_later(rack.show, Notifications())

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
