"""What a release holds: what replaces what, and what clients notice of it."""

from hypothesis import given
from hypothesis import strategies as st

from swarm_node.orchestrator.content import Manifest, Packed, compose, contents, field
from swarm_node.portage.emerge import package_path
from swarm_node.portage.entry import Entry, Key, render


def entry(
    cpv: str, build_id: int = 1, *, use: str = "", iuse: str = "", slot: str = "0", size: int = 100
) -> Entry:
    path = package_path(cpv, build_id)
    text = {"BUILD_ID": str(build_id), "CPV": cpv, "IUSE": iuse, "PATH": path, "REPO": "demo"}
    text |= {"SIZE": str(size), "SLOT": "" if slot == "0" else slot, "USE": use}
    return Entry(Key(cpv, build_id), path, size, render(text))


def test_the_same_package_built_anew_replaces_the_old_one() -> None:
    old, new = entry("a/b-1", 1), entry("a/b-1", 2)
    assert compose([old], [new]) == (new,)


def test_another_version_or_other_flags_replace_nothing() -> None:
    old, newer, other = entry("a/b-1", 1), entry("a/b-2", 2), entry("a/b-1", 3, use="ssl")
    assert set(compose([old], [newer, other])) == {old, newer, other}


def test_what_is_added_wins_even_with_a_lower_build_id() -> None:
    """A log that was lost counts its attempts from one again."""
    old, new = entry("a/b-1", 40), entry("a/b-1", 3)
    assert compose([old], [new]) == (new,)
    assert compose([entry("a/b-1", 3, use="ssl")], [new]) == (new,)


def test_of_two_alike_the_later_attempt_counts() -> None:
    assert compose([], [entry("a/b-1", 9), entry("a/b-1", 8)]) == (entry("a/b-1", 9),)


def test_a_field_is_that_of_the_line_and_of_no_other() -> None:
    found = entry("a/b-1", use="ssl USE:", slot="2/3")
    assert (field(found, "USE"), field(found, "SLOT")) == ("ssl USE:", "2/3")
    assert field(entry("a/b-1"), "SLOT") == ""


ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(["a/b-1", "a/b-2", "a/c-1"]),
        st.integers(1, 5),
        use=st.sampled_from(["", "ssl", "ssl zlib"]),
    ),
    max_size=8,
    unique_by=lambda entry: entry.path,
)


@given(ENTRIES, ENTRIES)
def test_composing_loses_no_likeness_and_doubles_none(base: list[Entry], added: list[Entry]) -> None:
    found = compose(base, added)
    paths = [entry.path for entry in found]
    assert len(set(paths)) == len(paths)
    assert {entry.key.cpv for entry in found} == {entry.key.cpv for entry in (*base, *added)}
    likeness = {(entry.key.cpv, field(entry, "USE")) for entry in added}
    assert likeness <= {(entry.key.cpv, field(entry, "USE")) for entry in found}
    assert all(entry in base or entry in added for entry in found)
    assert set(compose(found, added)) == set(found)


def test_a_release_is_read_back_as_people_look_at_it() -> None:
    entries = [
        entry("a/b-1.9", 1),
        entry("a/b-1.10", 2, use="amd64 ssl elibc_glibc", iuse="+zlib ssl doc", slot="1/7", size=300),
        entry("a/b-1.10", 9, iuse="ssl"),
        entry("a/a-3", 4),
    ]
    manifest = Manifest(3, tuple(Packed(e.path, e.size, f"{e.key.build_id:0128x}") for e in entries))
    found = contents(manifest, entries)
    assert [(p.cpv, p.build_id) for p in found.packages] == [
        ("a/a-3", 4),
        ("a/b-1.10", 9),
        ("a/b-1.10", 2),
        ("a/b-1.9", 1),
    ]
    assert (found.release, found.size) == (3, 600)
    package = found.packages[2]
    assert package.use == ("-doc", "ssl", "-zlib")
    assert (package.cp, package.version, package.slot, package.place) == ("a/b", "1.10", "1/7", ("a/b", "1"))
    assert (package.repository, package.size, package.sha512) == ("demo", 300, f"{2:0128x}")
