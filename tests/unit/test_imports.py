"""Imports point downwards only: read from the sources, and seen in processes of their own."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[2]
TREES = ROOT / "swarm_node" / "demo" / "trees"

MAY_IMPORT = {
    "swarm_node.model": set[str](),
    "swarm_node.journal": {"model"},
    "swarm_node.http": {"model"},
    "swarm_node.portage": {"model"},
    "swarm_node.settings": {"model"},
    "swarm_node.gateway": {"model", "http", "settings"},
    "swarm_node.orchestrator": {"model", "http", "settings", "journal", "portage"},
    "swarm_node.drone": {"model", "http", "settings", "portage"},
    "swarm_node.demo": {"model", "http", "settings", "journal", "portage"},
    "swarm_console": {"model"},
}
"""What each part may take from `swarm_node`, beside itself."""


def sources(package: str) -> list[Path]:
    folder = ROOT.joinpath(*package.split("."))
    return [path for path in sorted(folder.rglob("*.py")) if not path.is_relative_to(TREES)]


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file names in an import, late imports included, with its line."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *filter(None, [node.module])])
            yield node.lineno, module
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


CONSOLE: Final = (
    *(
        "errors",
        "background",
        "heap",
        "sweeper",
        "turns",
        "words",
        "messages",
        "wire",
        "known",
        "logs",
        "replay",
        "manners",
        "actions",
    ),
    *("commandline", "keyboard", "panes", "screens", "web", "projector", "absence", "feed"),
    *("foresight", "conduct", "orders", "app", "opening", "cli", "__main__"),
)
"""The parts of `swarm_console` from the bottom up."""


def at_once(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that is loaded with a file: no late imports, and none for the sake of types."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = [node for node in tree.body if not isinstance(node, ast.ImportFrom | ast.Import)]
    lines = {line for node in late for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    yield from ((line, module) for line, module in imported(path) if line not in lines)


def upward(path: Path) -> list[str]:
    """The imports of a file of the console that lead to a part above its own."""
    own = path.relative_to(ROOT / "swarm_console").parts[0].removesuffix(".py")
    heights = {part: height for height, part in enumerate(CONSOLE)}
    found = []
    for line, module in at_once(path):
        part = module.removeprefix("swarm_console.").partition(".")[0]
        if module.startswith("swarm_console.") and heights.get(part, 0) > heights[own]:
            found.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    return found


def strays(package: str, allowed: set[str]) -> list[str]:
    parts = {path.name.removesuffix(".py") for path in (ROOT / "swarm_node").iterdir()}
    found = []
    for path in sources(package):
        for line, module in imported(path):
            top, _, rest = module.partition(".")
            part = rest.partition(".")[0]
            own = package in (top, f"{top}.{part}")
            ours = top == "swarm_console" or (top == "swarm_node" and part in parts)
            if ours and not own and part not in allowed:
                found.append(f"{path.relative_to(ROOT)}:{line} imports {module}")
    return sorted(set(found))


@pytest.mark.parametrize(("package", "allowed"), MAY_IMPORT.items(), ids=MAY_IMPORT)
def test_a_part_imports_only_what_lies_below_it(package: str, allowed: set[str]) -> None:
    assert sources(package), f"{package} has no sources"
    assert strays(package, allowed) == []


def test_the_parts_of_the_console_import_downwards() -> None:
    files = [path for path in sources("swarm_console") if path.name != "__init__.py"]
    parts = {path.relative_to(ROOT / "swarm_console").parts[0].removesuffix(".py") for path in files}
    assert parts == set(CONSOLE)
    assert [stray for path in files for stray in upward(path)] == []


def loaded(code: str) -> set[str]:
    """The top-level names and submodules that a fresh interpreter holds after `code`."""
    script = f"import json, sys\nbefore = set(sys.modules)\n{code}\n"
    script += "print('\\n' + json.dumps(sorted(set(sys.modules) - before)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def third_party(modules: set[str]) -> set[str]:
    tops = {module.partition(".")[0] for module in modules}
    own = {"swarm_node", "swarm_console"}
    return {top for top in tops - own - sys.stdlib_module_names if not top.startswith("_")}


def test_the_model_needs_nothing_but_msgspec() -> None:
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources("swarm_node.model")]
    with_the_model = third_party(loaded("\n".join(f"import {module}" for module in modules)))
    assert with_the_model <= third_party(loaded("import msgspec.json, msgspec.inspect"))


HEADLESS = {
    "--list": ["--list"],
    "--help": ["--help"],
    "status with nothing there": ["--run", "status"],
    "usage error": ["--run", "no-such-action"],
    "dashboard with nothing there": ["--run", "dashboard"],
    "no terminal and nothing there": [],
}


@pytest.mark.parametrize("arguments", HEADLESS.values(), ids=HEADLESS)
def test_headless_paths_import_no_textual(arguments: list[str], free_port_number: int) -> None:
    code = f"""
import os
os.environ["GATEWAY_URL"] = "http://127.0.0.1:{free_port_number}"
from swarm_console.cli import main
try:
    main({arguments!r})
except SystemExit:
    pass
"""
    modules = loaded(code)
    assert "swarm_console.cli" in modules
    assert not {"textual", "rich", "asyncssh", "pydantic", "portage"} & modules


def test_help_of_the_services_imports_no_service() -> None:
    code = "from swarm_node.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    modules = loaded(code)
    assert "swarm_node.cli" in modules
    assert not {"aiohttp", "pydantic", "portage", "textual"} & modules


FIRST_PICTURE = {
    "swarm_console.screens": {"compositor", "dashboard", "doors", "live", "paned"},
    "swarm_console.panes": {
        *("blocked", "entry", "events", "footer", "frame", "grid", "leafing", "lined", "nodes", "pane"),
        *("queue", "rowstrips", "selection", "sifter", "staging", "strip", "table", "thumb", "tones", "top"),
    },
    "swarm_console.logs": set[str](),
}
"""What of the console the dashboard is made of; every module more makes it appear later."""


def test_the_first_picture_waits_for_no_other_screen() -> None:
    modules = loaded("import swarm_console.opening, swarm_console.app")
    for package, wanted in FIRST_PICTURE.items():
        parts = {name.removeprefix(f"{package}.") for name in modules if name.startswith(f"{package}.")}
        assert parts <= wanted, f"import {parts - wanted} late, as swarm_console/screens/doors.py does"
    assert not third_party(modules) & {"aiohttp", "asyncssh", "pydantic", "portage"}
