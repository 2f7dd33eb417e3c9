"""A state to fold on while another stays as it is: what `apply` changes in place is new, the rest shared."""

from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct
from msgspec.structs import StructConfig

from swarm_node.model.state import State

Copier = Callable[[Any], Any]


def copy_of(state: State) -> State:
    """Another state that stands as this one does."""
    copied = copier(State)
    assert copied is not None
    made: State = copied(state)
    made.queue, made.fleet = state.queue.copy(), {}
    for name in made.nodes:
        made.refleet(name)
    return made


@cache
def copier(kind: Any) -> Copier | None:
    """How a value of a type is copied; None where nothing in it is ever changed in place."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        copiers = [found for each in inner if (found := copier(each)) is not None]
        assert len(copiers) <= 1, f"{kind} is copied in more than one way"
        return _unless_none(copiers[0]) if copiers else None
    if origin is list:
        return _list(copier(inner[0]))
    if origin is dict:
        return _dict(copier(inner[1]))
    if isinstance(kind, type) and issubclass(kind, Struct):
        config: StructConfig = kind.__struct_config__
        return None if config.frozen else _struct(kind)
    return None


def _unless_none(copied: Copier) -> Copier:
    return lambda value: None if value is None else copied(value)


def _list(copied: Copier | None) -> Copier:
    return list.copy if copied is None else lambda values: [copied(value) for value in values]


def _dict(copied: Copier | None) -> Copier:
    if copied is None:
        return dict.copy
    return lambda values: {key: copied(value) for key, value in values.items()}


def _struct(kind: type[Struct]) -> Copier:
    hints = get_type_hints(kind)
    parts = [(n, found) for n in kind.__struct_fields__ if (found := copier(hints[n])) is not None]

    def struct(value: Struct) -> Struct:
        made: Struct = value.__copy__()  # type: ignore[attr-defined]  # half of what `copy.copy` takes
        for name, copied in parts:
            setattr(made, name, copied(getattr(value, name)))
        return made

    return struct
