"""The rules of diagnosis that this orchestrator goes by, and what they say of an attempt's log."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from swarm_node.model.diagnosis import diagnose
from swarm_node.model.excerpt import WINDOW, excerpt
from swarm_node.model.failure import BadRules, Rule, rules_of
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Diagnosis

SHIPPED: Final = files("swarm_node.model") / "failures.toml"


def load(directory: Path) -> tuple[Rule, ...]:
    """The shipped rules and those of a directory's *.toml, which go first where they are as sure.

    Raises: Refused naming file and rule.
    """
    hint = f"mend it, or take it out of {directory}; the form is that of {SHIPPED}"
    try:
        own = [(str(path), path.read_text(encoding="utf-8")) for path in sorted(directory.glob("*.toml"))]
        return rules_of([*own, ("failures.toml", SHIPPED.read_text(encoding="utf-8"))])
    except BadRules as error:
        raise Refused("bad_request", str(error), hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("bad_request", f"rules of {directory}: {error}", hint) from None


def judge(log: Path, rules: Sequence[Rule], phase: str, reason: str) -> Diagnosis:
    """The diagnosis of an attempt from its log, which may be missing. Raises: OSError."""
    return diagnose(excerpt(_pieces(log)), rules, phase, reason)


def _pieces(log: Path) -> Iterator[bytes]:
    try:
        with log.open("rb") as file:
            while piece := file.read(WINDOW):
                yield piece
    except FileNotFoundError:
        return
