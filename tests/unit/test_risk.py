"""Risk: each reason with its points, and nothing where there is no reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.risk import CAUSES, Blocked, Facts, Missing, Package, assess, score

LARGE = 1 << 20
AA = "x86_64: libaa.so.1"


def package(
    name: str = "dev-libs/aa", version: int = 1, slot: str = "0", size: int = LARGE, **rest: Any
) -> Package:
    relations = {key: frozenset(value) for key, value in rest.items() if key in ("provides", "requires")}
    return Package(
        f"{name}-{version}", name, slot, (version,), size, room=rest.get("room", "root-overlay"), **relations
    )


def facts(
    staged: tuple[Package, ...] = (), production: tuple[Package, ...] = (), gone: tuple[Package, ...] = ()
) -> Facts:
    """A release of all that is given but for `gone`."""
    return Facts(staged, production, tuple(one for one in (*production, *staged) if one not in gone))


def codes(found: Facts) -> list[tuple[str, str]]:
    return [(finding.code, finding.package) for finding in assess(found)]


def test_a_first_release_without_a_flaw_costs_nothing() -> None:
    assert assess(facts((package(), package("dev-libs/bb")))) == ()


@pytest.mark.parametrize(
    ("flaw", "code", "points"),
    [
        ({"damaged": ("a/b/b-1-1.gpkg.tar",)}, "integrity", 10),
        ({"simulated": ("a/b-1", "a/c-1")}, "simulated", 10),
        ({"rehearsals": (("desktop", "a/b-1: needs a/c"),)}, "rehearsal", 10),
        ({"unsatisfied": (Missing("a/b-1", "a/c", "a/c"),)}, "unsatisfied-dependency", 10),
        ({"blocked": (Blocked("a/b-1", "a/b"),)}, "blocked", 1),
        ({"on_trial": ("a/b-1",)}, "on-trial", 1),
    ],
)
def test_what_is_found_elsewhere_costs_its_points(flaw: dict[str, Any], code: str, points: int) -> None:
    (finding,) = assess(Facts((), (), (), **flaw))
    assert (finding.code, finding.points) == (code, points)
    assert CAUSES[code].points == points
    assert finding.message


def test_two_dependencies_of_one_package_are_one_finding() -> None:
    missing = (Missing("a/b-1", "a/c", "a/c"), Missing("a/b-1", ">=a/d-2", "a/d"))
    (finding,) = assess(Facts((), (), (), unsatisfied=missing))
    assert "a/c, >=a/d-2" in finding.message


def test_a_blocked_package_that_the_release_needs_is_the_reason_and_not_the_dependency() -> None:
    missing = (Missing("a/b-1", ">=a/c-2", "a/c"), Missing("a/b-1", "a/d", "a/d"))
    found = Facts((), (), (), unsatisfied=missing, blocked=(Blocked("a/c-2", "a/c"), Blocked("a/e-1", "a/e")))
    assert codes(found) == [
        ("needed-blocked", "a/c-2"),
        ("unsatisfied-dependency", "a/b-1"),
        ("blocked", "a/e-1"),
    ]
    assert score(assess(found)) == 21


def test_a_soname_is_lost_when_only_the_replaced_library_had_it() -> None:
    library, user = (
        package(provides=["x86_64: libaa.so.1"]),
        package("a/user", requires=["x86_64: libaa.so.1"]),
    )
    newer = package(version=2, provides=["x86_64: libaa.so.2"])
    assert codes(facts((newer,), (library, user))) == [("lost-soname", "a/user-1")]
    both = package(version=2, provides=["x86_64: libaa.so.1", "x86_64: libaa.so.2"])
    assert codes(facts((both,), (library, user))) == []
    rebuilt = package("a/user", version=2, requires=["x86_64: libaa.so.2"])
    assert codes(facts((newer, rebuilt), (library, user))) == []


def test_another_slot_or_package_may_still_offer_a_soname() -> None:
    library, user = (
        package(provides=["x86_64: libaa.so.1"]),
        package("a/user", requires=["x86_64: libaa.so.1"]),
    )
    newer = package(version=2, slot="2", provides=["x86_64: libaa.so.2"])
    assert codes(facts((newer,), (library, user))) == []
    fork = package("dev-libs/fork", provides=["x86_64: libaa.so.1"])
    assert codes(facts((package(version=2), fork), (library, user))) == []


def test_what_no_release_ever_offered_is_not_lost() -> None:
    user = package("a/user", requires=["x86_64: libc.so.6"])
    assert codes(facts((user,), (package(),))) == []


def test_the_lesser_of_two_versions_in_a_slot_counts_for_nothing() -> None:
    """Clients have the highest; what a version that nobody installs would need is nobody's loss."""
    old, new = package(provides=["x86_64: a.so.1"]), package(version=2, provides=["x86_64: a.so.2"])
    user = package("a/user", requires=["x86_64: a.so.1"])
    better = package("a/user", version=2, requires=["x86_64: a.so.2"])
    assert codes(facts((package("a/other"),), (old, new, user, better))) == []


def test_an_older_version_than_clients_have_is_a_downgrade() -> None:
    found = facts((package(version=1),), (package(version=2),))
    assert codes(found) == [("downgrade", "dev-libs/aa-1")]
    assert codes(facts((package(version=1, slot="1"),), (package(version=2, slot="2"),))) == []
    assert codes(facts((package(version=1),), (package(version=1), package(version=2)))) == []


def test_a_slot_that_is_gone() -> None:
    old = package(slot="1/1.2")
    assert codes(facts((package(slot="2"),), (old,), gone=(old,))) == [("removed-slot", "dev-libs/aa")]
    assert codes(facts((package(slot="1/1.3"),), (old,), gone=(old,))) == []


@pytest.mark.parametrize(
    ("before", "after", "suspicious"),
    [
        (LARGE, LARGE // 2, False),
        (LARGE, LARGE // 2 - 1, True),
        (60 << 10, 1, False),
        (LARGE, 2 * LARGE, False),
    ],
)
def test_shrinkage_below_half_is_suspicious_but_for_the_small(
    before: int, after: int, suspicious: bool
) -> None:
    found = codes(facts((package(version=2, size=after),), (package(size=before),)))
    assert found == ([("shrunk", "dev-libs/aa-2")] if suspicious else [])


def test_no_room_is_one_point_for_all() -> None:
    (finding,) = assess(facts(tuple(package(f"a/b{n}", room="none") for n in range(40))))
    assert (finding.code, finding.points) == ("no-room", 1)
    assert finding.message.endswith("and 37 more")


def test_a_thousand_of_a_kind_cost_as_many_points_and_fifty_lines() -> None:
    missing = tuple(Missing(f"a/b{n}-1", "a/c", "a/c") for n in range(1000))
    found = assess(Facts((), (), (), unsatisfied=missing, blocked=(Blocked("a/d-1", "a/d"),)))
    assert (len(found), score(found)) == (52, 10_001)
    assert found[50].message == "950 more of this kind"


NAMES = st.sampled_from(["a/a", "a/b", "a/c"])
SONAMES = st.frozensets(st.sampled_from(["x: one", "x: two", "x: three"]))
PACKAGES = st.builds(
    lambda name, version, slot, size, provides, requires, room: package(
        name, version, slot, size, provides=provides, requires=requires, room=room
    ),
    NAMES,
    st.integers(1, 4),
    st.sampled_from(["0", "0/1", "1"]),
    st.integers(0, 1 << 22),
    SONAMES,
    SONAMES,
    st.sampled_from(["none", "root-overlay", ""]),
)
SETS = st.lists(PACKAGES, max_size=6).map(tuple)


@given(SETS, SETS)
def test_every_finding_is_in_the_table_and_the_gravest_come_first(
    staged: tuple[Package, ...], production: tuple[Package, ...]
) -> None:
    found = assess(facts(staged, production))
    assert all(CAUSES[finding.code].points == finding.points for finding in found)
    assert [f.points for f in found] == sorted((f.points for f in found), reverse=True)
    assert len({(f.code, f.package, f.message) for f in found}) <= len(found)
    assert score(found) == sum(finding.points for finding in found)


@given(SETS)
def test_releasing_what_clients_have_costs_nothing(production: tuple[Package, ...]) -> None:
    clean = [package for package in production if package.room != "none"]
    assert assess(Facts((), tuple(clean), tuple(clean))) == ()


@given(SETS, SETS)
def test_a_finding_names_something_that_is_there(
    staged: tuple[Package, ...], production: tuple[Package, ...]
) -> None:
    names = {package.cpv for package in (*staged, *production)} | {package.cp for package in production}
    assert {finding.package for finding in assess(facts(staged, production))} <= names
