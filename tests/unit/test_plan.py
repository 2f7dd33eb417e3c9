"""From resolutions to rows: reasons, rooms, variants, refusals; no Portage is asked here."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from swarm_node.model.configuration import facts_of, proposed
from swarm_node.model.graph import graph_of
from swarm_node.model.work import Line, PlanRow
from swarm_node.portage.resolution import Entry, Node, Problem, Refusal, Resolution
from swarm_node.portage.rows import plan


def node(cpv: str, *use: str, binary: bool = False, **more: object) -> Node:
    return replace(Node(cpv, "0", "main", use, binary), **more)


def entry(cpv: str, *use: str, build_id: int = 1, **more: object) -> Entry:
    return replace(Entry(cpv, build_id, "0", "main", use), **more)


def world(*packages: Node, refused: tuple[Refusal, ...] = ()) -> Resolution:
    return Resolution(packages, refused, 0)


def rows(**worlds: Resolution) -> dict[str, PlanRow]:
    return {row.id: row for row in plan(worlds)}


def why(*packages: Node) -> str:
    """The reason of the first."""
    return rows(desk=world(*packages))[packages[0].cpv].reason


def test_what_production_has_is_not_in_the_list() -> None:
    assert rows(desk=world(node("a/b-1", binary=True, wanted="in @world"))) == {}


def test_new_packages_say_who_wants_them() -> None:
    assert why(node("a/b-1", wanted="in @world")) == "new: in @world"
    assert why(node("a/b-1", parents=("a/c-2", "a/d-1"))) == "new: needed by a/c-2"
    assert (
        why(node("a/b-2", slot="2/2.1", wanted="in @world", built=(entry("a/b-1"),)))
        == "new slot 2: in @world"
    )


def test_versions_are_compared_within_the_slot() -> None:
    older = (entry("a/b-c-1.0"), entry("a/b-c-1.0-r1"), entry("a/b-c-2.0", slot="2"))
    assert why(node("a/b-c-1.1", built=older)) == "version 1.0-r1 → 1.1"


def test_changed_flags_are_named_with_their_new_sign() -> None:
    then = (entry("a/b-1", "-svg", "old", "same"),)
    assert why(node("a/b-1", "-old", "same", "svg", built=then)) == "USE +svg -old changed against production"


def test_the_newest_build_of_a_version_is_what_is_compared() -> None:
    then = (entry("a/b-1", "x", build_id=7), entry("a/b-1", "-x", build_id=3))
    assert why(node("a/b-1", "-x", built=then)) == "USE -x changed against production"


def test_a_flag_that_came_or_went_is_a_change_even_when_off() -> None:
    assert why(node("a/b-1", "-new", built=(entry("a/b-1"),))) == "USE -new changed against production"


def test_subslot_and_slot_rebuilds_name_the_dependency() -> None:
    bound = (entry("a/b-1", bound=(("dev/lib", "0", "1"),)),)
    top = node("a/b-1", runs_with=("dev/lib-2",), built=bound)
    lib = node("dev/lib-2", slot="0/2")
    assert why(top, lib) == "subslot of dev/lib changed 1 → 2 (rebuild)"
    assert why(top, replace(lib, slot="3")) == "slot of dev/lib changed 0 → 3 (rebuild)"
    assert why(top, replace(lib, slot="0/1")) == "dependencies changed against production"


def test_slot_and_repository_of_the_package_itself() -> None:
    assert why(node("a/b-1", slot="0/2", built=(entry("a/b-1", slot="0/1"),))) == "slot 0/1 → 0/2"
    assert why(node("a/b-1", built=(entry("a/b-1", repository="old"),))) == "repository old → main"


def test_a_room_holds_what_build_dependencies_run_with_and_nothing_else() -> None:
    found = rows(
        desk=world(
            node("a/top-1", builds_with=("a/lib-1", "a/tool-1"), runs_with=("a/data-1",)),
            node("a/lib-1", runs_with=("a/base-1",), builds_with=("a/gen-1",)),
            node("a/tool-1", binary=True, runs_with=("a/late-1",)),
            node("a/base-1", binary=True),
            node("a/late-1"),
            node("a/gen-1"),
            node("a/data-1"),
        )
    )
    assert found["a/top-1"].install == ("=a/lib-1", "=a/tool-1")
    assert found["a/top-1"].needs == ("a/late-1", "a/lib-1")
    assert found["a/lib-1"].needs == ("a/gen-1",)


def test_what_stands_beside_is_waited_for_but_never_in_a_circle() -> None:
    found = rows(
        desk=world(
            node("a/guest-1", builds_with=("a/host-1",)),
            node("a/host-1", runs_beside=("a/plugin-1",)),
            node("a/plugin-1", builds_with=("a/host-1",), runs_with=("a/host-1",)),
        )
    )
    assert found["a/guest-1"].needs == ("a/plugin-1",)
    assert found["a/plugin-1"].needs == ("a/host-1",)
    assert found["a/plugin-1"].install == ("=a/host-1",)


def test_needs_of_needs_are_not_repeated() -> None:
    lib, base = node("a/lib-1", builds_with=("a/base-1",), runs_with=("a/base-1",)), node("a/base-1")
    found = rows(desk=world(node("a/top-1", builds_with=("a/base-1", "a/lib-1")), lib, base))
    assert (found["a/top-1"].needs, found["a/lib-1"].needs) == (("a/lib-1",), ("a/base-1",))
    assert found["a/top-1"].install == ("=a/base-1", "=a/lib-1")


def test_what_is_ambiguous_behind_a_build_dependency_is_named_too() -> None:
    deep = node("a/deep-1", "svg", built=(entry("a/deep-1", "-svg"),))
    found = rows(
        desk=world(node("a/top-1", builds_with=("a/lib-1",)), node("a/lib-1", runs_with=("a/deep-1",)), deep)
    )
    assert found["a/top-1"].install == ("=a/deep-1[svg]", "=a/lib-1")


def test_in_a_circle_of_build_dependencies_one_goes_first_and_says_so() -> None:
    found = rows(
        desk=world(
            node("a/b-1", builds_with=("a/c-1",), wanted="in @world"),
            node("a/c-1", builds_with=("a/b-1",), parents=("a/b-1",)),
        )
    )
    first = min(found.values(), key=lambda row: len(row.needs))
    assert (first.needs, first.install) == ((), ())
    assert first.reason.endswith("which needs it")
    assert sorted(len(row.needs) for row in found.values()) == [0, 1]


def test_packages_that_run_with_each_other_do_not_wait_for_each_other() -> None:
    found = rows(
        desk=world(
            node("a/b-1", builds_with=("a/c-1",), runs_with=("a/c-1",)),
            node("a/c-1", runs_with=("a/b-1",)),
        )
    )
    assert (found["a/b-1"].needs, found["a/c-1"].needs) == (("a/c-1",), ())


def test_clients_that_want_the_same_share_a_row() -> None:
    same = node("a/b-1", "x", wanted="in @world")
    assert list(rows(desk=world(same), server=world(same))) == ["a/b-1"]


def test_clients_that_want_different_flags_have_rows_of_their_own() -> None:
    def client(flag: str) -> Resolution:
        return world(node("a/top-1", builds_with=("a/lib-1",)), node("a/lib-1", flag, "same"))

    found = rows(desk=client("svg"), server=client("-svg"))
    assert list(found) == ["a/lib-1@desk", "a/lib-1@server", "a/top-1"]
    assert found["a/top-1"].needs == ("a/lib-1@desk",)
    assert found["a/top-1"].install == ("=a/lib-1[svg]",)
    assert (found["a/lib-1@desk"].use, found["a/lib-1@server"].use) == (("svg", "same"), ("-svg", "same"))


def test_being_bound_to_another_subslot_makes_a_variant() -> None:
    def client(version: str) -> Resolution:
        lib = f"dev/lib-{version}"
        return world(node("a/b-1", bound_to=(lib,)), node(lib, slot=f"0/{version}", binary=True))

    assert list(rows(desk=client("1"), server=client("2"))) == ["a/b-1@desk", "a/b-1@server"]


def test_a_variant_beside_one_that_production_keeps_for_another_client_is_named() -> None:
    kept = node("a/b-1", "-svg", binary=True, built=(entry("a/b-1", "-svg"),))
    wanted = node("a/b-1", "svg", built=(entry("a/b-1", "-svg"),))
    assert list(rows(desk=world(kept), server=world(wanted))) == ["a/b-1@server"]


def test_atoms_tell_apart_what_production_has_otherwise() -> None:
    lib = node("a/lib-1", "same", "svg", built=(entry("a/lib-1", "same", "-svg"),))
    found = rows(desk=world(node("a/top-1", builds_with=("a/lib-1",)), lib))
    assert found["a/top-1"].install == ("=a/lib-1[svg]",)


def test_what_cannot_be_had_is_a_blocked_row_with_its_remedy() -> None:
    lines = (Line("package.use", "a/b svg"), Line("package.unmask", "=a/b-1"))
    problem = Problem("use-mismatch", "its flags", "a/b-1", lines, "", ("!!! no",))
    refusal = Refusal("a/b-1", "0", "main", (), problem)
    row = rows(desk=world(refused=(refusal,)))["a/b-1"]
    assert row.problem is not None
    assert (row.problem.kind, row.problem.remedy) == ("use-mismatch", "edit-portage-and-fresh")
    assert row.problem.evidence == ("!!! no",)
    assert row.problem.params == {"profile": "desk"} | facts_of(lines)
    assert proposed(row.problem.params) == lines


def test_a_refusal_never_hides_a_build_of_the_same_name() -> None:
    refusal = Refusal("a/b-1", "0", "main", (), Problem("other", "no", "a/b-1"))
    found = rows(desk=world(node("a/b-1")), server=world(refused=(refusal, refusal)))
    assert found["a/b-1"].problem is None
    assert len([row for row in found.values() if row.problem]) == 2


NAMES = [f"a/p{number}-1" for number in range(6)]


@st.composite
def any_world(draw: st.DrawFn) -> Resolution:
    edges = st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(tuple)
    return world(
        *(
            node(
                name,
                binary=draw(st.booleans()),
                builds_with=draw(edges),
                runs_with=draw(edges),
                runs_beside=draw(edges),
            )
            for name in NAMES
        )
    )


@given(any_world(), any_world())
def test_any_worlds_give_rows_that_only_need_rows(desk: Resolution, server: Resolution) -> None:
    found = rows(desk=desk, server=server)
    assert graph_of({name: row.needs for name, row in found.items()}).dropped == ()
    for name, row in found.items():
        assert name not in row.needs
        assert f"={row.cpv}" not in row.install
    built = {package.cpv for one in (desk, server) for package in one.packages if not package.binary}
    assert {row.cpv for row in found.values()} == built


@given(any_world())
def test_the_answer_does_not_depend_on_the_order_of_packages(desk: Resolution) -> None:
    turned = replace(desk, packages=desk.packages[::-1])
    assert plan({"desk": desk}) == plan({"desk": turned})
