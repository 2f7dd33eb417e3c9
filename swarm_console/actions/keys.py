"""`keys`: every key of the console, as this machine's configuration has it, and where it works."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome
from swarm_console.words.pen import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen


def keys(swarm: Swarm, params: Params) -> Outcome:
    """Needs no swarm. Raises: Usage for a configuration that cannot be."""
    from swarm_console.keyboard.keybook import book, keymap_of
    from swarm_console.manners.configuration import configured, files

    keymap = keymap_of(configured(files()))
    rows = [
        {
            "key": entry.shown,
            "name": entry.id,
            "where": entry.context,
            "help": entry.text,
            "changed": entry.id in keymap,
        }
        for entry in book(keymap)
    ]
    return Outcome({"keys": rows, "files": [str(path) for path in files()]})


def show_keys(seen: Any, pen: Pen) -> list[str]:
    rows = (
        (row["key"], f"{row['name']} *" if row["changed"] else row["name"], row["where"], row["help"])
        for row in seen["keys"]
    )
    foot = f'other keys: [keys] name = "key" in {" or ".join(seen["files"])}; those are marked *'
    return [*table(("Key", "Name", "Where", "What it does"), rows, pen), pen("dim", foot)]


ACTIONS = (
    Action("keys", "Keys", "every key of the console and where it works; needs no swarm", keys, show_keys),
)
