"""The rules that tell failures apart, as TOML: what a log says, what that is called and what cures it.

A file holds `[[rule]]` tables; the keys are those of `Entry`. Patterns are Python's regular expressions over
lines (`^` and `$` are a line's), in which a space stands for any run of white space and quotation marks
(`*`, `>`, `#`, `|`), since messages come indented, quoted and wrapped.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args

import msgspec
from msgspec import Meta, Struct

Remedy = Literal["sync-overlays", "sync-fix", "build-local", "unblock", "edit-portage-and-fresh", "human"]
REMEDIES: Final[tuple[str, ...]] = get_args(Remedy)
SPACES: Final = {"gap": rb"[\s*>#|]{1,80}", "maybe": rb"[\s*>#|]{0,80}"}
"""What a space of a pattern stands for, and one that may be missing: ` *`, ` ?`, ` {0,8}`."""
TOKEN: Final = re.compile(
    rb"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<maybe> +(?:[*?]|\{0?,\d*\}))|(?P<gap> +(?:\+|\{\d+,?\d*\})?)",
    re.DOTALL,
)
"""What a space may stand in: an escape, a set, or by itself."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[rule]]` of a file."""

    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,39}\Z")]
    remedy: Remedy
    summary: Annotated[str, Meta(min_length=1, max_length=200)]
    """What is the matter, in words that go on after the package's name."""
    confidence: Annotated[float, Meta(gt=0, le=1)]
    """How surely the patterns tell this cause; of several rules that fit, the surest is believed."""
    transient: bool = False
    """Whether trying again may help by itself."""
    patterns: tuple[str, ...] = ()
    """One of them is found; without any, the rule fits by phase and reason alone."""
    unless: tuple[str, ...] = ()
    """Patterns none of which is found."""
    phase: tuple[str, ...] = ()
    """Only of these phases; "" is an unknown one."""
    reason: str = ""
    """Only when the drone itself gives this reason."""
    example: str = ""
    """A piece of a log that the rule is for."""


class Rule(NamedTuple):
    """An entry with its patterns ready for use."""

    entry: Entry
    patterns: tuple[re.Pattern[bytes], ...]
    unless: tuple[re.Pattern[bytes], ...]


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
    rule = Rule(entry, _patterns(entry.patterns, where), _patterns(entry.unless, where))
    example = entry.example.encode()
    if example and rule.patterns and not any(pattern.search(example) for pattern in rule.patterns):
        raise BadRules(f"{where}: none of its patterns is found in its example")
    return rule


def _patterns(sources: tuple[str, ...], where: str) -> tuple[re.Pattern[bytes], ...]:
    try:
        found = tuple(compiled(source) for source in sources)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadRules(f"{where}: bad pattern: {error}") from None
    if any(pattern.search(b"") for pattern in found):
        raise BadRules(f"{where}: a pattern that is found in nothing is found everywhere")
    return found


def compiled(source: str) -> re.Pattern[bytes]:
    """A pattern of a rule. Raises: re.error."""
    spaced = TOKEN.sub(lambda token: SPACES.get(token.lastgroup or "", token[0]), source.encode())
    return re.compile(spaced, re.MULTILINE)
