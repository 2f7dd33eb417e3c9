"""Opening the console on the whole screen: what it is opened on, and how a person wants it."""

import asyncio
import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from swarm_console.heap import give_back
from swarm_console.manners.configuration import configured, files
from swarm_console.manners.memory import of_user
from swarm_console.wire.ask import Swarm
from swarm_console.wire.gateway import Gateway

if TYPE_CHECKING:
    from swarm_console.replay.recorded import Replay

ESCAPE_MILLISECONDS = "10"
"""How long after Esc the rest of a longer key may still come (ncurses(3X)): as long as tmux waits, too."""

FRAMES = "120"
"""Frames a second: what a key changes right after one waits for the one after the next (Textual 8.2)."""

TURN = 0.001
"""Seconds after which a thread lets another have its turn: what was painted is written by one of its own."""


def run(
    gateway_url: str,
    *,
    readonly: bool = False,
    token: str = "",
    replay: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> int:
    """The console on the swarm behind a gateway, until it is quit; the exit code.

    `replay` is a session of the past to show in place of the present, by its number or `last`; how far it is
    fetched is told to `say`. Without a token, the swarm's secret comes from SWARM_TOKEN.
    Raises: Usage for a bad console.toml, Refused for a session that there is not.
    """
    secret = token or os.environ.get("SWARM_TOKEN", "")
    os.environ.setdefault("ESCDELAY", ESCAPE_MILLISECONDS)  # Textual reads these when it is imported
    os.environ.setdefault("TEXTUAL_FPS", FRAMES)
    sys.setswitchinterval(TURN)
    gc.disable()  # what is made on the way to the first picture stays; the feed sees to it
    wire = Gateway(gateway_url, secret)
    if replay is None:
        wire.ask_ahead()
    give_back()
    shown = _fetched(Swarm(gateway_url, secret), replay, say) if replay is not None else None
    wanted = configured(files())
    keymap = {}
    if wanted.values.keys:
        from swarm_console.keyboard.keybook import keymap_of  # it imports every screen there is

        keymap = keymap_of(wanted)

    from swarm_console.app import SwarmConsole  # it takes long, and meanwhile the swarm answers

    async def live() -> int:
        async with wire:
            app = SwarmConsole(
                wire,
                lambda say: Swarm(gateway_url, secret, say),
                readonly=readonly,
                notebook=of_user(),
                configuration=wanted.values,
                keymap=keymap,
                replay=shown,
            )
            await app.run_async()
            return app.return_code or 0

    return asyncio.run(live())


def _fetched(swarm: Swarm, session: str, say: Callable[[str], None]) -> "Replay":
    """Raises: Refused."""
    from swarm_console.replay.recorded import Replay
    from swarm_console.replay.recordings import load

    return Replay(load(swarm, session, say))
