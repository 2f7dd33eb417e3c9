"""What is known of a failure beside its log: phase, exit status, the node's facts; what rules ask of it."""

from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct

from swarm_node.model.work import NodeFacts, Role

GIB: Final = 1 << 30

Tree = Literal["same", "differs", "lacks", ""]
"""The node's trees held against the orchestrator's: one is another, or is not there; "" is unknown."""


class Circumstances(NamedTuple):
    """How and where an attempt ended, as far as anybody knows."""

    phase: str = ""
    reason: str = ""
    """The drone's own word, see `messages.Reason`."""
    rc: int | None = None
    """Exit status; negative is the number of the signal."""
    node: NodeFacts | None = None
    tree: Tree = ""


UNKNOWN: Final = Circumstances()


class When(Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule asks of the circumstances; what is unknown does not fulfil it."""

    rc: tuple[int, ...] = ()
    """One of these exit statuses."""
    memory_below: Annotated[float, Meta(gt=0)] | None = None
    """The node has less GiB of memory than this for each of its cores."""
    disk_below: Annotated[float, Meta(gt=0)] | None = None
    """The node has less GiB free than this where it builds."""
    tree: Tree = ""
    role: Role | None = None
    kernel: Literal["named", ""] = ""
    """`named`: the log names the very kernel that the node runs."""

    def holds(self, known: Circumstances, log: bytes) -> bool:
        """Whether everything that is asked is known to be so."""
        node = known.node or NodeFacts()
        return (
            (not self.rc or known.rc in self.rc)
            and (not self.tree or known.tree == self.tree)
            and (self.role is None or (known.node is not None and node.role == self.role))
            and _below(node.memory / max(node.cores, 1), self.memory_below)
            and _below(node.disk_free, self.disk_below, told=node.memory > 0)
            and (not self.kernel or (bool(node.kernel) and node.kernel.encode() in log))
        )


def _below(amount: float, gibibytes: float | None, *, told: bool = False) -> bool:
    return gibibytes is None or ((told or amount > 0) and amount < gibibytes * GIB)
