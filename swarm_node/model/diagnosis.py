"""From a failed attempt's log to the class of the failure, its proof, and the action that would cure it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from swarm_node.model.excerpt import Excerpt, Line
from swarm_node.model.failure import Rule
from swarm_node.model.work import Diagnosis, Place

EVIDENCE_LINES: Final = 5
WRAPPED_LINES: Final = 3
"""Lines that one message may be spread over."""
LONGEST_LINE: Final = 400
CONVINCING: Final = 0.5
"""Confidence from which what the failing phase says goes before what earlier phases said."""

PHASES: Final = {
    b"Unpacking": "unpack",
    b"Preparing": "prepare",
    b"Configuring": "configure",
    b"Compiling": "compile",
    b"Test phase": "test",
    b"Install": "install",
}
STARTED: Final = re.compile(
    rb"^[^\n>]{0,80}>>> (?:(Unpacking|Preparing|Configuring|Compiling) source"
    rb"|(Test phase): |(Install) [\w.+-]+/\S+ into )",
    re.MULTILINE,
)
"""Portage's line at the start of a phase (phase-functions.sh)."""
FAILED: Final = re.compile(rb"ERROR: \S+ failed \((\w+)[\s*>#]+phase\)")
CPV: Final = rb"([\w+.-]{1,80}/[\w+.-]{1,120}-\d[\w.]{0,60}(?:-r\d+)?)"
NAMED: Final = re.compile(rb"ERROR: %b\S{0,80} failed|>>> Emerging \(\d+ of \d+\) %b" % (CPV, CPV))
UNREADABLE: Final = re.compile(rb"[^\x20-\x7e\t\x80-\xff]+")


def diagnose(log: Excerpt, rules: Sequence[Rule], phase: str = "", reason: str = "") -> Diagnosis:
    """The diagnosis of a failed attempt by the surest rule that fits; `rules` come from `rules_of`.

    Phase and reason are the drone's words; without them the phase is read from the log. At least one rule
    must fit everything, as the last of the shipped ones does. Raises: LookupError when none fits.
    """
    named = phases(log, phase)
    begin = max((match.start() for match in STARTED.finditer(log.text)), default=0)
    for rule in rules:
        if begin and rule.entry.confidence < CONVINCING:
            return _first(log, rules, named, reason, 0)
        if (found := _fits(log, rule, named, reason, begin)) is not None:
            return found
    return _first(log, rules, named, reason, 0)


def _first(log: Excerpt, rules: Sequence[Rule], named: tuple[str, ...], reason: str, begin: int) -> Diagnosis:
    fitting = (_fits(log, rule, named, reason, begin) for rule in rules)
    found = next((each for each in fitting if each is not None), None)
    if found is None:
        raise LookupError("no rule fits; the shipped ones end with one that fits everything")
    return found


def phases(log: Excerpt, phase: str = "") -> tuple[str, ...]:
    """The names of the phase that failed: the drone's, and Portage's own; ("",) when nobody says."""
    died = [match[1].decode() for match in FAILED.finditer(log.text)]
    begun = [PHASES[next(filter(None, match.groups()))] for match in STARTED.finditer(log.text)]
    own = (died or begun)[-1:]
    return tuple(dict.fromkeys(filter(None, (*own, phase)))) or ("",)


def package(log: Excerpt) -> str:
    """The category/name-version that a log says has failed or was begun last; "" when it names none."""
    named = [next(filter(None, match.groups())) for match in NAMED.finditer(log.text)]
    return named[-1].decode() if named else ""


def _fits(log: Excerpt, rule: Rule, named: tuple[str, ...], reason: str, begin: int) -> Diagnosis | None:
    entry = rule.entry
    if (entry.phase and not set(entry.phase) & set(named)) or (entry.reason and entry.reason != reason):
        return None
    proof = _proof(log, rule, begin)
    if (rule.patterns and not proof) or any(pattern.search(log.text) for pattern in rule.unless):
        return None
    shown = tuple((line, text) for line in proof or log.lines[-40:] if (text := _readable(line.text)))
    shown = shown[:EVIDENCE_LINES] if proof else shown[-EVIDENCE_LINES:]
    return Diagnosis(
        kind=entry.kind,
        remedy=entry.remedy,
        summary=entry.summary.replace("{phase}", named[0] or "unknown"),
        transient=entry.transient,
        evidence=tuple(text for _, text in shown),
        confidence=entry.confidence,
        places=tuple(Place(line.number, line.offset) for line, _ in shown),
    )


def _proof(log: Excerpt, rule: Rule, begin: int) -> list[Line]:
    """The first lines that a rule's patterns are found in, each text once, in the log's order."""
    found: dict[int, Line] = {}
    for pattern in rule.patterns:
        lines: dict[bytes, int] = {}
        for at in _lines(log, pattern, begin):
            lines.setdefault(log.lines[at].text, at)
            if len(lines) == EVIDENCE_LINES:
                break
        found |= {at: log.lines[at] for at in lines.values()}
    return [found[at] for at in sorted(found)][:EVIDENCE_LINES]


def _lines(log: Excerpt, pattern: re.Pattern[bytes], begin: int) -> Iterator[int]:
    for match in pattern.finditer(log.text, begin):
        first = bisect_right(log.starts, match.start()) - 1
        last = bisect_right(log.starts, max(match.end() - 1, match.start())) - 1
        yield from range(first, min(last + 1, first + WRAPPED_LINES))


def _readable(text: bytes) -> str:
    """A line as text without what no terminal should be sent, cut where it is too long."""
    return UNREADABLE.sub(b" ", text).decode(errors="replace").strip()[:LONGEST_LINE]
