"""Drift on the embedded swarm: what its drones lack at first shows line by line, and is gone once mended."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm_console.wire.demo import embedded

pytestmark = pytest.mark.e2e


@pytest.fixture
def site(needs: Callable[..., None]) -> Iterator[Path]:
    needs("gcc", "make", "git", "rsync", "wget")
    directory = Path(tempfile.mkdtemp(prefix="swarm-", dir="/tmp")).resolve()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def run(site: Path, *words: str) -> tuple[int, Any]:
    """An action on the embedded swarm: exit code and document."""
    done = subprocess.run(
        [sys.executable, "-m", "swarm_console", "--demo", "--demo-dir", str(site), "--json", "--run", *words],
        capture_output=True,
        text=True,
        timeout=800,
    )
    return done.returncode, json.loads(done.stdout)


def all_there(site: Path) -> None:
    """Wait for the orchestrator's own builder, which comes last."""
    deadline = time.monotonic() + 300
    while not any(node["facts"].get("role") == "local" for node in run(site, "nodes")[1]["nodes"]):
        assert time.monotonic() < deadline, "it never came"


def test_what_drones_lack_shows_and_is_gone_once_mended(site: Path) -> None:
    with embedded(str(site), print):
        all_there(site)
        code, found = run(site, "drift")
        assert code == 1
        by_name = {node["node"]: node for node in found["nodes"]}
        local = next(name for name in by_name if name.endswith("-local"))
        assert by_name[local]["in_step"]
        vega = by_name["vega"]
        assert {tree["tree"] for tree in vega["trees"]} == {"demo", "extra"}
        (file,) = vega["files"]
        assert file["path"] == "repos.conf"
        assert "-[extra]" in file["lines"]
        assert "-location = <extra>" in file["lines"], "places of one machine do not count"
        assert str(site / "vega") not in json.dumps(vega)
        for action in ("sync-overlays", "sync-fix"):
            run(site, action)
        code, found = run(site, "drift")
        assert (code, {node["in_step"] for node in found["nodes"]}) == (0, {True})
        _, nodes = run(site, "nodes")
        assert len({node["facts"]["configuration"] for node in nodes["nodes"]}) == 1
        (site / "deneb/prefix/etc/portage/package.use").write_text("app-misc/orrery brass\n")
        code, found = run(site, "drift", "deneb")
        assert code == 1
        assert found["nodes"][0]["files"] == [
            {
                "path": "package.use",
                "lines": [
                    "--- /dev/null",
                    "+++ deneb: package.use",
                    "@@ -0,0 +1 @@",
                    "+app-misc/orrery brass",
                ],
            }
        ]
