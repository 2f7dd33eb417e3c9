"""What packages take of a machine, learnt from their own builds: memory by make jobs, and scratch space."""

from typing import Final

from msgspec import Struct

from swarm_node.model.work import Measures, NodeFacts

SHARED: Final = 0.25
"""The part of a build's memory that does not shrink with its jobs: one compiler, one linker."""
USABLE: Final = 0.9
"""The part of a machine's memory that builds may count on."""
MARGIN: Final = 1.25
"""How much more than was not enough is asked for the next time."""


class Appetite(Struct, omit_defaults=True):
    """Bytes of memory at so many make jobs, and bytes of scratch; 0 where nothing was measured."""

    memory: int = 0
    jobs: int = 1
    disk: int = 0


def took(known: Appetite | None, measures: Measures, jobs: int) -> Appetite:
    """What is known after a build that went well with so many jobs; the newest measure counts."""
    known = known or Appetite()
    memory, with_jobs = (measures.peak_memory, jobs) if measures.peak_memory else (known.memory, known.jobs)
    return Appetite(memory, max(with_jobs, 1), measures.peak_disk or known.disk)


def lacked(
    known: Appetite | None, kind: str, facts: NodeFacts, measures: Measures | None, jobs: int
) -> Appetite | None:
    """What is known after a build that ran out of memory or disk; None where that was not the matter."""
    known = known or Appetite()
    if kind == "out-of-memory":
        had = (measures.peak_memory if measures is not None else None) or facts.memory
        need = max(int(had * MARGIN), memory_at(known, jobs))
        return Appetite(need, max(jobs, 1), known.disk)
    if kind == "disk-full":
        had = (measures.peak_disk if measures is not None else None) or facts.disk_free
        return Appetite(known.memory, known.jobs, max(int(had * MARGIN), known.disk))
    return None


def memory_at(appetite: Appetite, jobs: int) -> int:
    """Bytes that a build with so many jobs should take."""
    return int(appetite.memory * (SHARED + (1 - SHARED) * jobs / appetite.jobs))


def jobs_that_fit(appetite: Appetite, facts: NodeFacts) -> int:
    """The most make jobs for which a machine has the memory; 0 when not even one fits."""
    room = facts.memory * USABLE
    if not facts.memory or memory_at(appetite, facts.cores) <= room:
        return facts.cores
    alone = appetite.memory * (1 - SHARED) / appetite.jobs
    return max(int((room - appetite.memory * SHARED) / alone), 0)
