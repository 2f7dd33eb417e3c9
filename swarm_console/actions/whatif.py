"""What if: the real scheduler in virtual time, over the current queue or a graph file."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.words.pen import count, duration, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen
    from swarm_node.model.workload import Workload


def simulate(swarm: Swarm, params: Params) -> Outcome:
    """Raises: Usage for a graph, a fleet or a noise that cannot be meant."""
    from swarm_console.errors import Usage
    from swarm_node.model.simulate import study

    try:
        workload, fleet = _work(swarm, params)
        found = study(workload, fleet, params["noise"], params["draws"], params["seed"])
    except ValueError as error:
        raise Usage(str(error), "swarm-console --run simulate --help") from None
    best = found.median
    return Outcome(
        {
            "makespan": best.makespan,
            "lower_bound": best.lower_bound,
            "ratio": best.ratio,
            "ratios": list(found.ratios),
            "builds": len(workload.seconds),
            "work": sum(workload.seconds.values()),
            "fleet": fleet,
            "noise": params["noise"],
            "seed": best.seed,
            "drones": [
                {name: getattr(share, name) for name in share.__struct_fields__} for share in best.drones
            ],
        }
    )


def _work(swarm: Swarm, params: Params) -> tuple[Workload, list[int]]:
    """The workload and the fleet's core counts. Raises: ValueError, Refused."""
    fleet = _fleet(params["fleet"]) if params["fleet"] else []
    if params["graph"]:
        from swarm_node.model.workload import workload_of

        return workload_of(_graph(params["graph"]), params["edges"]), fleet or [8]
    return _current(swarm, fleet)


def _fleet(text: str) -> list[int]:
    words = text.split(",")
    if not all(word.strip().isascii() and word.strip().isdecimal() for word in words):
        raise ValueError(f"{text!r:.60} is no fleet; write the drones' core counts like 16,8,8,4,4,4")
    return [int(word) for word in words]


def _graph(path: str) -> object:
    import json
    import sys
    from pathlib import Path

    try:
        return json.loads(sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} holds no JSON: {error}") from None


def _current(swarm: Swarm, fleet: list[int]) -> tuple[Workload, list[int]]:
    """What is left of the present queue, its seconds as history expects them, and the nodes that are up."""
    from msgspec import convert

    from swarm_console.wire.ask import refused
    from swarm_node.model.estimate import cp_of, estimate
    from swarm_node.model.graph import graph_of
    from swarm_node.model.state import OPEN, State
    from swarm_node.model.workload import Workload

    state = convert(swarm.get("/api/v1/state"), State, strict=False)
    left = state.by_status("needed", *OPEN)
    if not left:
        raise refused("nothing_to_do", "the queue is empty", "build-swarm fresh, or: simulate --graph FILE")
    names = {build.id for build in left}
    graph = graph_of({build.id: [need for need in build.needs if need in names] for build in left})
    predicted = {build.id: estimate(state.history, cp_of(build.row.cpv)) for build in left}
    seconds = {name: guess.seconds for name, guess in predicted.items()}
    cores = [node.facts.cores for node in state.nodes.values() if node.up and not node.held]
    known = frozenset(name for name, guess in predicted.items() if guess.known)
    return Workload(graph, seconds, known), fleet or sorted(cores, reverse=True)


def show_simulated(seen: Any, pen: Pen) -> list[str]:
    heads = ("Drone", "Cores", "Builds", "Busy", "Idle")
    rows = (
        (share["drone"], share["cores"], share["builds"], duration(share["busy"]), duration(share["idle"]))
        for share in seen["drones"]
    )
    ratios = seen["ratios"]
    spread = f", {ratios[0]:.3f} to {ratios[-1]:.3f} over {len(ratios)} draws" if len(ratios) > 1 else ""
    return [
        f"{count(seen['builds'], 'build')}, {duration(seen['work'])} of work on one reference drone",
        *table(heads, rows, pen),
        f"Makespan:    {pen('strong', duration(seen['makespan']))}",
        f"Lower bound: {duration(seen['lower_bound'])}",
        f"Ratio:       {seen['ratio']:.3f}{spread}",
    ]


ACTIONS = (
    Action(
        "simulate",
        "What if",
        "how long the queue, or a graph file, would take on a fleet",
        simulate,
        show_simulated,
        parameters=(
            Parameter(
                "graph",
                "a JSON file of packages, - for standard input (default: the queue)",
                default="",
                completes="file",
                word="FILE",
            ),
            Parameter(
                "edges",
                "which needs count: of merging, of building, or of building on a drone with @system",
                default="stage3_needs",
                choices=("deps", "build_needs", "stage3_needs"),
                word="KIND",
            ),
            Parameter(
                "fleet",
                "core counts like 16,8,8,4,4,4 (default: the nodes that are up)",
                default="",
                word="CORES",
            ),
            Parameter(
                "noise",
                "rms of the error of what is predicted, 0.5 is usual",
                kind="number",
                default=0.0,
                word="RMS",
            ),
            Parameter(
                "draws",
                "how many draws of the noise; the answer is the median",
                kind="integer",
                default=9,
                word="N",
            ),
            Parameter("seed", "of the noise", kind="integer", default=0, word="N"),
        ),
    ),
)
