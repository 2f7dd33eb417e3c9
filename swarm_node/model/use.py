"""USE flags as the resolver sets them, `flag` or `-flag` for each of an ebuild, and how two sets differ."""

from collections.abc import Iterable


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
