"""From a failed attempt's log to the class of the failure, its proof, and the action that would cure it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from swarm_node.model.circumstances import UNKNOWN, Circumstances
from swarm_node.model.excerpt import Excerpt
from swarm_node.model.failure import Entry, Rule
from swarm_node.model.pattern import Pattern
from swarm_node.model.work import Diagnosis, Place

EVIDENCE_LINES: Final = 5
WRAPPED_LINES: Final = 3
"""Lines that one message may be spread over."""
LONGEST_LINE: Final = 400
LAST_LINES: Final = 40
"""Of which the evidence is taken where there is no proof."""
EARLIER: Final = 0.3
"""What the words of earlier phases count for: those phases did not fail."""
LEAST: Final = 0.17
"""How sure the words of earlier phases must be then to count at all."""

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
    rb"|(Test phase): |(Install) [\w.+-]{1,80}/\S{1,200} into )",
    re.MULTILINE,
)
"""Portage's line at the start of a phase (phase-functions.sh)."""
MERGED: Final = re.compile(rb"^[^\n>]{0,80}>>> \S{1,200} merged\.$", re.MULTILINE)
"""Portage's line at the end of a package: what is above is another's, or no failure."""
ENDED: Final = re.compile(
    rb"^[^\n>]{0,80}>>> (?:Source (?:unpacked|prepared|configured|compiled)\b"
    rb"|Completed (?:testing|installing) )|%b" % MERGED.pattern,
    re.MULTILINE,
)
"""Portage's line at the end of a phase that went well."""
FAILED: Final = re.compile(rb"ERROR: \S{1,200} failed \((\w{1,20})[\s*>#]{1,80}phase\)")
CPV: Final = rb"([\w+.-]{1,80}/[\w+.-]{1,120}-\d[\w.]{0,60}(?:-r\d{1,3})?)"
NAMED: Final = re.compile(rb"ERROR: %b(?:::\S{1,80})? failed|>>> Emerging \(\d+ of \d+\) %b" % (CPV, CPV))
WORD: Final = re.compile(r"\w")
UNREADABLE: Final = re.compile(rb"[^\x20-\x7e\t\x80-\xff]+")


def diagnose(log: Excerpt, rules: Sequence[Rule], known: Circumstances = UNKNOWN) -> Diagnosis:
    """The diagnosis of a failed attempt by the surest rule that fits; `rules` come from `rules_of`.

    Without the drone's word the phase is read from the log. At least one rule must fit everything, as the
    last of the shipped ones does. Raises: LookupError when none fits.
    """
    named = phases(log, known.phase)
    merged, begin = _last(MERGED, log.text), max(_last(STARTED, log.text), _last(ENDED, log.text))
    here = [_Reading(rule, rule.entry_for(known, log.text), begin, len(log.text)) for rule in rules]
    earlier = [reading._replace(begin=merged, end=begin, weight=EARLIER) for reading in here if begin]
    counting = [reading for reading in earlier if reading.confidence >= LEAST]
    readings = sorted([*here, *counting], key=lambda reading: -reading.confidence)
    fitting = (found for reading in readings if (found := _fits(log, reading, named, known)) is not None)
    if (first := next(fitting, None)) is None:
        raise LookupError("no rule fits; the shipped ones end with one that fits everything")
    return first


def phases(log: Excerpt, phase: str = "") -> tuple[str, ...]:
    """The names of the phase that failed: the drone's, and Portage's own; ("",) when nobody says."""
    died = [match[1].decode() for match in FAILED.finditer(log.text)]
    begun = [
        PHASES[next(filter(None, match.groups()))]
        for match in STARTED.finditer(log.text, _last(ENDED, log.text))
    ]
    own = (died or begun)[-1:]
    return tuple(dict.fromkeys(filter(None, (*own, phase)))) or ("",)


def package(log: Excerpt) -> str:
    """The category/name-version that a log says has failed or was begun last; "" when it names none."""
    named = [next(filter(None, match.groups())) for match in NAMED.finditer(log.text)]
    return named[-1].decode() if named else ""


def _last(sign: re.Pattern[bytes], text: bytes) -> int:
    """Where a sign is found last; 0 when it is nowhere."""
    return max((match.start() for match in sign.finditer(text)), default=0)


class _Reading(NamedTuple):
    """A part of a log, read by one rule."""

    rule: Rule
    entry: Entry
    begin: int
    end: int
    weight: float = 1.0

    @property
    def confidence(self) -> float:
        return round(self.entry.confidence * self.weight, 3)


def _fits(log: Excerpt, reading: _Reading, named: tuple[str, ...], known: Circumstances) -> Diagnosis | None:
    rule, entry = reading.rule, reading.entry
    if not _applies(entry, named, known, log.text):
        return None
    proof = _proof(log, reading)
    if (rule.patterns and not proof) or rule.ruled_out(log.text):
        return None
    last = range(max(len(log.lines) - LAST_LINES, 0), len(log.lines))
    read = [(log.lines[at], _readable(log.lines[at].text)) for at in proof or last]
    shown = [(line, text) for line, text in read if WORD.search(text)]
    shown = shown[:EVIDENCE_LINES] if proof else shown[-EVIDENCE_LINES:]
    return Diagnosis(
        kind=entry.kind,
        remedy=entry.remedy,
        summary=entry.summary.replace("{phase}", named[0] or "unknown"),
        advice=entry.advice,
        transient=entry.transient,
        evidence=tuple(text for _, text in shown),
        params=rule.params(log.text, log.starts[proof[0]]) if proof else {},
        confidence=reading.confidence,
        places=tuple(Place(line.number, line.offset) for line, _ in shown),
    )


def _applies(entry: Entry, named: tuple[str, ...], known: Circumstances, log: bytes) -> bool:
    return (
        (not entry.phase or bool(set(entry.phase) & set(named)))
        and entry.reason in ("", known.reason)
        and (entry.when is None or entry.when.holds(known, log))
    )


def _proof(log: Excerpt, reading: _Reading) -> list[int]:
    """Where the first lines stand that a rule's patterns are found in, each text once, in the log's order."""
    found = set[int]()
    for pattern in reading.rule.patterns:
        lines: dict[bytes, int] = {}
        for at in _lines(log, pattern, reading):
            lines.setdefault(log.lines[at].text, at)
            if len(lines) == EVIDENCE_LINES:
                break
        found.update(lines.values())
    return sorted(found)[:EVIDENCE_LINES]


def _lines(log: Excerpt, pattern: Pattern, reading: _Reading) -> Iterator[int]:
    for match in pattern.finditer(log.text, reading.begin, reading.end):
        first = bisect_right(log.starts, match.start()) - 1
        last = bisect_right(log.starts, max(match.end() - 1, match.start())) - 1
        yield from range(first, min(last + 1, first + WRAPPED_LINES))


def _readable(text: bytes) -> str:
    """A line as text without what no terminal should be sent, cut where it is too long."""
    return UNREADABLE.sub(b" ", text).decode(errors="replace").strip()[:LONGEST_LINE]
