"""Every key, from the registry and the screen that is open; and what the signs mean."""

from collections.abc import Iterable

from swarm_console.actions.registry import ACTIONS
from swarm_console.screens.report import Report

MANNERS = (
    ("n", "do what NEXT says"),
    ("1 – 5", "bring a pane to the front"),
    ("Tab", "the next pane"),
    ("↑ ↓ k j", "move, PgUp PgDn by leaves, g G to the ends"),
    ("Enter", "deeper, into a package or a node"),
    ("Esc", "back; clears a filter first"),
    ("/", "filter the pane: a regular expression, ! inverts"),
    ("z", "one pane as large as the screen, and back"),
    ("ctrl+p", "every action by name"),
    ("ctrl+r F5", "connect and draw anew"),
    ("t", "dark or light"),
    ("?", "this help"),
    ("q", "quit; the swarm goes on"),
)
SIGNS = (
    ("○ ● ◐", "ready, building, handed out"),
    ("✓ ▲ ✗", "staged, released, blocked or lost"),
    ("· ↻ ‖", "waits for others, will be retried, paused"),
    ("?", "on trial: it is built with another configuration, kept for all if that is well"),
    ("≈", "guessed from history; without it the build itself says so"),
    ("≠", "a node whose trees differ from most nodes'"),
)


def help_screen() -> Report:
    """The help as a screen."""
    keys = [(action.key, _said(action.help, action.dangerous)) for action in ACTIONS.values() if action.key]
    keys.sort(key=lambda row: row[0].swapcase())
    lines = [*_block("Actions", keys), *_block("Moving about", MANNERS), *_block("Signs", SIGNS)]
    return Report("Help", lines[:-1])


def _said(text: str, dangerous: bool) -> str:
    return f"{text} (asks first)" if dangerous else text


def _block(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    return [title, *(f"  {key:<10} {text}" for key, text in rows), ""]
