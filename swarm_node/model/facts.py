"""Facts that a log names beside the cause of a failure, and the line of etc/portage that Portage proposes.

They are named groups of a rule's patterns. What they hold comes from outside and may go into a command or a
configuration, so each has its own characters and length, and what does not fit is left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from string import Formatter
from typing import Annotated, Final, Literal, Protocol

from msgspec import Meta, Struct

from swarm_node.model.configuration import checked, facts_of
from swarm_node.model.refusal import Refused
from swarm_node.model.required_use import shown_use, turns
from swarm_node.model.work import Line

_ATOM: Final = r"(?:[<>]=?|=|~)?\w[\w+.-]{0,80}/\w[\w+.-]{0,120}\*?(?::\w[\w+./=*-]{0,60})?"
_FLAG: Final = r"-?\w[\w+@-]{0,80}"
_TEXT: Final = r"\S(?:[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]{0,198}\S)?"

FORMS: Final[Mapping[str, str]] = {
    "overlay": r"\w[\w-]{0,60}",
    "atom": _ATOM,
    "use": rf"{_FLAG}(?: {_FLAG}){{0,40}}",
    "keyword": r"\*\*|~?\*|[~-]?\w[\w-]{0,40}",
    "license": r"\w[\w+.-]{0,80}(?: \w[\w+.-]{0,80}){0,10}?",
    "mask": _ATOM,
    "host": r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}",
    "file": r"""[^\s'"`:*>#|!,]{1,200}""",
    "dependency": r"[\w.+-]{1,80}",
    "patch": r"""[^\s/'"`!$]{1,160}""",
    "path": r"""/[^\s'"`:*>#|]{0,200}""",
}
"""Name of a fact to what an empty group of that name, `(?P<host>)`, stands for in a pattern."""

FACTS: Final[Mapping[str, re.Pattern[str]]] = {
    name: re.compile(form, re.ASCII)
    for name, form in {
        **FORMS,
        "host": r"\w[\w.-]{0,252}(?::\d{1,5})?|\[[0-9a-fA-F:.]{2,45}\](?::\d{1,5})?",
        "dependency": r"[\w(/@<>=~-][\w+.:/@<>=~,() *?$-]{0,120}",
        **dict.fromkeys(("file", "patch", "path"), _TEXT),
    }.items()
}
"""Name of a fact to what it may look like."""

WORDS: Final = frozenset({"flags", "constraint", "expression"})
"""Groups that give `use`: the flags as emerge shows them, the constraints that do not hold, all of them."""

VERSIONED: Final = re.compile(r"\w[^/\s]*/\S*?-\d[\w.]*(?:-r\d+)?")

SPAN: Final = 32 << 10
"""Bytes from the evidence on in which facts are looked for."""
MOST: Final = 20
"""Findings of one pattern."""
LONGEST_TEXT: Final = 4000

Found = dict[str, str]


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of a client profile's etc/portage that would cure, made from the facts."""

    file: Literal["package.use", "package.accept_keywords", "package.license", "package.unmask"]
    line: Annotated[str, Meta(min_length=3, max_length=100)]
    """A template: `{atom} {use}`."""
    every: bool = False
    """Whether everything that is found gives a line, or only the first."""

    @property
    def names(self) -> frozenset[str]:
        """The facts that the template asks for. Raises: ValueError for what is no template."""
        return frozenset(name for _, name, _, _ in Formatter().parse(self.line) if name is not None)


def facts(findings: Iterable[re.Match[bytes]], changes: Sequence[Change]) -> Found:
    """The first value of every fact, and the lines of the changes that are known (see `configuration`)."""
    found = [named for match in findings if (named := _named(match))]
    first: Found = {}
    for named in found:
        first = named | first
    if (use := _turned(first)) and FACTS["use"].fullmatch(use):
        first["use"] = use
        found.append({"use": use})
    known = {name: value for name, value in first.items() if name in FACTS}
    lines = dict.fromkeys(line for change in changes for line in _lines(found, known, change))
    return known | facts_of(tuple(lines)[:MOST])


class Searcher(Protocol):
    """A pattern."""

    def finditer(self, text: bytes, begin: int, end: int, /) -> Iterator[re.Match[bytes]]: ...


def searched(patterns: Iterable[Searcher], text: bytes, begin: int, end: int) -> Iterator[re.Match[bytes]]:
    """What the patterns find in a part of a text, the first findings of each."""
    for pattern in patterns:
        yield from islice(pattern.finditer(text, begin, end), MOST)


def _named(match: re.Match[bytes]) -> Found:
    told = {
        name: " ".join(value.decode(errors="replace").split())
        for name, value in match.groupdict().items()
        if value is not None and len(value) <= LONGEST_TEXT
    }
    if "use" in told:
        told["use"] = " ".join(flag.removeprefix("+") for flag in told["use"].split())
    return {name: value for name, value in told.items() if name in WORDS or FACTS[name].fullmatch(value)}


def _turned(first: Found) -> str:
    """The flags to turn where emerge shows flags and the REQUIRED_USE that they break."""
    if "constraint" not in first or "flags" not in first:
        return ""
    return " ".join(turns(first["constraint"], shown_use(first["flags"]), first.get("expression", "")))


def _lines(found: Iterable[Found], known: Found, change: Change) -> Iterator[Line]:
    wanted = change.names
    for named in found:
        values = known | named
        if wanted & named.keys() and wanted <= values.keys():
            text = change.line.format_map({name: _exact(name, values[name]) for name in wanted})
            with suppress(Refused):
                yield checked(Line(change.file, text))
                if not change.every:
                    return


def _exact(name: str, value: str) -> str:
    """What etc/portage wants for a package with a version: `=cat/name-1.0`."""
    return f"={value}" if name in ("atom", "mask") and VERSIONED.fullmatch(value) else value
