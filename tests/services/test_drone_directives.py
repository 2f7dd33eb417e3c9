"""Directives over the work channel: real git upstreams, new facts told before the answer, the lease kept."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from swarm_node.drone import facts
from swarm_node.drone.app import make_app
from swarm_node.http.service import serving
from swarm_node.model.work import DirectiveOrder
from swarm_node.portage.prefix import Prefix, Repository
from swarm_node.portage.repositories import enter
from swarm_node.settings import DroneSettings
from tests.services.drone_standin import StandIn, furnish, install_emerge, order

GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@test.invalid", "-c", "init.defaultBranch=main")


def git(where: Path, *words: str) -> str:
    own = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    own |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        [*GIT, "-C", str(where), *words], check=True, capture_output=True, text=True, env=own
    )
    return done.stdout.strip()


def upstream(root: Path, name: str) -> Path:
    """A git repository with a small tree."""
    (root / "profiles").mkdir(parents=True)
    (root / "profiles/repo_name").write_text(f"{name}\n")
    git(root, "init", "--quiet")
    return advance(root, "first")


def advance(root: Path, text: str) -> Path:
    (root / "news").write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "-m", text)
    return root


def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD")


class Swarm(StandIn):
    """A stand-in that gives directives and answers with their results."""

    numbers = 0

    async def ask(self, directive: str, **params: str) -> dict[str, Any]:
        """One directive to the drone; its result."""
        self.numbers += 1
        number = self.numbers
        await self.give(DirectiveOrder(number, directive, params))
        await self.until(lambda: number in self.directed)
        return self.directed[number]


@pytest.fixture
async def swarm(needs: Callable[..., None]) -> AsyncIterator[Swarm]:
    needs("git")
    stand_in = Swarm()
    async with serving(stand_in.make) as stand_in.url:
        yield stand_in


@pytest.fixture
def settings(swarm: Swarm, short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> DroneSettings:
    """A furnished drone with a synced tree `stars` beside its main repository."""
    monkeypatch.setattr(facts, "find_portage", lambda: install_emerge(short_dir))
    found = furnish(short_dir, swarm.url)
    remote = upstream(short_dir / "upstream/stars", "stars")
    git(short_dir / "repos", "clone", "--quiet", f"file://{remote}", "stars")
    prefix = Prefix(short_dir / "base", install_emerge(short_dir), facts.current_account())
    enter(prefix, Repository("stars", short_dir / "repos/stars", "git", f"file://{remote}"))
    return found


@pytest.fixture
async def drone(swarm: Swarm, settings: DroneSettings) -> AsyncIterator[str]:
    """The drone, running and waiting for work."""
    async with serving(partial(make_app, settings)) as url:
        await swarm.until(lambda: swarm.count("work"))
        yield url


@pytest.mark.usefixtures("drone")
class TestDirectives:
    async def test_sync_brings_trees_up_to_date_and_tells_the_facts_first(
        self, swarm: Swarm, short_dir: Path
    ) -> None:
        remote = advance(short_dir / "upstream/stars", "second")
        result = await swarm.ask("sync_trees")
        assert result == {"node": "izar", "ok": True, "output": f"stars: {head(remote)}"}
        assert swarm.facts[-1].trees["stars"] == head(remote)
        assert swarm.saw.index(("directed", 1)) > max(
            at for at, seen in enumerate(swarm.saw) if seen == ("node", "izar")
        )

    async def test_verify_names_the_tree_that_differs(self, swarm: Swarm, short_dir: Path) -> None:
        good = head(short_dir / "repos/stars")
        (short_dir / "repos/stars/profiles/repo_name").write_text("damaged\n")
        assert (await swarm.ask("verify_trees"))["ok"]
        result = await swarm.ask("verify_trees", expected=json.dumps({"stars": good, "other": "x"}))
        assert not result["ok"]
        assert f"stars: {good}+" in result["output"]
        assert "other: not here → build-swarm sync-overlays" in result["output"]
        assert swarm.facts[-1].trees["stars"].startswith(f"{good}+")

    async def test_fix_heals_and_says_when_upstream_has_moved_on(self, swarm: Swarm, short_dir: Path) -> None:
        good = head(short_dir / "repos/stars")
        (short_dir / "repos/stars/profiles/repo_name").write_text("damaged\n")
        assert (await swarm.ask("sync_trees"))["ok"], "a sync keeps local changes"
        assert swarm.facts[-1].trees["stars"] != good
        assert (await swarm.ask("fix_trees", expected=json.dumps({"stars": good})))["ok"]
        assert swarm.facts[-1].trees["stars"] == good
        advance(short_dir / "upstream/stars", "second")
        (short_dir / "repos/stars/stray").touch()
        result = await swarm.ask("fix_trees", expected=json.dumps({"stars": good}))
        assert not result["ok"]
        assert "sync-all" in result["output"]

    async def test_an_overlay_is_added_once_and_changes_the_base(self, swarm: Swarm, short_dir: Path) -> None:
        remote = upstream(short_dir / "upstream/comets", "comets")
        asked = {"name": "comets", "sync_type": "git", "sync_uri": f"file://{remote}", "priority": "20"}
        before = swarm.facts[-1].base
        first = await swarm.ask("sync_overlay", **asked)
        assert first == {"node": "izar", "ok": True, "output": f"comets: {head(remote)}"}
        assert swarm.facts[-1].trees["comets"] == head(remote)
        after = swarm.facts[-1].base
        assert after != before
        advance(remote, "second")
        await swarm.ask("sync_overlay", **asked)
        assert swarm.facts[-1].trees["comets"] == head(remote)
        assert swarm.facts[-1].base == after, "a sync changes no base"
        assert (short_dir / "base/etc/portage/repos.conf").read_text().count("[comets]") == 1

    @pytest.mark.parametrize(
        ("name", "params", "said"),
        [
            ("sync_tree", {}, "did you mean sync_trees"),
            ("sync_overlay", {"name": "x"}, "lacks sync_type, sync_uri"),
            ("sync_overlay", {"name": "../x", "sync_type": "git", "sync_uri": "/x"}, "no repository name"),
            ("sync_overlay", {"name": "x", "sync_type": "git", "sync_uri": "ext::sh"}, "no address"),
            ("sync_overlay", {"name": "x", "sync_type": "git", "sync_uri": "/nowhere"}, "does not exist"),
            ("fix_trees", {"expected": "["}, "a JSON object"),
            ("verify_trees", {"expected": '{"a": 1}'}, "a JSON object"),
        ],
    )
    async def test_what_cannot_be_done_is_told(
        self, swarm: Swarm, name: str, params: dict[str, str], said: str
    ) -> None:
        result = await swarm.ask(name, **params)
        assert not result["ok"]
        assert said in result["output"]

    async def test_one_tree_that_fails_does_not_keep_the_others_from_it(
        self, swarm: Swarm, short_dir: Path
    ) -> None:
        remote = upstream(short_dir / "upstream/comets", "comets")
        await swarm.ask("sync_overlay", name="comets", sync_type="git", sync_uri=f"file://{remote}")
        (short_dir / "upstream/stars").rename(short_dir / "upstream/gone")
        advance(remote, "second")
        result = await swarm.ask("sync_trees")
        assert not result["ok"]
        assert f"comets: {head(remote)}" in result["output"]
        assert "tree stars" in result["output"]

    async def test_builds_go_on_after_a_directive(self, swarm: Swarm) -> None:
        await swarm.give(order(1), DirectiveOrder(90, "verify_trees"), order(2))
        await swarm.until(lambda: 2 in swarm.staged)
        assert swarm.directed[90]["ok"]


async def test_a_drone_in_a_long_directive_is_heard_and_can_still_be_stopped(
    swarm: Swarm, settings: DroneSettings
) -> None:
    """The upstream takes the connection and never says a word."""
    reached = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    uri = f"git://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    async with server, serving(partial(make_app, settings)):
        await swarm.until(lambda: swarm.count("work"))
        before = swarm.count("node")
        await swarm.give(
            DirectiveOrder(1, "sync_overlay", {"name": "x", "sync_type": "git", "sync_uri": uri})
        )
        await asyncio.wait_for(reached.wait(), 60)
        await swarm.until(lambda: swarm.count("node") >= before + 3)
        begun = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - begun < 30
    assert 1 not in swarm.directed
