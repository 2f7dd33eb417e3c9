"""The program: a request on standard input, a document on standard output, all else on standard error."""

import json
import os
import sys
from typing import Any

from portage.output import nocolor

from swarm_node.portage.resolver.answer import describe
from swarm_node.portage.resolver.failures import Failure
from swarm_node.portage.resolver.solve import solve
from swarm_node.portage.resolver.world import World


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The document for `{"atoms": [...], "binaries_only": bool}`, or `{"error": text}`."""
    try:
        world = World(binaries_only=request["binaries_only"])
        atoms, unreadable = world.atoms(request["atoms"])
        solution = solve(world, atoms)
        failures = [Failure("other", text, why, ()) for text, why in unreadable.items()]
        return describe(world, solution._replace(failures=[*failures, *solution.failures]))
    except Exception as error:  # whatever a configuration makes Portage trip over is told, not thrown
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answer one request; nothing but the document reaches standard output."""
    nocolor()
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)
        json.dump(answer(json.load(sys.stdin)), out)
