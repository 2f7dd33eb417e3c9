"""The list of system packages agrees with what the code asks for, and the setup scripts read it well."""

import os
import subprocess
from pathlib import Path

import pytest

from swarm_node.demo.requirements import PROGRAMS, Program

ROOT = Path(__file__).parents[2]
LIST = ROOT / ".ci" / "system-packages"


def listed() -> dict[str, tuple[str, list[str], list[str]]]:
    rows = [line.split() for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    return {program: (need, debian.split(","), gentoo.split(",")) for need, program, debian, gentoo in rows}


GIVEN = {"bash", "make", "tar"}
"""What make itself and every Debian and Gentoo bring."""


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.name not in GIVEN], ids=lambda p: p.name)
def test_what_the_demo_requires_is_installed_for_it(program: Program) -> None:
    need, debian, gentoo = listed()[program.name]
    assert need == "demo"
    assert program.debian in debian
    assert program.gentoo in gentoo


def test_what_is_missing_is_named_and_does_not_stop(tmp_path: Path) -> None:
    scripts = tmp_path / ".ci"
    scripts.mkdir()
    (scripts / "install-system-packages").write_bytes((ROOT / ".ci/install-system-packages").read_bytes())
    (scripts / "system-packages").write_text("demo no-such-program  nobrand,otherbrand  app-misc/nobrand\n")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "dirname", "readlink", "awk", "tr", "sort", "mkdir", "cat", "rm"):
        (tools / name).symlink_to(
            next(p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists())
        )
    (tools / "id").write_text("#!/usr/bin/env bash\necho 1000\n")
    (tools / "id").chmod(0o755)

    def run() -> subprocess.CompletedProcess[str]:
        script = scripts / "install-system-packages"
        return subprocess.run(
            [tools / "bash", script, "demo"],
            env={"PATH": str(tools)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    first, second = run(), run()
    assert (first.returncode, second.returncode) == (0, 0)
    assert "not installed: no-such-program" in first.stderr
    assert "next step, as root: " in first.stderr
    assert "nobrand otherbrand" in first.stderr or "app-misc/nobrand" in first.stderr
    assert second.stderr.splitlines() == ["not installed: no-such-program "]


@pytest.mark.parametrize(
    "script", [path.name for path in sorted((ROOT / ".ci").iterdir()) if os.access(path, os.X_OK)]
)
def test_scripts_parse(script: str) -> None:
    subprocess.run(["bash", "-n", ROOT / ".ci" / script], check=True)
