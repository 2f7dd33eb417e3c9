"""The rules of diagnosis that this console goes by: the shipped ones, and the user's own."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from swarm_node.model.failure import Rule


def rules() -> tuple[Rule, ...]:
    """All of them; the user's own go first where they are as sure. Raises: Usage naming one that is wrong."""
    from importlib.resources import files

    from swarm_console.errors import Usage
    from swarm_node.model.failure import BadRules, rules_of

    shipped, directory = files("swarm_node.model") / "failures.toml", _directory()
    try:
        own = [(str(path), path.read_text(encoding="utf-8")) for path in sorted(directory.glob("*.toml"))]
        return rules_of([*own, ("failures.toml", shipped.read_text(encoding="utf-8"))])
    except (BadRules, OSError, UnicodeDecodeError) as error:
        hint = f"mend it, or take it out of {directory}; the form is that of {shipped}"
        raise Usage(f"rules of your own: {error}", hint) from None


def _directory() -> Path:
    """Where the user's own rules are, failures.d of the configuration folder."""
    from platformdirs import user_config_path

    return user_config_path("build-swarm") / "failures.d"
