"""REQUIRED_USE in Portage's words: which flags to turn so that it holds; the grammar is that of PMS 8.2.

Portage shows `|| ( a b )` as `any-of ( a b )`, `^^` as `exactly-one-of`, `??` as `at-most-one-of`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, NamedTuple

MOST_TURNS: Final = 4
MOST_FLAGS: Final = 24
"""Bounds of the search: 24 flags by fours are 12,950 trials."""
MOST_TOKENS: Final = 2000
DEEPEST: Final = 30

WORD: Final = re.compile(r"!?\w[\w+@-]*\??")
SHOWN: Final = re.compile(r'(\w{1,40})="([^"\n]*)"')
FLAG: Final = re.compile(r"(?P<fixed>[({])?(?P<off>-)?(?P<name>\w[\w+@-]*)[%*]*[)}]?\Z")
COUNTS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    **dict.fromkeys(("||", "any-of"), lambda on, of: on > 0 or of == 0),
    **dict.fromkeys(("^^", "exactly-one-of"), lambda on, of: on == 1 or of == 0),
    **dict.fromkeys(("??", "at-most-one-of"), lambda on, of: on <= 1),
}
"""Whether a group holds, by how many of its terms do and how many it has."""


class Term(NamedTuple):
    """A flag, or a group with its terms: of a condition (`flag?`), of a count (`any-of`), or of all."""

    name: str
    terms: tuple["Term", ...] | None = None


class Use(NamedTuple):
    """The flags of a package as emerge shows them."""

    on: frozenset[str]
    fixed: frozenset[str]
    """Those in parentheses: forced or masked by the profile."""


def shown_use(text: str) -> Use:
    """The flags in `USE="a -b (c)" PYTHON_TARGETS="d"`, those of USE_EXPAND with their prefix."""
    on, fixed = set[str](), set[str]()
    for variable, words in SHOWN.findall(text):
        prefix = "" if variable == "USE" else f"{variable.lower()}_"
        for flag in filter(None, map(FLAG.match, words.split())):
            name = prefix + flag["name"]
            on |= set() if flag["off"] else {name}
            fixed |= {name} if flag["fixed"] else set()
    return Use(frozenset(on), frozenset(fixed))


def turns(unsatisfied: str, use: Use, whole: str = "") -> tuple[str, ...]:
    """The fewest flags to turn so that the constraints hold: `flag` or `-flag`; none where none would do.

    Flags that are asked for are turned on before others are turned off. `whole` is the complete expression
    of which `unsatisfied` is the part that does not hold; where it does hold with the flags as they are
    shown, others were meant, and nothing is known.
    """
    broken = parsed(unsatisfied)
    if all(_holds(term, use.on) for term in broken):
        return ()
    every = (*broken, *parsed(whole))
    candidates = [flag for flag in _candidates(every, use.on) if flag not in use.fixed][:MOST_FLAGS]
    for number in range(1, MOST_TURNS + 1):
        for turned in combinations(candidates, number):
            if all(_holds(term, use.on.symmetric_difference(turned)) for term in every):
                return tuple(f"-{flag}" if flag in use.on else flag for flag in turned)
    return ()


def parsed(expression: str) -> tuple[Term, ...]:
    """The terms of an expression, none if it is deeper than any ebuild's; what is no word is passed over."""
    stack: list[list[Term]] = [[]]
    names: list[str] = []
    name = ""
    for token in expression.split()[:MOST_TOKENS]:
        if len(stack) > DEEPEST:
            return ()
        if token == "(":
            names.append(name)
            stack.append([])
            name = ""
        elif token == ")":
            if names:
                terms = tuple(stack.pop())
                stack[-1].append(Term(names.pop(), terms))
        elif token in COUNTS or (WORD.fullmatch(token) and token.endswith("?")):
            name = token
        elif WORD.fullmatch(token):
            stack[-1].append(Term(token))
    return tuple(term for level in stack for term in level)


def _holds(term: Term, on: frozenset[str]) -> bool:
    if term.terms is None:
        return _is(term.name, on)
    if term.name in COUNTS:
        return COUNTS[term.name](sum(_holds(inner, on) for inner in term.terms), len(term.terms))
    if term.name.endswith("?") and not _is(term.name[:-1], on):
        return True
    return all(_holds(inner, on) for inner in term.terms)


def _is(word: str, on: frozenset[str]) -> bool:
    return (word.lstrip("!") in on) != word.startswith("!")


def _candidates(terms: Sequence[Term], on: frozenset[str]) -> list[str]:
    """What is asked for and off, in order; what is on, the last first; conditions at the end."""
    asked, conditions = list(_named(terms, "")), list(_named(terms, "?"))
    ordered = [
        *(flag for flag in asked if flag not in on),
        *(flag for flag in reversed(asked) if flag in on),
        *conditions,
    ]
    return list(dict.fromkeys(ordered))


def _named(terms: Sequence[Term], ending: str) -> Iterator[str]:
    """The flags of the terms, or with `?` those of their conditions."""
    for term in terms:
        if term.name.endswith("?") if ending else term.terms is None:
            yield term.name.strip("!?")
        yield from _named(term.terms or (), ending)
