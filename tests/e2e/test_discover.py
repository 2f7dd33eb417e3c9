"""What must be built, asked of Portage's real resolver against a production that real emerge made."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm_node.demo.remotes import TREES, plant
from swarm_node.model.graph import graph_of
from swarm_node.model.refusal import Refused
from swarm_node.portage.index import Index
from swarm_node.portage.install import Portage, find_portage
from swarm_node.portage.plan import discover
from swarm_node.portage.prefix import Repository
from swarm_node.portage.profile import read_profile, read_profiles
from swarm_node.portage.rehearsal import rehearse
from tests.e2e.portage_world import ARCH, Gentoo, add, client, copied, gentoo, needed, release, write

pytestmark = pytest.mark.e2e

EDIT = "edit-portage-and-fresh"
KEYWORD = f"=app-misc/odd-1.0 ~{ARCH}"
LIB = "dev-libs/aa:="
"""What bb is bound to."""


def standard(place: Gentoo) -> None:
    """app needs bb and, to be built, tool; bb is bound to aa."""
    add(place, "dev-libs/aa-1.0", SLOT="0/1")
    add(place, "dev-libs/bb-1.0", IUSE="svg", DEPEND=LIB, RDEPEND=LIB)
    add(place, "dev-util/tool-1.0")
    add(place, "app-misc/app-1.0", BDEPEND="dev-util/tool", DEPEND="dev-libs/bb", RDEPEND="dev-libs/bb")
    client(place, "desk", "app-misc/app")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Gentoo:
    """Everything that desk needs is in production, built and indexed by real emerge."""
    place = gentoo(tmp_path_factory.mktemp("released") / "place")
    standard(place)
    release(place, "desk")
    return place


@pytest.fixture
def place(released: Gentoo, tmp_path: Path) -> Gentoo:
    return copied(released, tmp_path / "place")


@pytest.fixture
def fresh(tmp_path: Path) -> Gentoo:
    return gentoo(tmp_path / "place")


async def test_a_new_world_needs_everything_build_dependencies_included(fresh: Gentoo) -> None:
    standard(fresh)
    shutil.rmtree(fresh.production)
    rows = await needed(fresh)
    assert {name: row.reason for name, row in rows.items()} == {
        "app-misc/app-1.0": "new: in @world",
        "dev-libs/aa-1.0": "new: needed by dev-libs/bb-1.0",
        "dev-libs/bb-1.0": "new: needed by app-misc/app-1.0",
        "dev-util/tool-1.0": "new: needed by app-misc/app-1.0",
    }
    app, bb = rows["app-misc/app-1.0"], rows["dev-libs/bb-1.0"]
    assert (app.needs, bb.needs) == (("dev-libs/bb-1.0", "dev-util/tool-1.0"), ("dev-libs/aa-1.0",))
    assert app.install == ("=dev-libs/bb-1.0", "=dev-util/tool-1.0")
    assert (bb.slot, bb.repository, bb.use, rows["dev-libs/aa-1.0"].slot) == ("0", "main", ("-svg",), "0/1")
    assert (app.accept_keywords, app.accept_license, app.profile) == ((), ("Trial",), "desk")


async def test_nothing_is_needed_when_production_has_all(place: Gentoo) -> None:
    assert await needed(place) == {}


async def test_a_new_version_leaves_alone_what_needs_it(place: Gentoo) -> None:
    add(place, "dev-libs/bb-1.1", IUSE="svg", DEPEND=LIB, RDEPEND=LIB)
    rows = await needed(place)
    assert {name: row.reason for name, row in rows.items()} == {"dev-libs/bb-1.1": "version 1.0 → 1.1"}
    assert rows["dev-libs/bb-1.1"].needs == ()
    assert rows["dev-libs/bb-1.1"].install == ("=dev-libs/aa-1.0",)


async def test_changed_use_makes_a_rebuild_and_tells_packages_apart(place: Gentoo) -> None:
    add(place, "app-misc/app-1.1", DEPEND="dev-libs/bb[svg]", RDEPEND="dev-libs/bb[svg]")
    client(place, "desk", "app-misc/app", package_use="dev-libs/bb svg\n")
    rows = await needed(place)
    assert rows["dev-libs/bb-1.0"].reason == "USE +svg changed against production"
    assert rows["dev-libs/bb-1.0"].use == ("svg",)
    assert rows["app-misc/app-1.1"].install == ("=dev-libs/bb-1.0[svg]",)


async def test_a_new_slot_is_new(place: Gentoo) -> None:
    add(place, "dev-libs/aa-2.0", SLOT="2")
    client(place, "desk", "app-misc/app", "dev-libs/aa:2")
    rows = await needed(place)
    assert rows["dev-libs/aa-2.0"].reason == "new slot 2: in @world"
    assert (rows["dev-libs/aa-2.0"].slot, rows["dev-libs/bb-1.0"].reason) == (
        "2",
        "slot of dev-libs/aa changed 0 → 2 (rebuild)",
    )


async def test_a_new_subslot_rebuilds_what_is_bound_to_it(place: Gentoo) -> None:
    add(place, "dev-libs/aa-2.0", SLOT="0/2")
    rows = await needed(place)
    assert {name: row.reason for name, row in rows.items()} == {
        "dev-libs/aa-2.0": "version 1.0 → 2.0",
        "dev-libs/bb-1.0": "subslot of dev-libs/aa changed 1 → 2 (rebuild)",
    }
    assert rows["dev-libs/bb-1.0"].needs == ("dev-libs/aa-2.0",)


async def test_a_version_that_left_the_tree_is_not_kept_for_its_binary(place: Gentoo) -> None:
    (place.root / "repositories/main/dev-libs/aa/aa-1.0.ebuild").unlink()
    add(place, "dev-libs/aa-0.9", SLOT="0/0.9")
    rows = await needed(place)
    assert rows["dev-libs/aa-0.9"].reason == "version 1.0 → 0.9"
    assert rows["dev-libs/bb-1.0"].reason == "subslot of dev-libs/aa changed 1 → 0.9 (rebuild)"


async def test_dependencies_that_changed_in_place_make_a_rebuild(place: Gentoo) -> None:
    add(place, "dev-libs/cc-1.0")
    add(place, "dev-libs/bb-1.0", IUSE="svg", DEPEND=LIB, RDEPEND=f"{LIB} dev-libs/cc")
    rows = await needed(place)
    assert rows["dev-libs/bb-1.0"].reason == "dependencies changed against production"
    assert rows["dev-libs/cc-1.0"].reason == "new: needed by dev-libs/bb-1.0"


async def test_two_clients_with_different_flags(place: Gentoo) -> None:
    client(place, "server", "dev-libs/bb", package_use="dev-libs/bb svg\n")
    assert list(await needed(place)) == ["dev-libs/bb-1.0@server"]
    add(place, "dev-libs/bb-1.1", IUSE="svg", DEPEND=LIB, RDEPEND=LIB)
    rows = await needed(place)
    assert {name: row.use for name, row in rows.items()} == {
        "dev-libs/bb-1.1@desk": ("-svg",),
        "dev-libs/bb-1.1@server": ("svg",),
    }


async def test_what_a_client_accepts_and_sets_travels_with_the_row(place: Gentoo) -> None:
    add(place, "app-misc/young-1.0", KEYWORDS=f"~{ARCH}")
    add(place, "app-misc/strict-1.0", LICENSE="|| ( Trial Strict )")
    client(
        place,
        "desk",
        "app-misc/young",
        "app-misc/strict",
        package_accept_keywords="app-misc/young\n",
        package_env="app-misc/young gentle\n",
        make_conf='CFLAGS="-O3"\nPKGDIR="/nonexistent"\nPORTAGE_BINHOST="http://127.0.0.1:9/"\n',
    )
    write(place.profiles / "desk/etc/portage/env", {"gentle": 'MAKEOPTS="-j1"\n'})
    rows = await needed(place)
    young, strict = rows["app-misc/young-1.0"], rows["app-misc/strict-1.0"]
    assert (young.accept_keywords, young.package_env) == ((f"~{ARCH}",), {"CFLAGS": "-O3", "MAKEOPTS": "-j1"})
    assert (strict.accept_license, strict.package_env) == (("Strict", "Trial"), {"CFLAGS": "-O3"})


async def test_what_cannot_be_had_takes_nothing_else_with_it(place: Gentoo) -> None:
    add(place, "app-misc/whole-1.0", RDEPEND="app-misc/wrong app-misc/right app-misc/app")
    add(place, "app-misc/wrong-1.0", DEPEND="dev-libs/bb[svg] app-misc/spare")
    add(place, "app-misc/right-1.0")
    add(place, "app-misc/spare-1.0")
    client(place, "desk", "app-misc/whole", "app-misc/nowhere", ">=app-misc/app-7")
    rows = await needed(place)
    problems = {name: row.problem.kind for name, row in rows.items() if row.problem}
    assert problems == {
        "app-misc/app": "missing-dependency",
        "app-misc/nowhere": "missing-overlay",
        "app-misc/whole-1.0": "use-mismatch",
        "app-misc/wrong-1.0": "use-mismatch",
    }
    assert {name for name, row in rows.items() if not row.problem} == {
        "app-misc/right-1.0",
        "app-misc/spare-1.0",
    }
    wrong, whole = rows["app-misc/wrong-1.0"].problem, rows["app-misc/whole-1.0"].problem
    assert wrong is not None and whole is not None
    assert wrong.remedy == "edit-portage-and-fresh"
    assert (wrong.params["file"], wrong.params["line"]) == ("package.use", "dev-libs/bb svg")
    assert any("dev-libs/bb" in line and "+svg" in line for line in wrong.evidence)
    assert whole.summary.startswith("needs app-misc/wrong-1.0, which cannot be had")


def required_use(place: Gentoo) -> None:
    add(place, "app-misc/odd-1.0", IUSE="north south", REQUIRED_USE="|| ( north south )")


def masked(place: Gentoo) -> None:
    add(place, "app-misc/odd-1.0", KEYWORDS=f"~{ARCH}")


def unlicensed(place: Gentoo) -> None:
    add(place, "app-misc/odd-1.0", LICENSE="|| ( Trial Strict ) svg? ( Strict )", IUSE="+svg")


def twice_masked(place: Gentoo) -> None:
    add(place, "app-misc/odd-1.0", KEYWORDS=f"~{ARCH}", LICENSE="Strict")


def overlay(place: Gentoo) -> None:
    client(place, "desk", "app-misc/app", "app-misc/odd::extra")


def damaged(place: Gentoo) -> None:
    path = add(place, "app-misc/odd-1.0", SRC_URI="https://demo.invalid/odd.tar")
    path.write_text("EAPI=8\ninherit no-such-eclass\n")


def blocking(place: Gentoo) -> None:
    add(place, "app-misc/odd-1.0", RDEPEND="!!app-misc/app")


def conflicting(place: Gentoo) -> None:
    add(place, "dev-libs/aa-2.0", SLOT="0/2")
    add(place, "app-misc/odd-1.0", RDEPEND="<dev-libs/aa-2")
    add(place, "app-misc/later-1.0", RDEPEND=">=dev-libs/aa-2")
    client(place, "desk", "app-misc/app", "app-misc/odd", "app-misc/later")


@pytest.mark.parametrize(
    ("spoil", "kind", "remedy", "words", "params"),
    [
        (
            required_use,
            "use-mismatch",
            EDIT,
            "any-of ( north south )",
            {"file": "package.use", "line": "app-misc/odd north"},
        ),
        (masked, "masked", EDIT, f"~{ARCH} keyword", {"file": "package.accept_keywords", "line": KEYWORD}),
        (
            unlicensed,
            "masked",
            EDIT,
            "Strict license",
            {"file": "package.license", "line": "=app-misc/odd-1.0 Strict"},
        ),
        (
            twice_masked,
            "masked",
            EDIT,
            "Strict license",
            {
                "file": "package.accept_keywords",
                "line": KEYWORD,
                "file.2": "package.license",
                "line.2": "=app-misc/odd-1.0 Strict",
            },
        ),
        (overlay, "missing-overlay", "sync-overlays", "app-misc/odd::extra", {"overlay": "extra"}),
        (damaged, "tree-out-of-sync", "sync-fix", "no-such-eclass", {}),
        (blocking, "dependency-conflict", "human", "hard blocking", {}),
        (conflicting, "dependency-conflict", "human", "slot conflict", {}),
    ],
)
async def test_each_kind_of_problem_is_told_in_portages_words(
    place: Gentoo,
    spoil: Callable[[Gentoo], object],
    kind: str,
    remedy: str,
    words: str,
    params: dict[str, str],
) -> None:
    client(place, "desk", "app-misc/app", "app-misc/odd")
    add(place, "app-misc/healthy-1.0")
    spoil(place)
    world = place.profiles / "desk/world"
    world.write_text(world.read_text() + "app-misc/healthy\n")
    rows = await needed(place)
    assert rows.pop("app-misc/healthy-1.0").problem is None
    problem = next(row.problem for row in rows.values() if row.cpv.startswith("app-misc/odd"))
    assert problem is not None
    assert (problem.kind, problem.remedy) == (kind, remedy)
    assert problem.params == {"profile": "desk", **params}
    assert words in "\n".join(problem.evidence)
    assert all(
        row.problem is None for row in rows.values() if row.cpv.startswith(("app-misc/app", "dev-libs"))
    )


async def test_the_remedy_that_is_named_cures(place: Gentoo) -> None:
    add(place, "app-misc/odd-1.0", DEPEND="dev-libs/bb[svg]", KEYWORDS=f"~{ARCH}")
    client(place, "desk", "app-misc/odd")
    for _ in range(2):
        problem = (await needed(place))[next(iter(await needed(place)))].problem
        assert problem is not None
        write(place.profiles / "desk/etc/portage", {problem.params["file"]: problem.params["line"] + "\n"})
    rows = await needed(place)
    assert {name: row.problem for name, row in rows.items()} == {
        "app-misc/odd-1.0": None,
        "dev-libs/bb-1.0": None,
    }


async def test_sets_and_overlays(fresh: Gentoo, tmp_path: Path) -> None:
    place = gentoo(tmp_path / "two", "main", "overlay")
    standard(place)
    add(place, "app-misc/extra-1.0", "overlay", RDEPEND="app-misc/app")
    client(place, "desk", "@games", "@none")
    write(place.profiles / "desk/etc/portage/sets", {"games": "app-misc/extra\n"})
    rows = await needed(place)
    assert (rows["app-misc/extra-1.0"].repository, rows["app-misc/extra-1.0"].reason) == (
        "overlay",
        "new: in @games",
    )
    none = rows["@none"].problem
    assert none is not None and "no set" in none.summary


async def test_packages_that_want_each_other_at_run_time(fresh: Gentoo) -> None:
    add(fresh, "app-misc/host-1.0", PDEPEND="app-misc/plugin")
    add(fresh, "app-misc/plugin-1.0", DEPEND="app-misc/host", RDEPEND="app-misc/host")
    add(fresh, "app-misc/guest-1.0", DEPEND="app-misc/host")
    client(fresh, "desk", "app-misc/guest")
    rows = await needed(fresh)
    assert rows["app-misc/guest-1.0"].needs == ("app-misc/plugin-1.0",)
    assert rows["app-misc/plugin-1.0"].needs == ("app-misc/host-1.0",)
    assert rows["app-misc/host-1.0"].needs == ()


async def test_packages_that_need_each_other_to_be_built(fresh: Gentoo) -> None:
    add(fresh, "app-misc/odd-1.0", DEPEND="app-misc/even")
    add(fresh, "app-misc/even-1.0", DEPEND="app-misc/odd")
    add(fresh, "app-misc/user-1.0", DEPEND="app-misc/odd")
    client(fresh, "desk", "app-misc/user", "app-misc/lost")
    rows = await needed(fresh)
    assert {name for name, row in rows.items() if row.problem} == {"app-misc/lost"}
    first = rows["app-misc/even-1.0"]
    assert (first.needs, first.install) == ((), ())
    assert first.reason == "new: needed by app-misc/odd-1.0; before app-misc/odd-1.0, which needs it"
    assert rows["app-misc/odd-1.0"].needs == ("app-misc/even-1.0",)
    assert rows["app-misc/user-1.0"].needs == ("app-misc/odd-1.0",)


async def test_a_rollback_is_seen_although_its_index_is_older(place: Gentoo) -> None:
    add(place, "dev-libs/bb-1.1", IUSE="svg", DEPEND=LIB, RDEPEND=LIB)
    assert list(await needed(place)) == ["dev-libs/bb-1.1"]
    index = Index.load(place.production / "Packages")
    index.remove(next(entry.key for entry in index if entry.key.cpv == "dev-util/tool-1.0"))
    index.remove(next(entry.key for entry in index if entry.key.cpv == "app-misc/app-1.0"))
    index.timestamp = 0
    index.write(place.production, index.header, now=1)
    assert list(await needed(place)) == ["app-misc/app-1.0", "dev-libs/bb-1.1", "dev-util/tool-1.0"]


async def test_what_is_wrong_with_everything_is_refused(place: Gentoo, tmp_path: Path) -> None:
    profile = read_profile(place.profiles / "desk")

    async def ask(*, portage: Portage | None = None, bare: bool = False) -> None:
        trees = [] if bare else place.repositories
        await discover(portage or find_portage(), [profile], trees, place.production, tmp_path / "work")

    with pytest.raises(Refused, match="no ebuild repository"):
        await ask(bare=True)
    with pytest.raises(Refused, match="no client profile"):
        await discover(find_portage(), [], place.repositories, place.production, tmp_path / "work")
    (tmp_path / "work").write_text("in the way")
    with pytest.raises(Refused, match="Not a directory"):
        await ask()
    (tmp_path / "work").unlink()
    found = find_portage()
    absent = Portage(tmp_path / "python", found.bin, found.configuration)
    with pytest.raises(Refused, match=r"is not installed|cannot be started|ended with status"):
        await ask(portage=absent)
    (place.profiles / "desk/etc/portage/make.conf").write_text('USE="unclosed\n')
    with pytest.raises(Refused) as refused:
        await ask()
    assert refused.value.code == "unresolvable"
    assert str(profile.portage) in refused.value.message
    assert "No closing quotation" in refused.value.message
    assert "Traceback" not in refused.value.message
    (place.production / "Packages").write_text("PACKAGES: 3\nTIMESTAMP: 1\nVERSION: 0\n\nCPV: a\n")
    with pytest.raises(Refused):
        await ask()
    json.dumps(refused.value.document())


async def test_the_demo_world(needs: Callable[..., None], tmp_path: Path) -> None:
    needs("git")
    remotes = plant(tmp_path / "remotes")
    trees = [Repository("demo", remotes.demo), Repository("extra", remotes.extra)]
    profiles = read_profiles(TREES / "profiles")
    found = await discover(find_portage(), profiles, trees, tmp_path / "production", tmp_path / "work")
    rows = {row.id: row for row in found}
    assert [row.cpv for row in found if row.problem] == ["app-misc/planisphere-1.0"]
    assert {"app-misc/skyclock-1.2@desktop", "app-misc/skyclock-1.2@server"} <= rows.keys()
    assert rows["games-misc/cometfall-1.0"].repository == "extra"
    assert rows["app-misc/constellation-1.0"].needs == ("media-libs/libchart-1.0",)
    assert len(found) >= 24
    assert graph_of({row.id: row.needs for row in found}).dropped == ()


async def test_the_rehearsal_lists_what_would_be_installed(place: Gentoo) -> None:
    profile = read_profile(place.profiles / "desk")
    found = await rehearse(
        find_portage(), profile, place.repositories, [place.production], place.root / "stage"
    )
    assert (found.ok, found.missing) == (True, ())
    assert sum("[binary" in line for line in found.lines) == 3
    assert not (place.root / "stage/desk/var/db/pkg").exists() or not any(
        (place.root / "stage/desk/var/db/pkg").iterdir()
    )


async def test_the_rehearsal_names_what_could_not_be_installed(place: Gentoo, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()
    index = Index.load(place.production / "Packages")
    for name in ("dev-libs/aa-1.0", "dev-libs/bb-1.0"):
        index.remove(next(entry.key for entry in index if entry.key.cpv == name))
    index.write(staging, index.header)
    client(place, "desk", "app-misc/app", "dev-util/tool")
    profile = read_profile(place.profiles / "desk")
    alone = await rehearse(find_portage(), profile, place.repositories, [staging], place.root / "stage")
    assert not alone.ok
    assert [one.cpv for one in alone.missing] == ["app-misc/app-1.0"]
    assert "dev-libs/bb" in alone.missing[0].summary
    assert any("dev-libs/bb" in line for line in alone.lines)
    both = await rehearse(
        find_portage(), profile, place.repositories, [staging, place.production], place.root / "stage"
    )
    assert both.ok
