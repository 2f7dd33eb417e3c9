"""What clients notice between two releases: slot by slot, flag by flag."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.catalogue import Change, Contents, Package, replaced
from swarm_node.orchestrator.comparison import compare
from swarm_node.orchestrator.content import highest_first


def package(
    cpv: str, build_id: int = 1, *, use: tuple[str, ...] = (), slot: str = "0", size: int = 100
) -> Package:
    return Package(cpv, slot, "demo", build_id, size, f"{cpv}-{build_id}.gpkg.tar", use=use)


def release(number: int, packages: Iterable[Package]) -> Contents:
    found = tuple(highest_first(packages))
    return Contents(number, found, sum(one.size for one in found))


def changes(before: Iterable[Package], after: Iterable[Package]) -> list[tuple[str, str, str]]:
    found = compare(release(1, before), release(2, after))
    return [(change.kind, change.before, change.after) for change in found.changes]


def only(before: Package, after: Package) -> Change:
    (change,) = compare(release(1, [before]), release(2, [after])).changes
    return change


def test_what_clients_notice() -> None:
    before = [package("a/b-1", 1), package("a/c-1", 2), package("a/d-1", 3), package("a/e-1", 4, size=500)]
    after = [
        package("a/b-1", 1),
        package("a/b-2", 5),
        package("a/c-1", 6),
        package("a/d-1", 7, use=("ssl",)),
        package("a/f-1", 8, slot="2"),
    ]
    found = compare(release(1, before), release(2, after))
    assert [(change.kind, change.before, change.after) for change in found.changes] == [
        ("upgraded", "a/b-1", "a/b-2"),
        ("added", "", "a/f-1"),
        ("removed", "a/e-1", ""),
        ("use", "a/d-1", "a/d-1"),
        ("rebuilt", "a/c-1", "a/c-1"),
    ]
    assert (found.older, found.newer, found.size) == (1, 2, 500 - 800)
    assert found.counts() == {
        "upgraded": 1,
        "downgraded": 0,
        "added": 1,
        "removed": 1,
        "use": 1,
        "rebuilt": 1,
    }


def test_versions_are_compared_as_portage_does() -> None:
    assert changes([package("a/b-1.9")], [package("a/b-1.10")])[0][0] == "upgraded"
    assert changes([package("a/b-1.0")], [package("a/b-1.0_rc1")])[0][0] == "downgraded"
    assert changes([package("a/b-1.0")], [package("a/b-1.0-r1")])[0][0] == "upgraded"


def test_another_slot_is_another_package() -> None:
    python = [package("dev-lang/python-3.12.1", slot="3.12")]
    more = [*python, package("dev-lang/python-3.13.0", slot="3.13")]
    assert changes(python, more) == [("added", "", "dev-lang/python-3.13.0")]
    assert changes(more, python) == [("removed", "dev-lang/python-3.13.0", "")]


def test_another_subslot_is_the_same_slot() -> None:
    change = only(package("a/b-1", slot="0/1"), package("a/b-2", slot="0/2"))
    assert (change.kind, change.slot) == ("upgraded", "0/2")


def test_an_older_version_beside_the_highest_is_added() -> None:
    assert changes([package("a/b-3")], [package("a/b-3"), package("a/b-2")]) == [("added", "", "a/b-2")]
    assert changes([package("a/b-1")], [package("a/b-3"), package("a/b-2")]) == [
        ("upgraded", "a/b-1", "a/b-3"),
        ("added", "", "a/b-2"),
    ]


def test_going_back_is_the_mirror_of_going_on() -> None:
    older, newer = [package("a/b-1")], [package("a/b-1"), package("a/b-2")]
    assert changes(older, newer) == [("upgraded", "a/b-1", "a/b-2")]
    assert changes(newer, older) == [("downgraded", "a/b-2", "a/b-1")]


def test_flags_are_compared_one_by_one() -> None:
    change = only(
        package("a/b-1", 1, use=("-lua", "ssl", "X")), package("a/b-1", 2, use=("lua", "-ssl", "X"))
    )
    assert (change.kind, change.use) == ("use", ("+lua", "-ssl"))
    change = only(package("a/b-1", use=("-lua", "gtk2")), package("a/b-2", 2, use=("lua", "-new")))
    assert (change.kind, change.use) == ("upgraded", ("+lua", "-gtk2"))
    change = only(package("a/b-1", use=("ssl",)), package("a/b-2", use=("ssl", "-new")))
    assert change.use == (), "a flag that nobody switched on is no change of an upgrade"
    change = only(package("a/b-1", use=("ssl",)), package("a/b-1", 2, use=("ssl", "-new")))
    assert (change.kind, change.use) == ("use", ("-new",))


def test_of_several_builds_of_a_version_the_newest_counts() -> None:
    plain, ssl = package("a/b-1", 1, use=("-ssl",)), package("a/b-1", 2, use=("ssl",), size=130)
    (change,) = compare(release(1, [plain]), release(2, [plain, ssl])).changes
    assert (change.kind, change.use, change.growth) == ("use", ("+ssl",), 30)
    (change,) = compare(release(2, [plain, ssl]), release(1, [plain])).changes
    assert (change.kind, change.use, change.growth) == ("use", ("-ssl",), -30)


def test_what_a_new_package_takes_the_place_of() -> None:
    offer = highest_first(
        [package("a/b-1"), package("a/b-2", 7), package("a/b-2", 3), package("a/b-9", slot="9/1")]
    )
    found = replaced(offer, "0/4")
    assert found is not None
    assert (found.cpv, found.build_id) == ("a/b-2", 7)
    assert replaced(offer, "9") == offer[0]
    assert replaced(offer, "8") is None


PACKAGES = st.lists(
    st.builds(
        package,
        st.sampled_from(["a/b-1", "a/b-2", "a/b-10", "a/c-1"]),
        st.integers(1, 4),
        use=st.sampled_from([(), ("ssl",), ("-ssl", "zlib")]),
        slot=st.sampled_from(["0", "0/1", "1"]),
        size=st.integers(1, 999),
    ),
    max_size=8,
    unique_by=lambda one: (one.cpv, one.build_id),
)


@given(PACKAGES)
def test_nothing_differs_from_itself(packages: list[Package]) -> None:
    found = compare(release(1, packages), release(2, packages))
    assert (found.changes, found.size) == ((), 0)


@given(PACKAGES, PACKAGES)
def test_every_package_that_came_or_went_is_told_once(before: list[Package], after: list[Package]) -> None:
    found = compare(release(1, before), release(2, after))
    told = [
        (change.cp, change.slot.partition("/")[0], change.before, change.after) for change in found.changes
    ]
    assert len(set(told)) == len(told)
    old, new = ({(one.place, one.cpv) for one in side} for side in (before, after))
    assert {((cp, slot), cpv) for cp, slot, cpv, then in told if not then} <= old - new
    gone = {((cp, slot), cpv) for cp, slot, cpv, then in told if cpv and cpv != then}
    came = {((cp, slot), cpv) for cp, slot, then, cpv in told if cpv and cpv != then}
    assert old - new <= gone
    assert new - old <= came
    back = compare(release(2, after), release(1, before))
    assert len(back.changes) == len(found.changes)
    assert back.size == -found.size
