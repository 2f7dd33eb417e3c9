"""What differs between two states of one log, so that a state can be taken from one to the other and back.

Found by comparing, not by knowing what each event changes; so it holds for every event there will be.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import compress, islice
from operator import ne
from typing import Any, Final, NamedTuple, get_origin, get_type_hints

from msgspec import Struct

from swarm_node.model.copies import Copier, copier
from swarm_node.model.state import DONE, Build, State

MANY: Final = 0.2
"""Share of the builds from which on the queue's index is made anew rather than mended."""


class Side(NamedTuple):
    """One of the two states where it differs: its entries, and all keys in order where that changed."""

    entries: dict[Any, Any]
    order: tuple[Any, ...] | None = None
    gone: frozenset[Any] = frozenset()
    """Keys that it has no entry of, and the other side has."""


class Change(NamedTuple):
    """What differs in one part of a state."""

    part: "Part"
    before: Side
    after: Side


class Part(NamedTuple):
    """A field of a state, or of a structure in it: a dictionary of entries, or a single value."""

    path: tuple[str, ...]
    table: bool
    copied: Copier | None
    """How an entry, or the value, is copied; None where it is never changed in place."""

    def of(self, state: State) -> Any:
        """What the state has there."""
        found: Any = state
        for name in self.path:
            found = getattr(found, name)
        return found

    def put(self, state: State, value: Any) -> None:
        """Set a single value."""
        holder: Any = state
        for name in self.path[:-1]:
            holder = getattr(holder, name)
        setattr(holder, self.path[-1], value)

    def copy(self, value: Any) -> Any:
        """An entry or a value to be changed in place."""
        return value if self.copied is None else self.copied(value)


Delta = tuple[Change, ...]


@cache
def parts(kind: type[Struct] = State, path: tuple[str, ...] = ()) -> tuple[Part, ...]:
    """Everything that a state is made of."""
    found: list[Part] = []
    hints = get_type_hints(kind)
    for name in kind.__struct_fields__:
        hint, place = hints[name], (*path, name)
        if isinstance(hint, type) and issubclass(hint, Struct) and not hint.__struct_config__.frozen:
            found += parts(hint, place)
        elif get_origin(hint) is dict:
            found.append(Part(place, True, copier(hint.__args__[1])))
        else:
            found.append(Part(place, False, copier(hint)))
    return tuple(found)


def catch_up(shadow: State, state: State) -> Delta:
    """What the state differs in from its shadow, an earlier copy, which then stands as the state does."""
    found = (_tables if part.table else _values for part in parts())
    changes = (compare(part, shadow, state) for part, compare in zip(parts(), found, strict=True))
    return tuple(change for change in changes if change is not None)


def _values(part: Part, shadow: State, state: State) -> Change | None:
    old, new = part.of(shadow), part.of(state)
    if old == new:
        return None
    new = part.copy(new)
    part.put(shadow, new)
    return Change(part, Side({None: old}), Side({None: new}))


def _tables(part: Part, shadow: State, state: State) -> Change | None:
    old, new = part.of(shadow), part.of(state)
    grown = list(islice(new, len(old))) == list(old)
    if grown:  # as nearly always; and then a long table is compared without a step in Python
        changed = list(compress(old, map(ne, old.values(), new.values())))
        new_ones, gone = list(islice(new, len(old), None)), []
        if not changed and not new_ones:
            return None
    else:
        changed = [key for key, value in old.items() if key in new and new[key] != value]
        new_ones = [key for key in new if key not in old]
        gone = [key for key in old if key not in new]
    orders = (None, None) if grown else (tuple(old), tuple(new))
    before = {key: old[key] for key in (*changed, *gone)}
    after = {key: part.copy(new[key]) for key in (*changed, *new_ones)}
    sides = Side(before, orders[0], frozenset(new_ones)), Side(after, orders[1], frozenset(gone))
    change = Change(part, *sides)
    _lay(old, change.after, None)
    return change


def turn(state: State, deltas: Sequence[Delta], back: bool) -> None:
    """Take a state that stands on one side of successive deltas to the other, past them all."""
    touched: dict[str, Build | None] = {}
    for part, side in _merged(reversed(deltas) if back else deltas, back).items():
        if not part.table:
            part.put(state, part.copy(side.entries[None]))
            continue
        table = part.of(state)
        if part.path == ("builds",):
            touched = {name: table.get(name) for name in (*side.entries, *side.gone)}
        _lay(table, side, part.copied)
    _index(state, touched)


def _merged(deltas: Iterable[Delta], back: bool) -> dict[Part, Side]:
    """Where the deltas lead to, in the order in which they are gone through."""
    entries: dict[Part, dict[Any, Any]] = {}
    gone: dict[Part, set[Any]] = {}
    orders: dict[Part, tuple[Any, ...] | None] = {}
    for delta in deltas:
        for change in delta:
            part, side = change.part, change.before if back else change.after
            known, away = entries.setdefault(part, {}), gone.setdefault(part, set())
            for key in side.gone:
                known.pop(key, None)
            away |= side.gone  # what comes again is taken out all the same, so that it comes last
            known.update(side.entries)
            orders[part] = side.order if side.order is not None else orders.get(part)
    return {part: Side(known, orders[part], frozenset(gone[part])) for part, known in entries.items()}


def _lay(table: dict[Any, Any], side: Side, copied: Copier | None) -> None:
    """Make a table have a side's entries, or copies of them, in its order."""
    for key in side.gone:
        table.pop(key, None)
    if copied is None:
        table.update(side.entries)
    else:
        table.update({key: copied(value) for key, value in side.entries.items()})
    if side.order is not None:
        keys = dict.fromkeys((*side.order, *side.entries))
        ordered = {key: table[key] for key in keys if key in table}
        table.clear()
        table.update(ordered)


def _index(state: State, touched: dict[str, Build | None]) -> None:
    """Have queue and fleet agree with what changed."""
    if any(_moved(state.builds.get(name), was) for name, was in touched.items()):
        heavy = state.heavy
        state.reindex()
        state.heavy = heavy  # in the middle of a plan it may name what has just left the queue
        return
    if len(touched) > MANY * len(state.builds):
        state.queue.settle(state.done(), state.needed())
    else:
        for name in touched:
            build = state.builds[name]
            state.queue.put(name, build.rank if build.status == "needed" else None, build.status in DONE)
    for name in state.nodes:
        state.refleet(name)
    for name in [name for name in state.fleet if name not in state.nodes]:
        del state.fleet[name]


def _moved(build: Build | None, was: Build | None) -> bool:
    """Whether a build has another place in the graph."""
    if build is None or was is None:
        return True
    return (build.needs, build.rank) != (was.needs, was.rank)
