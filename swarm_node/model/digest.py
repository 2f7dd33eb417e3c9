"""What happened while nobody looked: done, newly failed, decided without asking; a fold over the log.

`digest` asks for nothing but records, so that a hundred thousand of them can be read one by one.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from swarm_node.model import events as e

NAMED: Final = 5
"""Names that a decision keeps of all that it was about."""
LISTED: Final = 50
"""Blocked builds that are listed; all are counted."""

What = Literal["retried", "lost", "recalled", "held", "resumed", "node-lost", "ignored", "abandoned"]


class Trouble(Struct, frozen=True):
    """A build that was blocked meanwhile and still is, with the kind of its cause."""

    build: str
    kind: str
    summary: str


class Decision(Struct, frozen=True):
    """What the swarm decided by itself: how often, about how many, the first few of these, why at last."""

    what: What
    count: int
    about: int
    names: tuple[str, ...]
    reason: str = ""


class Digest(Struct, frozen=True):
    """A stretch of the log in a few figures; `seconds` are of compiling, in what was staged."""

    after: int
    upto: int
    events: int = 0
    staged: int = 0
    seconds: float = 0.0
    releases: tuple[int, ...] = ()
    """Those that clients came to see, in order; a rollback counts."""
    blocked: int = 0
    troubles: tuple[Trouble, ...] = ()
    decided: tuple[Decision, ...] = ()
    asked: dict[str, int] = {}
    """Actions that people asked for, and how often."""

    @property
    def quiet(self) -> bool:
        """Whether there is nothing in it for a person."""
        return not (self.staged or self.releases or self.blocked or self.decided or self.asked)


class _Tally:
    """What the fold has come to."""

    def __init__(self) -> None:
        self.events = self.staged = 0
        self.seconds = 0.0
        self.releases: list[int] = []
        self.troubles: dict[str, Trouble] = {}
        self.asked: Counter[str] = Counter()
        self.ordered: set[tuple[str, bool]] = set()
        """Nodes ("" for the swarm) that a person wants held, or not."""
        self._decided: dict[What, tuple[Counter[str], str]] = {}

    def decide(self, what: What, name: str, reason: str = "") -> None:
        """The swarm did this by itself."""
        names, last = self._decided.get(what, (Counter(), ""))
        names[name] += 1
        self._decided[what] = names, reason or last

    def decisions(self) -> tuple[Decision, ...]:
        """In the order in which the first of each kind happened."""
        return tuple(
            Decision(what, names.total(), len(names), tuple(names)[:NAMED], reason)
            for what, (names, reason) in self._decided.items()
        )


On = Callable[[_Tally, Any], None]
_ON: dict[type[e.Event], On] = {}


def _on(kind: type[e.Event]) -> Callable[[On], On]:
    def register(function: On) -> On:
        _ON[kind] = function
        return function

    return register


def digest(records: Iterable[e.Record], after: int, upto: int) -> Digest:
    """The digest of records that lie after `after` and up to `upto`; only those of KINDS are needed."""
    tally = _Tally()
    for record in records:
        told = _ON.get(type(record.event))
        if told is not None:
            told(tally, record.event)
    return Digest(
        after=after,
        upto=upto,
        events=max(upto - after, 0),
        staged=tally.staged,
        seconds=tally.seconds,
        releases=tuple(tally.releases),
        blocked=len(tally.troubles),
        troubles=tuple(tally.troubles.values())[:LISTED],
        decided=tally.decisions(),
        asked=dict(tally.asked),
    )


@_on(e.BuildStaged)
def _staged(tally: _Tally, event: e.BuildStaged) -> None:
    tally.staged += 1
    tally.seconds += event.measures.seconds


@_on(e.BuildBlocked)
def _blocked(tally: _Tally, event: e.BuildBlocked) -> None:
    tally.troubles[event.build] = Trouble(event.build, event.diagnosis.kind, event.diagnosis.summary)


@_on(e.BuildUnblocked)
@_on(e.BuildDropped)
def _free(tally: _Tally, event: e.BuildUnblocked | e.BuildDropped) -> None:
    tally.troubles.pop(event.build, None)


@_on(e.SessionOpened)
def _session(tally: _Tally, event: e.SessionOpened) -> None:
    if event.cleared:
        tally.troubles.clear()


@_on(e.BuildFailed)
def _failed(tally: _Tally, event: e.BuildFailed) -> None:
    if event.retry_at is not None:
        tally.decide("retried", event.build, f"{event.diagnosis.kind} on {event.node}")


@_on(e.AttemptLost)
def _lost(tally: _Tally, event: e.AttemptLost) -> None:
    tally.decide("lost", event.build, f"{event.node}: {event.reason}")


@_on(e.AttemptRecalled)
def _recalled(tally: _Tally, event: e.AttemptRecalled) -> None:
    tally.decide("recalled", event.build, event.reason)


@_on(e.ResultIgnored)
def _ignored(tally: _Tally, event: e.ResultIgnored) -> None:
    tally.decide("ignored", event.node, event.message)


@_on(e.NodeLost)
def _node_lost(tally: _Tally, event: e.NodeLost) -> None:
    tally.decide("node-lost", event.name, event.reason)


@_on(e.ActionTaken)
def _action(tally: _Tally, event: e.ActionTaken) -> None:
    tally.asked[event.name] += 1
    if event.name in ("pause", "drain", "resume"):
        tally.ordered.add((_node(event.params.get("node", "")), event.name != "resume"))


def _node(text: str) -> str:
    """The node that a recorded action names, "" for none."""
    try:
        return msgspec.json.decode(text, type=str | None) or ""
    except msgspec.MsgspecError:
        return ""


@_on(e.NodeHeld)
def _node_held(tally: _Tally, event: e.NodeHeld) -> None:
    _held(tally, event.name, event)


@_on(e.SwarmHeld)
def _swarm_held(tally: _Tally, event: e.SwarmHeld) -> None:
    _held(tally, "", event)


def _held(tally: _Tally, name: str, event: e.NodeHeld | e.SwarmHeld) -> None:
    """What a person asked for just before is that person's decision."""
    if (name, event.held) in tally.ordered:
        tally.ordered.discard((name, event.held))
    else:
        tally.decide("held" if event.held else "resumed", name or "the swarm", event.reason)


@_on(e.ReleasePublished)
@_on(e.ReleaseRolledBack)
def _released(tally: _Tally, event: e.ReleasePublished | e.ReleaseRolledBack) -> None:
    tally.releases.append(event.release)


@_on(e.ReleaseAbandoned)
def _abandoned(tally: _Tally, event: e.ReleaseAbandoned) -> None:
    tally.decide("abandoned", str(event.release), event.reason)


KINDS: Final = tuple(kind.__name__ for kind in _ON)
"""The events that count."""
