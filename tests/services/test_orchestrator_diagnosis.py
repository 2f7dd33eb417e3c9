"""What the running orchestrator says of a failure: rules of one's own, the node's facts, its trees."""

from collections.abc import Callable
from pathlib import Path

import pytest

from swarm_node.demo.remotes import git
from swarm_node.model.refusal import Refused
from swarm_node.portage.prefix import Repository, make_prefix
from swarm_node.portage.trees import tree_hash
from tests.services.orchestrators import Service, row, running, settings

LIB = "dev-libs/lib-1.0"
OWN = """
[[rule]]
kind = "licence-server"
remedy = "unblock"
summary = "the licence server is asleep"
confidence = 0.99
patterns = ['no licence from (?P<host>)']
example = "flexlm: no licence from 10.0.0.1"
params = { host = "10.0.0.1" }
"""
NOTHING = b'emerge: there are no ebuilds to satisfy "dev-libs/new-thing".\n'


async def failed(
    service: Service, log: bytes, facts: dict[str, object], **report: object
) -> dict[str, object]:
    """The diagnosis of an attempt of a node with these facts."""
    izar = await service.drone(**facts)
    await service.plan(row(LIB))
    order = await izar.begin()
    await izar.log(order["attempt"], log)
    answer = await izar.fail(order["attempt"], **report)
    found: dict[str, object] = answer.document["diagnosis"]
    return found


async def test_rules_of_ones_own_go_first(tmp_path: Path) -> None:
    (tmp_path / "failures.d").mkdir()
    (tmp_path / "failures.d/mine.toml").write_text(OWN)
    async with running(settings(tmp_path, failures_dir=tmp_path / "failures.d")) as service:
        found = await failed(service, b"a.c:1: error: x\nflexlm: no licence from lic.example.org\n", {})
    assert (found["kind"], found["params"]) == ("licence-server", {"host": "lic.example.org"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (OWN.replace("unblock", "prayer"), r"mine.toml: rule 1 \(licence-server\).*remedy"),
        (OWN.replace("(?P<host>)", ".*x.*y"), r"mine.toml: rule 1 \(licence-server\).*can take long"),
        (OWN.replace('10.0.0.1" }', '10.0.0.2" }'), r"mine.toml: rule 1 \(licence-server\): its example"),
        ("\xff", "mine.toml: no TOML"),
    ],
)
async def test_a_wrong_rule_is_named_before_anything_starts(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "failures.d").mkdir()
    (tmp_path / "failures.d/mine.toml").write_text(text)
    with pytest.raises(Refused, match=told) as refused:
        async with running(settings(tmp_path, failures_dir=tmp_path / "failures.d")):
            raise AssertionError("it started all the same")
    assert "failures.d" in refused.value.hint


async def test_the_nodes_memory_and_the_exit_status_count(tmp_path: Path) -> None:
    killed = b"make[2]: *** [Makefile:88: src/big.o] Killed\n"
    async with running(settings(tmp_path / "one")) as service:
        tight = await failed(service, killed, {"cores": 8, "memory": 4 << 30})
    async with running(settings(tmp_path / "two")) as service:
        roomy = await failed(service, killed, {"cores": 8, "memory": 64 << 30})
    assert tight["kind"] == roomy["kind"] == "out-of-memory"
    assert tight["confidence"] > roomy["confidence"]  # type: ignore[operator]
    async with running(settings(tmp_path / "three")) as service:
        gone = await failed(service, b">>> Compiling source in /w\ngcc -c a.c\n", {}, rc=-9)
    assert gone["kind"] == "out-of-memory"


async def test_a_tree_that_is_another_is_what_lacks_the_ebuild(
    tmp_path: Path, needs: Callable[..., None]
) -> None:
    needs("git")
    tree = tmp_path / "gentoo"
    (tree / "profiles/default").mkdir(parents=True)
    (tree / "profiles/repo_name").write_text("gentoo\n")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message=as it is")):
        git(tree, *words)
    prefix = make_prefix(
        tmp_path / "prefix",
        repositories=[Repository("gentoo", tree, "git", f"file://{tree}")],
        profile=tree / "profiles/default",
    )
    own = await tree_hash(tree)
    kinds = {}
    for number, trees in enumerate(({"gentoo": own}, {"gentoo": "old"}, {})):
        async with running(settings(tmp_path / str(number), portage_prefix=prefix.root)) as service:
            found = await failed(service, NOTHING, {"memory": 8 << 30, "trees": trees})
            kinds[str(trees.get("gentoo"))] = (found["kind"], found["remedy"], found["params"])
    assert kinds == {
        own: ("missing-overlay", "sync-overlays", {"atom": "dev-libs/new-thing"}),
        "old": ("tree-out-of-sync", "sync-fix", {"atom": "dev-libs/new-thing"}),
        "None": ("missing-overlay", "sync-overlays", {"atom": "dev-libs/new-thing"}),
    }
