"""Keys that come faster than the focus moves: pasted, typed ahead, or late over a slow line."""

from typing import Final

from textual import events
from textual.app import App
from textual.widgets import Input

AIM: Final = "aimed_at"
"""The attribute of a key that says which widget had the focus when it was sent on."""


class Bursts(App[None]):
    """An App in which what is typed after the key that opens a line goes into that line.

    Textual 8.2 sends a key to whatever has the focus when it comes, before the keys ahead of it are done.
    """

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            setattr(event, AIM, self.focused)
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """A key that nobody wanted; into the line, where one was opened while it was on its way."""
        line = self.focused
        if isinstance(line, Input) and getattr(event, AIM, line) is not line:
            event.prevent_default()
            again = events.Key(event.key, event.character)
            again._set_forwarded()
            line.post_message(again)
