"""Shared library names that a package provides and requires, from its PROVIDES and REQUIRES."""

from typing import NamedTuple


class Soname(NamedTuple):
    """A DT_SONAME within one multilib category: `x86_64`, `libaa.so.1`."""

    abi: str
    name: str

    def __str__(self) -> str:
        return f"{self.abi}: {self.name}"


def parse(value: str) -> frozenset[Soname]:
    """The sonames in `x86_64: liba.so.1 libb.so.2 x86_32: liba.so.1`, the form of Portage's SonameDepends.

    Raises ValueError when a name comes before any category.
    """
    abi = ""
    found: set[Soname] = set()
    for word in value.split():
        if word.endswith(":"):
            abi = word[:-1]
        elif abi:
            found.add(Soname(abi, word))
        else:
            raise ValueError(f"no multilib category before {word!r}")
    return frozenset(found)
