"""Every key that works everywhere: those of the registry's actions, and the console's own."""

from collections.abc import Iterator
from typing import Final

from textual.binding import Binding

from swarm_console.actions.action import Action
from swarm_console.actions.registry import ACTIONS

IN_FOOTER: Final = ("verify", "finalize", "fix-blocked", "unblock", "balance", "reset")
"""The actions that the footer shows, in its order."""

OWN: Final = (
    Binding("n", "next", "Next", tooltip="do what NEXT says", id="next"),
    Binding("question_mark", "help", "Help", key_display="?", id="help"),
    Binding("ctrl+r,f5", "reconnect", "Refresh", show=False, id="refresh"),
    Binding("t", "turn_theme", "Dark or light", show=False, id="theme"),
)


def bindings() -> Iterator[Binding]:
    """Keys of actions, those in the footer first, then the console's own."""
    yield from map(_binding, sorted((a for a in ACTIONS.values() if a.key), key=_place))
    yield from OWN


def _binding(action: Action) -> Binding:
    title = f"{action.name}!" if action.dangerous else action.name
    return Binding(
        action.key or "",
        f"do('{action.name}')",
        title,
        show=action.name in IN_FOOTER,
        tooltip=action.help,
        id=action.name,
    )


def _place(action: Action) -> int:
    return IN_FOOTER.index(action.name) if action.name in IN_FOOTER else len(IN_FOOTER)
