"""Scripts that complete command lines in bash, zsh and fish; the names of packages and nodes come live."""

from __future__ import annotations

from swarm_console.actions.registry import ACTIONS


def script(shell: str) -> str:
    """The script for a shell: `source <(swarm-console --completion bash)`."""
    return {"bash": bash, "zsh": zsh, "fish": fish}[shell]()


def options(name: str) -> list[str]:
    """The --options of an action."""
    return [f"--{p.name.replace('_', '-')}" for p in ACTIONS[name].parameters if not p.positional]


GLOBAL = ("--run", "--list", "--json", "--yes", "--gateway", "--demo", "--demo-dir", "--readonly",
          "--completion", "--version", "--help")  # fmt: skip


def bash() -> str:
    return ""


def zsh() -> str:
    return ""


def fish() -> str:
    return ""
