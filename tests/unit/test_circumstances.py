"""What is known beside the log changes what is said of it: exit status, memory, disk, role, trees, kernel."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from swarm_node.model.circumstances import GIB, Circumstances
from swarm_node.model.diagnosis import diagnose
from swarm_node.model.excerpt import excerpt
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Diagnosis, NodeFacts
from swarm_node.orchestrator.failures import judge
from tests.unit.test_diagnosis import RULES

ROOMY = NodeFacts(cores=4, memory=64 * GIB, disk_free=500 * GIB, kernel="6.6.30-gentoo")


def told(log: str, known: Circumstances) -> Diagnosis:
    return diagnose(excerpt([log.encode()]), RULES, known)


def test_a_killed_program_is_surer_out_of_memory_where_there_is_little() -> None:
    log = "make[2]: *** [Makefile:88: src/big.o] Killed\n"
    roomy, tight = (told(log, Circumstances(node=node)) for node in (ROOMY, replace(ROOMY, cores=48)))
    assert roomy.kind == tight.kind == "out-of-memory"
    assert roomy.confidence < tight.confidence
    assert told(log, Circumstances()).confidence == roomy.confidence, "unknown is not little"


@pytest.mark.parametrize("rc", [-9, 137])
def test_an_emerge_that_was_killed_ran_out_of_memory(rc: int) -> None:
    quiet = ">>> Compiling source in /w ...\ngcc -c a.c\n"
    found = told(quiet, Circumstances("compile", "failed", rc, ROOMY))
    assert (found.kind, found.remedy, found.transient) == ("out-of-memory", "unblock", True)
    not_killed = told(quiet, Circumstances("compile", "failed", 1, ROOMY))
    assert (not_killed.kind, not_killed.transient) == ("compile-error", False)
    assert not_killed.confidence < 0.2, "nothing but the phase says so"


def test_a_write_that_fails_on_a_full_disk() -> None:
    log = "ar: libfoo.a: Bus error\n * ERROR: a/b-1::x failed (compile phase):\n"
    full = replace(ROOMY, disk_free=0)
    assert told(log, Circumstances(node=full)).kind == "disk-full"
    assert told(log, Circumstances(node=ROOMY)).kind == "compile-error"
    assert told(log, Circumstances(node=NodeFacts())).kind == "compile-error", "a node that has said nothing"


def test_what_the_local_builder_lacks_too_needs_a_person() -> None:
    log = " * Unable to find kernel sources at /usr/src/linux\n"
    assert told(log, Circumstances(node=ROOMY)).remedy == "build-local"
    local = told(log, Circumstances(node=replace(ROOMY, role="local")))
    assert (local.kind, local.remedy) == ("kernel-specific", "human")
    assert "orchestrator's machine" in local.summary


def test_options_of_the_drones_own_kernel_are_surer() -> None:
    log = "Found sources for kernel version: {}\n *   CONFIG_VETH:   is not set when it should be.\n"
    own, other = (
        told(log.format(name), Circumstances(node=ROOMY)) for name in ("6.6.30-gentoo", "5.4.28-gentoo")
    )
    assert own.confidence > other.confidence
    assert own.remedy == other.remedy == "build-local"


NOTHING = 'emerge: there are no ebuilds to satisfy "dev-libs/new-thing".\n'
TREES = {"gentoo": "aa", "guru": "bb"}


@pytest.mark.parametrize(
    ("own", "has", "kind", "remedy"),
    [
        (TREES, TREES, "missing-overlay", "sync-overlays"),
        (TREES, {**TREES, "gentoo": "old"}, "tree-out-of-sync", "sync-fix"),
        (TREES, {"gentoo": "old"}, "missing-overlay", "sync-overlays"),
        (TREES, {"gentoo": "aa", "local": "cc"}, "missing-overlay", "sync-overlays"),
        (TREES, {}, "missing-overlay", "sync-overlays"),
        ({}, TREES, "missing-overlay", "sync-overlays"),
        (None, TREES, "missing-overlay", "sync-overlays"),
    ],
)
async def test_trees_are_compared_where_it_matters(
    tmp_path: Path, own: Mapping[str, str] | None, has: dict[str, str], kind: str, remedy: str
) -> None:
    async def own_trees() -> Mapping[str, str]:
        if own is None:
            raise Refused("unresolvable", "there is no Portage here", "install it")
        return own

    log = tmp_path / "build.log"
    log.write_text(NOTHING)
    found = await judge(log, RULES, Circumstances(node=replace(ROOMY, trees=has)), own_trees)
    assert (found.kind, found.remedy) == (kind, remedy)


async def test_trees_are_not_hashed_for_nothing(tmp_path: Path) -> None:
    async def own_trees() -> Mapping[str, str]:
        raise AssertionError("nobody asked for the trees")

    log = tmp_path / "build.log"
    log.write_text("a.c:1:1: error: no ;\n")
    known = Circumstances(node=replace(ROOMY, trees=TREES))
    assert (await judge(log, RULES, known, own_trees)).kind == "compile-error"
    log.write_text(NOTHING)
    assert (await judge(log, RULES, Circumstances(), own_trees)).kind == "missing-overlay"
    assert (await judge(tmp_path / "none.log", RULES, known, own_trees)).kind == "other"


def test_a_lacking_tree_makes_a_missing_overlay_surer() -> None:
    known, lacks = Circumstances(node=ROOMY), Circumstances(node=ROOMY, tree="lacks")
    assert told(NOTHING, lacks).confidence > told(NOTHING, known).confidence
    slot = 'emerge: there are no ebuilds to satisfy "dev-lang/x:3".\n'
    assert (told(slot, known).remedy, told(slot, lacks).remedy) == ("human", "sync-overlays")


def test_other_trees_make_a_missing_eclass_surer() -> None:
    log = " * ERROR: x/y-1::gentoo failed (depend phase):\n *   z.eclass could not be found by inherit()\n"
    unknown, differs = told(log, Circumstances()), told(log, Circumstances(tree="differs"))
    assert unknown.kind == differs.kind == "tree-out-of-sync"
    assert unknown.confidence < differs.confidence
