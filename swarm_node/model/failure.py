"""The rules that tell failures apart, as TOML: what a log says, what that is called and what cures it.

A file holds `[[rule]]` tables; the keys are those of `Entry`, the patterns those of `Pattern`.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

import msgspec
from msgspec import Meta, Struct, field
from msgspec.structs import replace

from swarm_node.model.backtracking import too_costly
from swarm_node.model.circumstances import Circumstances, When
from swarm_node.model.facts import FACTS, SPAN, WORDS, Change, facts, searched
from swarm_node.model.pattern import Pattern

Remedy = Literal["sync-overlays", "sync-fix", "build-local", "unblock", "edit-portage-and-fresh", "human"]
REMEDIES: Final[tuple[str, ...]] = get_args(Remedy)
Summary = Annotated[str, Meta(min_length=1, max_length=200)]
Share = Annotated[float, Meta(gt=0, le=1)]


class Otherwise(When, frozen=True, forbid_unknown_fields=True):
    """What a rule says instead in some circumstances."""

    remedy: Remedy | None = None
    summary: Summary | None = None
    advice: Summary | None = None
    confidence: Share | None = None


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[rule]]` of a file."""

    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,39}\Z")]
    remedy: Remedy
    summary: Summary
    """What is the matter, in words that go on after the package's name."""
    confidence: Share
    """How surely the patterns tell this cause; of several rules that fit, the surest is believed."""
    advice: Annotated[str, Meta(max_length=200)] = ""
    """What a person is to do, where only a person can help."""
    transient: bool = False
    """Whether trying again may help by itself."""
    patterns: tuple[str, ...] = ()
    """One of them is found; without any, the rule fits by phase and reason alone."""
    also: tuple[str, ...] = ()
    """Patterns one of which is found somewhere else."""
    unless: tuple[str, ...] = ()
    """Patterns none of which is found."""
    phase: tuple[str, ...] = ()
    """Only of these phases; "" is an unknown one."""
    reason: str = ""
    """Only when the drone itself gives this reason."""
    when: When | None = None
    """Only in these circumstances."""
    otherwise: tuple[Otherwise, ...] = ()
    """What is to be said in other circumstances; the first that holds."""
    facts: tuple[str, ...] = ()
    """Patterns of facts, looked for from the first line of the evidence on."""
    until: str = ""
    """A pattern up to which facts are looked for."""
    change: tuple[Change, ...] = ()
    """The lines of etc/portage that would cure."""
    example: str = ""
    """A piece of a log that the rule is for."""
    params: dict[str, str] = field(default_factory=dict)
    """What the diagnosis of the example is to carry beside its evidence."""


BOUND: Final = "begin it with a word of its own, and bound its repetitions: {0,80} rather than *"


class Rule(NamedTuple):
    """An entry with its patterns ready for use."""

    entry: Entry
    patterns: tuple[Pattern, ...]
    also: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    facts: tuple[Pattern, ...]
    until: Pattern | None

    @property
    def every(self) -> tuple[Pattern, ...]:
        """All that it ever searches a log for."""
        return (*self.patterns, *self.also, *self.unless, *self.facts, *filter(None, [self.until]))

    @property
    def asks_for_tree(self) -> bool:
        """Whether it needs to know if the node's trees are the orchestrator's."""
        return any(asked.tree for asked in (self.entry.when, *self.entry.otherwise) if asked is not None)

    def found_in(self, log: bytes) -> bool:
        """Whether one of its patterns is in the log."""
        return any(pattern.search(log) for pattern in self.patterns)

    def ruled_out(self, log: bytes) -> bool:
        """Whether the log lacks what must be in it beside the patterns, or holds what must not be."""
        if self.also and not any(pattern.search(log) for pattern in self.also):
            return True
        return any(pattern.search(log) for pattern in self.unless)

    def entry_for(self, known: Circumstances, log: bytes) -> Entry:
        """What it says in these circumstances."""
        for other in self.entry.otherwise:
            if other.holds(known, log):
                told = {name: getattr(other, name) for name in ("remedy", "summary", "advice", "confidence")}
                return replace(self.entry, **{name: word for name, word in told.items() if word is not None})
        return self.entry

    def params(self, text: bytes, begin: int) -> dict[str, str]:
        """The facts that a log holds, where its proof is first found at `begin`."""
        end = begin + SPAN
        own = (match for pattern in self.patterns if (match := pattern.search(text, begin, end)))
        if self.until is not None and (stop := self.until.search(text, begin, end)):
            end = stop.end()
        return facts([*own, *searched(self.facts, text, begin, end)], self.entry.change)


class BadRules(Exception):
    """A file of rules that cannot be meant: file, rule and what is wrong with it."""


def rules_of(files: Iterable[tuple[str, str]]) -> tuple[Rule, ...]:
    """The rules of files, given as (name, text), the surest first; of equally sure ones the first file's.

    Raises: BadRules.
    """
    rules = [rule for name, text in files for rule in parse(text, name)]
    return tuple(sorted(rules, key=lambda rule: -rule.entry.confidence))


def parse(text: str, name: str) -> Iterator[Rule]:
    """The rules of one file, in its order. Raises: BadRules naming file and rule."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRules(f"{name}: no TOML: {error}") from None
    tables = document.get("rule", [])
    if set(document) - {"rule"} or not isinstance(tables, list):
        raise BadRules(f"{name}: a file of rules holds [[rule]] tables and nothing else")
    for number, table in enumerate(tables, 1):
        yield _rule(table, f"{name}: rule {number}")


def _rule(table: Any, where: str) -> Rule:
    kind = table.get("kind", "") if isinstance(table, dict) else ""
    where = f"{where} ({kind})" if isinstance(kind, str) and kind else where
    try:
        entry = msgspec.convert(table, Entry)
    except msgspec.ValidationError as error:
        raise BadRules(f"{where}: {error}") from None
    patterns, also, unless, found = (
        _patterns(each, where) for each in (entry.patterns, entry.also, entry.unless, entry.facts)
    )
    until = _patterns((entry.until,), where)[0] if entry.until else None
    rule = Rule(entry, patterns, also, unless, found, until)
    _check_facts(rule, where)
    _check_example(rule, where)
    return rule


def _check_facts(rule: Rule, where: str) -> None:
    named = {name for pattern in (*rule.patterns, *rule.facts) for name in pattern.regex.groupindex}
    if strange := named - FACTS.keys() - WORDS:
        raise BadRules(f"{where}: {', '.join(sorted(strange))}: no fact; there are {', '.join(FACTS)}")
    worked_out = {"use"} if WORDS & named else set()
    try:
        asked = {name for change in rule.entry.change for name in change.names}
    except ValueError as error:
        raise BadRules(f"{where}: the change's line: {error}") from None
    if lacking := asked - named - worked_out:
        raise BadRules(f"{where}: the change asks for {', '.join(sorted(lacking))}, which no pattern names")


def _check_example(rule: Rule, where: str) -> None:
    example = rule.entry.example.encode()
    found = [match.start() for pattern in rule.patterns if (match := pattern.search(example))]
    if example and rule.patterns and not found:
        raise BadRules(f"{where}: none of its patterns is found in its example")
    begin = example.rfind(b"\n", 0, min(found, default=0)) + 1
    if rule.entry.params and (told := rule.params(example, begin)) != rule.entry.params:
        raise BadRules(f"{where}: its example says {told}, not the params that it names")


def _patterns(sources: tuple[str, ...], where: str) -> tuple[Pattern, ...]:
    try:
        found = tuple(map(Pattern, sources))
    except (re.error, OverflowError, RecursionError) as error:
        raise BadRules(f"{where}: bad pattern: {error}") from None
    if any(pattern.search(b"") for pattern in found):
        raise BadRules(f"{where}: a pattern that is found in nothing is found everywhere")
    for source, pattern in zip(sources, found, strict=True):
        if too_costly(pattern.regex):
            raise BadRules(f"{where}: {source!r:.60} can take long; {BOUND}")
    return found
