"""Lines of a client profile's etc/portage: which files may get one, what one looks like (see portage(5))."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from swarm_node.model.names import closest
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Line

CONFIGURATION: Final = ("package.use", "package.accept_keywords", "package.license", "package.unmask")
"""The files that a remedy may propose a line for."""
LONGEST: Final = 1000
MOST: Final = 20

ATOM: Final = re.compile(
    r"(?:[<>]=?|=|~)?"
    r"[A-Za-z0-9_*][A-Za-z0-9+_.*-]*/[A-Za-z0-9_*][A-Za-z0-9+_.*-]*"
    r"(?::[A-Za-z0-9_*][A-Za-z0-9+_./*-]*)?"
    r"(?:::[A-Za-z0-9_][A-Za-z0-9_-]*)?"
)
"""The shape of an atom with Portage's wildcards; what it means is for Portage to say."""
WORDS: Final[Mapping[str, re.Pattern[str]]] = {
    "package.use": re.compile(r"-?(?:\*|[A-Za-z0-9][A-Za-z0-9+_@-]*)|[A-Z][A-Z0-9_]*:"),
    "package.accept_keywords": re.compile(r"[~*-]?\*|[~-]?[A-Za-z0-9_][A-Za-z0-9_-]*"),
    "package.license": re.compile(r"-?(?:\*|@?[A-Za-z0-9_][A-Za-z0-9+_.-]*)"),
}
"""What may stand after the atom."""
EXAMPLES: Final[Mapping[str, str]] = {
    "package.use": "'dev-libs/foo bar -baz'",
    "package.accept_keywords": "'=dev-libs/foo-1.0 ~amd64'",
    "package.license": "'dev-libs/foo FOO-EULA'",
    "package.unmask": "'=dev-libs/foo-1.0'",
}


def proposed(params: Mapping[str, str]) -> tuple[Line, ...]:
    """The lines that a diagnosis proposes: `file` and `line` (or lines), then `file.2` and so on."""
    return tuple(_proposed(params))


def _proposed(params: Mapping[str, str]) -> Iterator[Line]:
    for number in range(1, MOST + 1):
        ending = f".{number}" if number > 1 else ""
        file = params.get(f"file{ending}", "")
        if file not in CONFIGURATION:
            return
        yield from (Line(file, text) for text in params.get(f"line{ending}", "").splitlines() if text)


def facts_of(lines: Sequence[Line]) -> dict[str, str]:
    """The params by which a diagnosis proposes lines."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        ending = f".{number}" if number > 1 else ""
        found |= {f"file{ending}": line.file, f"line{ending}": line.text}
    return found


def words_of(lines: Sequence[Line]) -> tuple[str, ...]:
    """The lines as they stand on a command line: FILE LINE, one pair after the other."""
    return tuple(word for line in lines for word in (line.file, line.text))


def lines_of(words: Sequence[str]) -> tuple[Line, ...]:
    """The lines that such words mean, checked; `FILE LINE` may also be one word. Raises: Refused."""
    left = [word for given in words for word in _split(given)]
    if not left or len(left) % 2:
        raise Refused("bad_request", "no file with its line is named", f"for instance: {_example()}")
    lines = tuple(checked(Line(*left[at : at + 2])) for at in range(0, len(left), 2))
    if len(lines) > MOST:
        raise Refused("bad_request", f"{len(lines)} lines are too many for one trial", f"at most {MOST}")
    return lines


def checked(line: Line) -> Line:
    """The line in its plainest spelling, if the file may hold it. Raises: Refused (bad_request, bad_name)."""
    if line.file not in CONFIGURATION:
        hint = closest(line.file[:80], CONFIGURATION, ", ".join(CONFIGURATION))
        raise Refused("bad_name", f"{line.file!r:.80} is no file that may be changed", hint)
    if not line.text.isprintable() or len(line.text) > LONGEST:
        raise _wrong(line, "is not one line of readable text")
    atom, *words = line.text.split() or [""]
    if not ATOM.fullmatch(atom):
        raise _wrong(line, f"does not begin with an atom but with {atom!r:.60}")
    allowed = WORDS.get(line.file)
    if allowed is None and words:
        raise _wrong(line, "has more than an atom")
    if not words and line.file in ("package.use", "package.license"):
        raise _wrong(line, "says nothing about its atom")
    for word in words:
        if allowed is not None and not allowed.fullmatch(word):
            raise _wrong(line, f"may not hold {word!r:.60}")
    return Line(line.file, " ".join([atom, *words]))


def _split(given: str) -> list[str]:
    file, _, rest = given.partition(" ")
    name = file.removesuffix(":")
    return [name, rest.strip()] if name in CONFIGURATION and rest.strip() else [given]


def _wrong(line: Line, what: str) -> Refused:
    return Refused(
        "bad_request",
        f"{line.text!r:.120} {what}",
        f"{line.file} takes {EXAMPLES[line.file]}, see portage(5)",
    )


def _example() -> str:
    return f"build-swarm configure =dev-libs/foo-1.0 package.use {EXAMPLES['package.use']}"
