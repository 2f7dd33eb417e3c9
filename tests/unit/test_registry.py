"""The registry of actions and its readings: lists, command line, completion, the README's table."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm_console.actions.registry import ACTIONS, find
from swarm_console.commandline.arguments import for_action, help_text
from swarm_console.commandline.completion import GLOBAL, script
from swarm_console.commandline.listing import listing, listing_json, with_table
from swarm_console.errors import Usage

README = Path(__file__).parents[2] / "README.md"
PROMISED = {
    *(
        "status",
        "info",
        "nodes",
        "queue",
        "releases",
        "contents",
        "difference",
        "audit",
        "away",
        "history",
        "logs",
        "why",
        "timeline",
        "sessions",
        "monitor",
        "simulate",
        "diagnose",
        "dashboard",
        "keys",
    ),
    *("fresh", "release", "verify", "finalize", "rollback", "reset", "pause", "resume", "drain", "undo"),
    *("fix-blocked", "unblock", "balance", "build-local", "configure"),
    *("sync-verify", "sync-fix", "sync-overlays", "sync-all", "node", "package", "drift"),
}


def test_every_promised_action_is_there() -> None:
    assert set(ACTIONS) == PROMISED


def test_keys_are_the_handbooks_and_no_two_actions_share_one() -> None:
    keys = [action.key for action in ACTIONS.values() if action.key]
    assert len(keys) == len(set(keys))
    by_key = {action.key: action.name for action in ACTIONS.values()}
    assert {key: by_key[key] for key in "buRfvF"} == {
        "b": "balance",
        "u": "unblock",
        "R": "reset",
        "f": "fix-blocked",
        "v": "verify",
        "F": "finalize",
    }
    assert not set(keys) & set("q/?0123456789")  # the screen's own


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_declaration_is_whole(action) -> None:  # type: ignore[no-untyped-def]
    assert action.title and action.help == action.help.strip().rstrip(".") and "\n" not in action.help
    assert action.dangerous == (action.loses is not None)
    assert action.changes or not action.dangerous
    assert all(parameter.help and parameter.word for parameter in action.parameters)
    positional = [parameter.positional for parameter in action.parameters]
    assert positional == sorted(positional, reverse=True), "positional parameters come first"
    parser = for_action(action, "build-swarm")
    words = ["x" for parameter in action.parameters if parameter.required]
    assert set(vars(parser.parse_args(words))) == {parameter.name for parameter in action.parameters}


def test_what_throws_work_away_or_shows_it_to_clients_asks_first() -> None:
    dangerous = {action.name for action in ACTIONS.values() if action.dangerous}
    assert dangerous == {"fresh", "release", "finalize", "rollback", "reset", "undo"}


def test_an_unknown_action_is_told_its_neighbours() -> None:
    with pytest.raises(Usage) as caught:
        find("finalise")
    assert "finalize" in caught.value.hint


def test_the_lists_name_every_action() -> None:
    lines = {line.split()[0]: line for line in listing().splitlines()[1:]}
    assert set(lines) == set(ACTIONS)
    assert all(("dangerous" in lines[name].split()) == ACTIONS[name].dangerous for name in ACTIONS)
    rows = {row["name"]: row for row in json.loads(listing_json())["actions"]}
    assert set(rows) == set(ACTIONS) and rows["reset"]["key"] == "R" and rows["reset"]["dangerous"]
    assert all(name in help_text("build-swarm") for name in ACTIONS)


def test_the_readme_has_the_table_as_it_is_now() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "make it anew: python -m swarm_console.commandline.listing README.md"


def test_the_commands_of_the_readme_exist() -> None:
    named = re.findall(r"(?m)(?:`|^ {4})build-swarm ([a-z][a-z-]+)", README.read_text(encoding="utf-8"))
    assert named and set(named) <= set(ACTIONS), set(named) - set(ACTIONS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_names_every_action_and_option(shell: str) -> None:
    text = script(shell)
    assert all(name in text for name in ACTIONS)
    options = [p.option for action in ACTIONS.values() for p in action.parameters if not p.positional]
    prefix = "" if shell != "fish" else "-l "
    assert all(f"{prefix}{option[2:]}" in text for option in [*options, *GLOBAL])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_understood_by_its_shell(shell: str, needs: Callable[..., None]) -> None:
    needs(shell)
    done = subprocess.run([shell, "-n"], input=script(shell), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


COMPLETED = {
    "swarm-console --run fi": {"fix-blocked", "finalize"},
    "build-swarm fina": {"finalize"},
    "build-swarm finalize --f": {"--force"},
    "swarm-console --run finalize --ver": {"--verify-id", "--version"},
    "swarm-console --completion ": {"bash", "zsh", "fish"},
    "swarm-console --replay ": {"last"},
    "build-swarm drain v": {"vega"},
    "build-swarm why app-misc/o": {"app-misc/orrery-1.1"},
    "build-swarm unblock --node ": {"vega", "altair"},
    "swarm-console --run drain ": {"vega", "altair"},
    "build-swarm rollback ": {"12", "11"},
    "swarm-console --run difference 1": {"12", "11"},
}


@pytest.fixture
def names_of_the_swarm(tmp_path: Path) -> Path:
    """A folder with a `swarm-console` and a `build-swarm` that answer only what the scripts ask."""
    for name in ("swarm-console", "build-swarm"):
        program = tmp_path / name
        program.write_text(
            '#!/bin/sh\n[ "$1" = --names ] || exit 2\n'
            'case $2 in node) printf "vega\\naltair\\n" ;; package) echo app-misc/orrery-1.1 ;;\n'
            'release) printf "12\\n11\\n" ;; esac\n'
        )
        program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(("line", "offered"), COMPLETED.items(), ids=COMPLETED)
def test_bash_offers(line: str, offered: set[str], names_of_the_swarm: Path) -> None:
    code = script("bash") + (
        'COMP_WORDS=($1); [ "${1% }" = "$1" ] || COMP_WORDS+=("")\n'
        'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _build_swarm; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", code, "bash", line],
        env={"PATH": f"{names_of_the_swarm}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (set(done.stdout.split()), done.stderr) == (offered, "")


@pytest.mark.parametrize(("line", "offered"), COMPLETED.items(), ids=COMPLETED)
def test_fish_offers(
    line: str, offered: set[str], names_of_the_swarm: Path, needs: Callable[..., None], tmp_path: Path
) -> None:
    needs("fish")
    code = script("fish") + 'complete -C "$argv[1]"\n'
    done = subprocess.run(
        ["fish", "--no-config", "-c", code, line],
        env={"PATH": f"{names_of_the_swarm}:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert {each.split("\t")[0] for each in done.stdout.splitlines()} == offered
