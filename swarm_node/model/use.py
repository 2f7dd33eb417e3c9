"""USE flags as the resolver sets them, `flag` or `-flag` for each of an ebuild, and how two sets differ."""

from collections.abc import Iterable
from typing import NamedTuple


def enabled(use: Iterable[str]) -> frozenset[str]:
    """The flags that are on."""
    return frozenset(flag for flag in use if not flag.startswith("-"))


def switched(before: Iterable[str], after: Iterable[str]) -> tuple[str, ...]:
    """The flags that are otherwise after: `+on`, then `-off`, a flag that is gone counting as off."""
    then, now = enabled(before), enabled(after)
    on, off = sorted(now - then), sorted(then - now)
    return (*(f"+{flag}" for flag in on), *(f"-{flag}" for flag in off))


def changed(before: Iterable[str], after: Iterable[str]) -> tuple[str, ...]:
    """The same; where none is, the flags that came or went without being on: `-flag`."""
    before, after = tuple(before), tuple(after)
    names = {flag.lstrip("-") for flag in before} ^ {flag.lstrip("-") for flag in after}
    return switched(before, after) or tuple(f"-{name}" for name in sorted(names))


class Compared(NamedTuple):
    """Flags by what becomes of them, each as `+flag` or `-flag`: afterwards, the removed ones before."""

    changed: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    same: tuple[str, ...]


def compared(before: Iterable[str], after: Iterable[str]) -> Compared:
    """Each flag of two ebuilds by what becomes of it: added ones are new to IUSE, removed ones gone."""
    then, now = _settings(before), _settings(after)
    both = sorted(then.keys() & now.keys())
    return Compared(
        changed=tuple(now[name] for name in both if then[name] != now[name]),
        added=tuple(now[name] for name in sorted(now.keys() - then.keys())),
        removed=tuple(then[name] for name in sorted(then.keys() - now.keys())),
        same=tuple(now[name] for name in both if then[name] == now[name]),
    )


def _settings(use: Iterable[str]) -> dict[str, str]:
    return {flag.removeprefix("-"): flag if flag.startswith("-") else f"+{flag}" for flag in use}
