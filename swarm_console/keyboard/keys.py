"""Every key that works everywhere: those of the registry's actions, and the console's own."""

from collections.abc import Iterator, Mapping
from typing import Final

from textual.binding import Binding
from textual.keys import format_key

from swarm_console.actions.action import Action
from swarm_console.actions.registry import ACTIONS

IN_FOOTER: Final = ("verify", "finalize", "fix-blocked", "unblock", "balance", "reset")
"""The actions that the footer shows, in its order."""

OWN: Final = (
    Binding("n", "next", "Next", tooltip="do what NEXT says", id="next"),
    Binding("question_mark,f1", "help", "Help", tooltip="what is here, and every key", id="help"),
    Binding("ctrl+r,f5", "reconnect", "Refresh", False, tooltip="connect and draw anew", id="refresh"),
    Binding("ctrl+p", "command_palette", "Palette", False, tooltip="every action by name", id="palette"),
    Binding(
        "c", "copy", "Copy", False, tooltip="copy the command line of the last message, or of NEXT", id="copy"
    ),
    Binding("t", "turn_theme", "Dark or light", False, tooltip="dark or light", id="theme"),
)

REPLAY: Final = (
    Binding("space", "replay('play')", "Play", tooltip="in a replay: play or pause", id="play"),
    Binding(
        "left", "replay('skip', -1)", "Back", False, tooltip="in a replay: a little back", id="skip-back"
    ),
    Binding("right", "replay('skip', 1)", "On", False, tooltip="in a replay: a little on", id="skip-on"),
    Binding(
        "shift+left", "replay('skip', -10)", "Far back", False, tooltip="in a replay: far back", id="far-back"
    ),
    Binding("shift+right", "replay('skip', 10)", "Far on", False, tooltip="in a replay: far on", id="far-on"),
    Binding(
        "comma",
        "replay('step', -1)",
        "Event back",
        False,
        tooltip="in a replay: one event back",
        id="event-back",
    ),
    Binding(
        "full_stop",
        "replay('step', 1)",
        "Event on",
        False,
        tooltip="in a replay: one event on",
        id="event-on",
    ),
    Binding(
        "m", "replay('mark', 1)", "Mark", tooltip="in a replay: the next failure or release", id="mark-on"
    ),
    Binding(
        "M", "replay('mark', -1)", "Mark back", False, tooltip="in a replay: the one before", id="mark-back"
    ),
    Binding(
        "less_than_sign,minus",
        "replay('speed', -1)",
        "Slower",
        False,
        tooltip="in a replay: slower",
        id="slower",
    ),
    Binding(
        "greater_than_sign,plus,equals_sign",
        "replay('speed', 1)",
        "Faster",
        False,
        tooltip="in a replay: faster",
        id="faster",
    ),
    Binding(
        "home", "replay('end', -1)", "Beginning", False, tooltip="in a replay: its beginning", id="beginning"
    ),
    Binding("end", "replay('end', 1)", "End", False, tooltip="in a replay: its end", id="ending"),
)
"""Keys that only work while something is replayed, and only where no table or chart has them."""


def bindings() -> Iterator[Binding]:
    """Keys of actions, those in the footer first, then the console's own."""
    yield from map(_binding, sorted((a for a in ACTIONS.values() if a.key), key=_place))
    yield from OWN
    yield from REPLAY


def remedy_key(number: int, action: str) -> Binding:
    """The digit that does a remedy, where remedies are numbered."""
    words = f"do remedy {number}"
    return Binding(f"{number}", f"{action}({number})", words, False, tooltip=words, id=f"remedy-{number}")


def written(key: str) -> str:
    """A key as people write it: ctrl+r, ?, esc."""
    *modifiers, last = key.split("+")
    return "+".join([*modifiers, last if len(last) == 1 else format_key(last)])


def effective(keymap: Mapping[str, str]) -> Iterator[Binding]:
    """The same, each with the one key that is shown for it, as a keymap has it."""
    for binding in bindings():
        keys = keymap.get(binding.id or "", binding.key)
        (first, *_) = Binding.make_bindings([binding.with_key(keys)])
        yield first


def _binding(action: Action) -> Binding:
    title = f"{action.name}!" if action.dangerous else action.name
    return Binding(
        action.key or "",
        f"do('{action.name}')",
        title,
        show=action.name in IN_FOOTER,
        tooltip=f"{action.help} (asks first)" if action.dangerous else action.help,
        id=action.name,
    )


def _place(action: Action) -> int:
    return IN_FOOTER.index(action.name) if action.name in IN_FOOTER else len(IN_FOOTER)
