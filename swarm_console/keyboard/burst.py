"""Keys that come faster than what they ask for is done: pasted, typed ahead, or late over a slow line."""

import asyncio
from collections import deque
from math import inf
from time import monotonic
from typing import Any, Final

from textual import events
from textual.app import App
from textual.message import Message
from textual.widget import Widget

ROUNDS: Final = 3
"""How many messages, one after the other, may lie between a key and what it leads to."""
PATIENCE: Final = 1.0
"""Seconds for which what a key has set going is waited for by the next one."""

Typed = events.Key | events.Paste


class Tracer(Message):
    """Goes the way of a key, behind it and behind all that it has set going by now."""


class Bursts(App[None]):
    """An App in which each key finds the screen and the focus to which the one before it has led.

    Textual 8.2 sends a key to whatever has the focus when it comes, before the keys ahead of it are done.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Typed] = deque()
        self._sent = -inf
        """When the last key was sent on."""
        self._aim: Widget | None = None
        """Where it was sent to."""
        self._tracer: Tracer | None = None
        """What is on its way behind it; None when it has done what it does."""
        self._rounds = 0
        self._was_led: object = None
        self._patience: asyncio.TimerHandle | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, Typed) or event.is_forwarded:
            await super().on_event(event)
        elif self._tracer is None:
            await self._send(event)
        else:
            self._waiting.append(event)

    async def _send(self, event: Typed) -> None:
        self._sent, self._aim, self._rounds = monotonic(), self._present, 0
        await super().on_event(event)
        self._patience = asyncio.get_running_loop().call_later(PATIENCE, self._arrive)
        self._trace(None)

    @property
    def _present(self) -> Widget:
        return self.focused or self.screen

    @property
    def _led(self) -> tuple[Any, ...]:
        """Where keys have led, and whether that is still to change."""
        return self.screen, self.focused, bool(self.screen._callbacks)

    # -- behind the last key

    def _trace(self, last: Tracer | None) -> None:
        if last is self._tracer:
            self._rounds, self._was_led, self._tracer = self._rounds + 1, self._led, Tracer()
            (self._there or self._present).post_message(self._tracer)

    @property
    def _there(self) -> Widget | None:
        """Where the last key was sent to, while what that set going may still come from there."""
        there = self._aim
        known = there is not None and there.is_attached and there.screen is self.screen
        return there if known and self._rounds <= ROUNDS else None

    def _arrive(self) -> None:
        """Some tracers never do: what they pass through is gone."""
        if self._tracer is not None:
            self.post_message(self._tracer)

    async def on_tracer(self, message: Tracer) -> None:
        if message is not self._tracer:
            return
        *_, unfinished = led = self._led
        if monotonic() - self._sent > PATIENCE:
            await self._go_on()
        elif unfinished:
            self.screen.call_after_refresh(self._trace, message)
        elif self._rounds < ROUNDS or led != self._was_led:
            self._trace(message)
        else:
            await self._go_on()

    async def _go_on(self) -> None:
        """Send the next key on."""
        self._tracer = None
        if self._patience is not None:
            self._patience.cancel()
        if self._waiting:
            await self._send(self._waiting.popleft())
