"""What the parts of the screen say to each other: panes post these, screens and the App answer."""

from dataclasses import dataclass

from textual.message import Message

from swarm_node.model.remedies import Remedy


@dataclass
class RowChosen(Message):
    """Somebody pressed Enter on, or clicked twice, a row of a table."""

    key: str


@dataclass
class RowMarked(Message):
    """The cursor of a table is on another row."""

    key: str


@dataclass
class BuildChosen(Message):
    """Show this build of the queue in depth."""

    build: str


@dataclass
class ClusterChosen(Message):
    """Show the builds that this cause blocks."""

    cause: str


@dataclass
class CureWanted(Message):
    """Do what a remedy says."""

    remedy: Remedy


@dataclass
class NodeChosen(Message):
    """Show this node in depth."""

    node: str


@dataclass
class ReleaseChosen(Message):
    """Show what this release holds."""

    number: int


@dataclass
class ReleaseMarked(Message):
    """The cursor is on this release."""

    number: int


@dataclass
class AttemptMarked(Message):
    """The cursor is on this attempt."""

    number: int


@dataclass
class AttemptChosen(Message):
    """Show the log of this attempt in full, at an offset or at its end."""

    number: int
    place: int | None = None


@dataclass
class PaneWanted(Message):
    """Bring this pane (by its id) to the front and give it the focus."""

    pane: str


@dataclass
class LogMoved(Message):
    """A log shows another place, has grown, or cannot be had."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, LogMoved)


@dataclass
class BarMarked(Message):
    """The mark of the timeline is on another attempt, or on another lane."""


@dataclass
class SessionChosen(Message):
    """Show this session of the past again."""

    session: int
