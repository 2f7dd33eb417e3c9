"""From a failed attempt's log to the class of the failure, its proof, and the action that would cure it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from swarm_node.model.circumstances import UNKNOWN, Circumstances
from swarm_node.model.excerpt import Excerpt
from swarm_node.model.failure import Entry, Rule
from swarm_node.model.work import Diagnosis, Place

EVIDENCE_LINES: Final = 5
WRAPPED_LINES: Final = 3
"""Lines that one message may be spread over."""
LONGEST_LINE: Final = 400
LAST_LINES: Final = 40
"""Of which the evidence is taken where there is no proof."""
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


def diagnose(log: Excerpt, rules: Sequence[Rule], known: Circumstances = UNKNOWN) -> Diagnosis:
    """The diagnosis of a failed attempt by the surest rule that fits; `rules` come from `rules_of`.

    Without the drone's word the phase is read from the log. At least one rule must fit everything, as the
    last of the shipped ones does. Raises: LookupError when none fits.
    """
    named = phases(log, known.phase)
    begin = max((match.start() for match in STARTED.finditer(log.text)), default=0)
    here = [(rule.entry_for(known, log.text), rule) for rule in rules]
    here.sort(key=lambda pair: -pair[0].confidence)
    fitting = (
        found
        for least, start in ((CONVINCING if begin else 0.0, begin), (0.0, 0))
        for entry, rule in here
        if entry.confidence >= least and (found := _fits(log, rule, entry, named, known, start)) is not None
    )
    if (first := next(fitting, None)) is None:
        raise LookupError("no rule fits; the shipped ones end with one that fits everything")
    return first


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


def _fits(
    log: Excerpt, rule: Rule, entry: Entry, named: tuple[str, ...], known: Circumstances, begin: int
) -> Diagnosis | None:
    if not _applies(entry, named, known, log.text):
        return None
    proof = _proof(log, rule, begin)
    if (rule.patterns and not proof) or any(pattern.search(log.text) for pattern in rule.unless):
        return None
    last = range(max(len(log.lines) - LAST_LINES, 0), len(log.lines))
    shown = [(log.lines[at], text) for at in proof or last if (text := _readable(log.lines[at].text))]
    shown = shown[:EVIDENCE_LINES] if proof else shown[-EVIDENCE_LINES:]
    return Diagnosis(
        kind=entry.kind,
        remedy=entry.remedy,
        summary=entry.summary.replace("{phase}", named[0] or "unknown"),
        transient=entry.transient,
        evidence=tuple(text for _, text in shown),
        params=rule.params(log.text, log.starts[proof[0]]) if proof else {},
        confidence=entry.confidence,
        places=tuple(Place(line.number, line.offset) for line, _ in shown),
    )


def _applies(entry: Entry, named: tuple[str, ...], known: Circumstances, log: bytes) -> bool:
    return (
        (not entry.phase or bool(set(entry.phase) & set(named)))
        and entry.reason in ("", known.reason)
        and (entry.when is None or entry.when.holds(known, log))
    )


def _proof(log: Excerpt, rule: Rule, begin: int) -> list[int]:
    """Where the first lines stand that a rule's patterns are found in, each text once, in the log's order."""
    found = set[int]()
    for pattern in rule.patterns:
        lines: dict[bytes, int] = {}
        for at in _lines(log, pattern, begin):
            lines.setdefault(log.lines[at].text, at)
            if len(lines) == EVIDENCE_LINES:
                break
        found.update(lines.values())
    return sorted(found)[:EVIDENCE_LINES]


def _lines(log: Excerpt, pattern: re.Pattern[bytes], begin: int) -> Iterator[int]:
    for match in pattern.finditer(log.text, begin):
        first = bisect_right(log.starts, match.start()) - 1
        last = bisect_right(log.starts, max(match.end() - 1, match.start())) - 1
        yield from range(first, min(last + 1, first + WRAPPED_LINES))


def _readable(text: bytes) -> str:
    """A line as text without what no terminal should be sent, cut where it is too long."""
    return UNREADABLE.sub(b" ", text).decode(errors="replace").strip()[:LONGEST_LINE]
