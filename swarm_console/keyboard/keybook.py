"""Every key of the console with the place where it works, read from the bindings; and other keys for them."""

import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_ALIASES, Keys, format_key
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from swarm_console.errors import Usage, nearest
from swarm_console.keyboard.keys import written
from swarm_console.manners.configuration import Configured

LIST: Final = "see them all: swarm-console --run keys"
OURS: Final = "swarm_console."
TEXTUALS: Final = {"ctrl+c": "copies what is marked", "ctrl+q": "always ends the console", "tab": "moves on"}
"""Keys that are not ours to give away, and what they do."""
MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "hyper", "meta")
SAME: Final = {alias: key for key, aliases in KEY_ALIASES.items() for alias in aliases} | {
    "ctrl+h": "backspace"
}
"""Keys that a terminal cannot tell from others."""


class Entry(NamedTuple):
    """One key: its id, what is pressed for it (several, any of them), where it works, and what it does."""

    id: str
    keys: tuple[str, ...]
    place: type[DOMNode]
    text: str

    @property
    def context(self) -> str:
        """The place in words."""
        return context(self.place)

    @property
    def shown(self) -> str:
        """The keys as people write them."""
        return " ".join(map(written, self.keys))


def context(place: type[DOMNode]) -> str:
    """Where the keys of a class work, in words."""
    title: str | None = vars(place).get("BINDING_GROUP_TITLE")
    return title or place.__name__


def book(keymap: Mapping[str, str] | None = None) -> list[Entry]:
    """Every key of the console; with a keymap, as it changes them."""
    found: dict[tuple[type[DOMNode], str], Entry] = {}
    for place, binding in bindings():
        if binding.id is None:
            continue
        keys = _keys((keymap or {}).get(binding.id, binding.key))
        entry = Entry(binding.id, keys, place, binding.tooltip or binding.description)
        found.setdefault((place, binding.id), entry)
    return list(found.values())


def bindings() -> Iterator[tuple[type[DOMNode], Binding]]:
    """Every binding of ours as it is declared, with its class."""
    for place in _places():
        for declared in vars(place).get("BINDINGS", ()):
            yield place, declared if isinstance(declared, Binding) else Binding(*declared)


def _places() -> list[type[DOMNode]]:
    """The App, then every screen, pane and widget of ours that declares keys."""
    from swarm_console import panes, screens

    import_module("swarm_console.app")
    for package in (screens, panes):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    declaring = [p for p in _below(DOMNode) if "BINDINGS" in vars(p) and p.__module__.startswith(OURS)]
    return sorted(declaring, key=lambda place: (_rank(place), place.__module__, place.__name__))


def _rank(place: type[DOMNode]) -> int:
    """What is met more often comes first: everywhere, the parts of screens, screens, dialogs."""
    return issubclass(place, Widget) + issubclass(place, Screen) + issubclass(place, ModalScreen)


def _below(kind: type[DOMNode]) -> set[type[DOMNode]]:
    found = {kind}
    for below in kind.__subclasses__():
        found |= _below(below)
    return found


# -- other keys


def keymap_of(configured: Configured) -> dict[str, str]:
    """The keys that a configuration gives, by id. Raises: Usage for what cannot be, naming file and name."""
    chosen = configured.values.keys
    if not chosen:
        return {}
    known = {entry.id for entry in book()}
    for name, keys in chosen.items():
        where = f"{configured.named_in[name]}: keys.{name}"
        if name not in known:
            raise Usage(f"{where}: there is no such key", nearest(name, known, LIST))
        for key in _keys(keys):
            _check(where, key)
    normal = {name: ",".join(_keys(keys)) for name, keys in chosen.items()}
    _check_apart(book(normal), configured.named_in)
    return normal


def _keys(text: str) -> tuple[str, ...]:
    """The keys of a comma-separated list by the names that Textual has for them."""
    return tuple(_name(key.strip()) for key in text.split(","))


def _name(key: str) -> str:
    *modifiers, last = key.split("+") if key != "+" else ("plus",)
    if len(last) == 1 and not last.isalnum():
        (binding,) = Binding.make_bindings([Binding(last, "")])
        last = binding.key
    return "+".join([*modifiers, last])


def _check(where: str, key: str) -> None:
    """Raises: Usage for a key that nobody can press, or that is not free."""
    *modifiers, last = key.split("+")
    if key in TEXTUALS:
        raise Usage(f"{where}: {written(key)} {TEXTUALS[key]}", "choose another key")
    if key in SAME:
        raise Usage(f"{where}: a terminal cannot tell {key} from {SAME[key]}", "choose another key")
    if modifiers == ["shift"] and len(last) == 1:
        raise Usage(f"{where}: {key!r:.40} arrives as {last.upper()}", f"write {last.upper()!r}")
    if "ctrl" in modifiers and last != last.lower():
        raise Usage(f"{where}: a terminal has no {key!r:.40}", f"write {key.lower()!r}")
    names = {each.value for each in Keys}
    pressable = last in names or (len(format_key(last)) == 1 and format_key(last).isprintable())
    if not pressable or not set(modifiers) <= set(MODIFIERS) or len(modifiers) != len(set(modifiers)):
        example = "keys are written like B, f7, ctrl+b, question_mark"
        raise Usage(f"{where}: there is no key {key!r:.40}", nearest(last, names, example))


def _check_apart(entries: list[Entry], named_in: Mapping[str, Path]) -> None:
    """Raises: Usage when one of the given keys already means something else in the same place."""
    for given in (entry for entry in entries if entry.id in named_in):
        for other in entries:
            both = set(given.keys) & set(other.keys)
            if both and other.id != given.id and _meet(given.place, other.place):
                key = written(min(both))
                where = f"{named_in[given.id]}: keys.{given.id}"
                free = f"give {other.id} another key as well, or choose another one for {given.id}"
                raise Usage(f"{where}: {key} is {other.id}'s ({other.context})", free)


def _meet(one: type[DOMNode], other: type[DOMNode]) -> bool:
    """Whether keys of two places can work at the same time."""
    if issubclass(one, other) or issubclass(other, one):
        return True
    if issubclass(one, ModalScreen) or issubclass(other, ModalScreen):
        return False
    return not (issubclass(one, Screen) and issubclass(other, Screen))


def by_context(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Entries by the words for where they work."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.context, []).append(entry)
    return found
