"""Setting aside what cannot be had where Portage's graph does not tell what that is."""

import os
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.portage.resolver.solve import SLOT_OPERATOR, solve
from swarm_node.portage.resolver.world import World, overheard


class Silent:
    """A world whose failures leave no trace in the graph; each set of atoms in `bad` is a contradiction."""

    binaries_only = False

    def __init__(self, *bad: frozenset[str]) -> None:
        self.bad = bad
        self.asked = 0

    def resolve(self, atoms: Sequence[str]) -> tuple[bool, Any, list[str]]:
        self.asked += 1
        nothing = SimpleNamespace(
            _unsatisfied_deps_for_display=[],
            _package_tracker=SimpleNamespace(slot_conflicts=tuple),
            _unsatisfied_blockers_for_display=None,
            _circular_deps_for_display=None,
        )
        failing = [bad for bad in self.bad if bad <= set(atoms)]
        return not failing, SimpleNamespace(_dynamic_config=nothing), [f"!!! {min(bad)}" for bad in failing]


def left(world: Silent, *atoms: str) -> tuple[set[str], set[str]]:
    """What is resolved in the end, and what was set aside."""
    solution = solve(cast(World, world), dict.fromkeys(atoms, "in @world"))
    return set(solution.roots), {failure.subject for failure in solution.failures}


def test_single_atoms_are_found_and_their_words_kept() -> None:
    world = Silent(frozenset({"a/c"}))
    solution = solve(cast(World, world), dict.fromkeys(["a/b", "a/c", "a/d"], "in @world"))
    assert (list(solution.roots), [failure.said for failure in solution.failures]) == (
        ["a/b", "a/d"],
        [["!!! a/c"]],
    )


def test_of_two_that_exclude_each_other_one_stays() -> None:
    kept, dropped = left(Silent(frozenset({"a/b", "a/e"})), "a/b", "a/c", "a/d", "a/e")
    assert (kept & {"a/c", "a/d"}, len(dropped)) == ({"a/c", "a/d"}, 1)


ATOMS = [f"a/p{number}" for number in range(9)]


@given(st.sets(st.sampled_from(ATOMS)), st.lists(st.sampled_from(ATOMS), unique=True))
def test_exactly_what_fails_by_itself_is_lost(bad: set[str], atoms: list[str]) -> None:
    world = Silent(*(frozenset({atom}) for atom in bad))
    assert left(world, *atoms) == (set(atoms) - bad, set(atoms) & bad)
    assert world.asked <= 1 + len(bad) * 10


@given(st.lists(st.frozensets(st.sampled_from(ATOMS), min_size=1, max_size=3), max_size=5))
def test_it_always_ends_without_contradiction(bad: list[frozenset[str]]) -> None:
    kept, dropped = left(Silent(*bad), *ATOMS)
    assert kept | dropped == set(ATOMS)
    assert not any(one <= kept for one in bad)


@pytest.mark.parametrize(
    ("atom", "plain"),
    [
        ("a/b:=", "a/b"),
        ("a/b:*", "a/b"),
        ("a/b:2=", "a/b:2"),
        (">=a/b-1.0:2/3=", ">=a/b-1.0:2/3"),
        ("a/b:=[svg]", "a/b[svg]"),
        ("a/b:=::extra[svg=]", "a/b::extra[svg=]"),
        ("=a/b-1*", "=a/b-1*"),
        ("a/b:2", "a/b:2"),
    ],
)
def test_slot_operators_are_taken_off(atom: str, plain: str) -> None:
    assert SLOT_OPERATOR.sub(lambda slot: f":{slot[1]}" if slot[1] else "", atom) == plain


def test_what_programs_say_is_heard_without_chatter_and_colours(capfd: pytest.CaptureFixture[str]) -> None:
    with overheard() as said:
        os.write(1, b"Calculating dependencies ... done!\n[ebuild  N ] a/b-1\n")
        os.write(2, b"\x1b[31m!!! red\x1b[0m\n\n")
    assert said == ["!!! red"]
    assert capfd.readouterr().out == ""
