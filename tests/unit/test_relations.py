"""Run-time dependencies of binary packages, held against what a release offers."""

import pytest

from swarm_node.portage.entry import Entry, Key, render
from swarm_node.portage.relations import Offer, cp_of, unsatisfied, version_key


def entry(cpv: str, **fields: str) -> Entry:
    values = {"CPV": cpv, "REPO": "demo", **fields}
    return Entry(Key(cpv, 1), f"{cpv}.gpkg.tar", 1, render(values))


OFFER = Offer(
    [entry("dev-libs/aa-1.5", SLOT="0/1"), entry("dev-libs/aa-2.0-r1", SLOT="2"), entry("virtual/x-0")]
)


@pytest.mark.parametrize(
    "depend",
    [
        "",
        "dev-libs/aa",
        ">=dev-libs/aa-1.5:0/1=",
        "dev-libs/aa:2 virtual/x",
        "|| ( dev-libs/never dev-libs/aa )",
        "|| ( ( dev-libs/aa dev-libs/never ) ( virtual/x dev-libs/aa:2 ) )",
        "!dev-libs/never !!dev-libs/aa",
        "dev-libs/aa[ssl]",
        "=dev-libs/aa-1*",
        "~dev-libs/aa-2.0",
    ],
)
def test_what_is_offered_satisfies(depend: str) -> None:
    assert list(unsatisfied([entry("a/b-1", RDEPEND=depend)], OFFER)) == []


@pytest.mark.parametrize(
    ("depend", "atom", "cp"),
    [
        ("dev-libs/never", "dev-libs/never", "dev-libs/never"),
        (">dev-libs/aa-2.0-r1", ">dev-libs/aa-2.0-r1", "dev-libs/aa"),
        ("dev-libs/aa:0/2=", "dev-libs/aa:0/2=", "dev-libs/aa"),
        ("dev-libs/aa:3", "dev-libs/aa:3", "dev-libs/aa"),
        ("|| ( a/never b/never )", "a/never", "a/never"),
        ("|| ( ( dev-libs/aa a/never ) b/never )", "dev-libs/aa", "dev-libs/aa"),
        ("virtual/x dev-libs/never[ssl]", "dev-libs/never[ssl]", "dev-libs/never"),
    ],
)
def test_what_is_not_offered_is_named(depend: str, atom: str, cp: str) -> None:
    (found,) = unsatisfied([entry("a/b-1", RDEPEND=depend)], OFFER)
    assert (found.cpv, found.atom, found.cp) == ("a/b-1", atom, cp)


def test_what_is_wanted_beside_and_at_install_counts_too_and_what_is_built_with_does_not() -> None:
    found = unsatisfied([entry("a/b-1", PDEPEND="a/p", IDEPEND="a/i", DEPEND="a/d", BDEPEND="a/c")], OFFER)
    assert sorted(one.atom for one in found) == ["a/i", "a/p"]


def test_versions_sort_as_portage_sorts_them() -> None:
    wanted = ["a/b-1_alpha", "a/b-1", "a/b-1-r1", "a/b-1.2", "a/b-1.10", "a/b-2_p1", "a/b-10"]
    assert sorted([*wanted[3:], *wanted[:3]], key=version_key) == wanted


def test_category_and_package_of_a_cpv_and_of_what_has_no_version() -> None:
    assert [cp_of(name) for name in ("a/b-1.0-r3", "a/b", "x11-misc/foo-2bar-1")] == [
        "a/b",
        "a/b",
        "x11-misc/foo-2bar",
    ]


def test_a_name_without_a_version_is_the_lowest() -> None:
    """A binhost that was there before the swarm may list anything."""
    named = ["dev-libs/aa", "dev-libs/aa-0.1", "dev-libs/aa-0.2"]
    assert sorted([named[1], named[2], named[0]], key=version_key) == named
    assert sorted(["a/b[x]-1", "[/x]"], key=version_key) == ["a/b[x]-1", "[/x]"]
