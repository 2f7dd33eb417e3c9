"""Opening the console on the whole screen: what it is opened on, and how a person wants it."""

import asyncio
import gc
import os

from swarm_console.ask import Swarm
from swarm_console.configuration import configured, files
from swarm_console.gateway import Gateway
from swarm_console.memory import of_user


def run(gateway_url: str, *, readonly: bool = False, token: str = "") -> int:
    """The console on the swarm behind a gateway, until it is quit; the exit code.

    Without a token, the swarm's secret comes from SWARM_TOKEN. Raises: Usage for a bad console.toml.
    """
    secret = token or os.environ.get("SWARM_TOKEN", "")
    gc.disable()  # what is made on the way to the first picture stays; the feed sees to it
    wire = Gateway(gateway_url, secret)
    wire.ask_ahead()
    wanted = configured(files())
    keymap = {}
    if wanted.values.keys:
        from swarm_console.keybook import keymap_of  # it imports every screen there is

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
            )
            await app.run_async()
            return app.return_code or 0

    return asyncio.run(live())
