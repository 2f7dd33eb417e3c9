"""Events in words: what the events pane says of each, and how loudly."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from swarm_console.words.pen import count, duration, size
from swarm_node.model import events as e


class Line(NamedTuple):
    """A glyph with a word, what the event is about, what is to be said of it, and a tone ("" for none)."""

    glyph: str
    word: str
    subject: str
    text: str = ""
    tone: str = ""


def _node_seen(event: e.NodeSeen) -> Line:
    facts = event.facts
    return Line(
        "+", "node", event.name, f"{facts.role}, {count(facts.cores, 'core')}, room: {facts.room}", "dim"
    )


def _staged(event: e.BuildStaged) -> Line:
    weight = f", {size(event.artifact.size)}" if event.artifact else ""
    took = duration(event.measures.seconds)
    return Line("✓", "staged", event.build, f"on {event.node} in {took}{weight}", "ok")


def _failed(event: e.BuildFailed) -> Line:
    again = "" if event.retry_at is None else ", will be tried again"
    what = f"{event.diagnosis.kind} in {event.phase or 'an unknown phase'} on {event.node}{again}"
    return Line("!", "failed", event.build, what, "attention" if event.retry_at is None else "wait")


def _verified(event: e.StagingVerified) -> Line:
    text = f"risk {event.score}, {count(len(event.findings), 'finding')}, {count(event.packages, 'package')}"
    return Line("?", "verified", "staging", text, "ok" if not event.score else "wait")


def _published(event: e.ReleasePublished) -> Line:
    text = f"is live: {count(event.packages, 'package')}, {event.added} new"
    return Line("▲", "release", str(event.release), text, "ok")


def _held(event: e.SwarmHeld) -> Line:
    if event.held:
        return Line("‖", "paused", "the swarm", event.reason, "wait")
    return Line("▶", "resumed", "the swarm", event.reason)


def _node_held(event: e.NodeHeld) -> Line:
    if event.aside:
        return Line("‖", "set aside", event.name, event.reason, "attention")
    if event.held:
        return Line("‖", "drained", event.name, event.reason, "wait")
    return Line("▶", "resumed", event.name, event.reason)


def _finished(event: e.DirectiveFinished) -> Line:
    first = event.output.strip().partition("\n")[0]
    return Line(
        "✓" if event.ok else "!", "directive", f"#{event.id}", first, "dim" if event.ok else "attention"
    )


def _action(event: e.ActionTaken) -> Line:
    params = ", ".join(f"{k}={v}" for k, v in event.params.items() if v not in ('""', "null", "[]", ""))
    by = f"by {event.by}" if event.by else ""
    return Line("»", "action", event.name, "; ".join(filter(None, [params, by])), "accent")


def _tried(event: e.ChangeTried) -> Line:
    told = " and ".join(f"{line.text!r} in {line.file}" for line in event.lines)
    return Line("?", "trying", event.build, f"{told} of {event.profile}, on {event.node}", "accent")


_WORDS: Final[dict[type[e.Event], Callable[[Any], Line]]] = {
    e.PolicySet: lambda ev: Line("·", "policy", "orchestrator", f"BUILD_MODE {ev.policy.build_mode}", "dim"),
    e.ActionTaken: _action,
    e.SessionOpened: lambda ev: Line(
        "»", "session", str(ev.session), "opened, from nothing" if ev.cleared else "opened", "accent"
    ),
    e.PhaseEntered: lambda ev: Line("»", "phase", ev.phase, ev.detail, "accent"),
    e.BuildNeeded: lambda ev: Line("·", "needed", ev.row.id, ev.row.reason, "dim"),
    e.BuildDropped: lambda ev: Line("·", "dropped", ev.build, ev.reason, "dim"),
    e.QueueOrdered: lambda ev: Line("·", "ordered", "the queue", ev.reason, "dim"),
    e.BuildAssigned: lambda ev: Line("→", "assigned", ev.build, f"to {ev.node}", "dim"),
    e.BuildStarted: lambda ev: Line("●", "building", ev.build, f"attempt {ev.attempt}"),
    e.BuildStaged: _staged,
    e.BuildFailed: _failed,
    e.AttemptLost: lambda ev: Line("!", "lost", ev.build, f"{ev.node}: {ev.reason}", "wait"),
    e.AttemptRecalled: lambda ev: Line("←", "recalled", ev.build, f"from {ev.node}: {ev.reason}", "dim"),
    e.ResultIgnored: lambda ev: Line("·", "ignored", f"attempt {ev.attempt}", ev.message, "dim"),
    e.BuildBlocked: lambda ev: Line(
        "✗", "blocked", ev.build, f"{ev.diagnosis.kind}: {ev.diagnosis.summary}", "attention"
    ),
    e.BuildUnblocked: lambda ev: Line("↻", "unblocked", ev.build, f"on {ev.node} only" if ev.node else ""),
    e.ChangeTried: _tried,
    e.ChangeKept: lambda ev: Line("✓", "kept", ev.build, f"change {ev.change} is for all from now on", "ok"),
    e.ChangeTakenBack: lambda ev: Line("←", "reverted", ev.build, ev.reason, "wait"),
    e.ChangeSettled: lambda ev: Line("·", "settled", ev.build, "profile and queue agree", "dim"),
    e.NodeSeen: _node_seen,
    e.NodeLost: lambda ev: Line("✗", "lost", ev.name, ev.reason, "attention"),
    e.NodeHeld: _node_held,
    e.SwarmHeld: _held,
    e.DirectiveIssued: lambda ev: Line("→", "directive", ev.node, ev.name, "dim"),
    e.DirectiveFinished: _finished,
    e.StagingVerified: _verified,
    e.ReleasePrepared: lambda ev: Line("·", "release", str(ev.release), "is being made", "dim"),
    e.ReleasePublished: _published,
    e.ReleaseAbandoned: lambda ev: Line("!", "release", str(ev.release), f"abandoned: {ev.reason}", "wait"),
    e.ReleaseRolledBack: lambda ev: Line(
        "▼", "release", str(ev.release), f"is live again instead of {ev.left}", "wait"
    ),
    e.ReleaseForgotten: lambda ev: Line("·", "release", str(ev.release), "deleted, it was the oldest", "dim"),
}


def describe(event: e.Event) -> Line:
    """An event as a line."""
    return _WORDS[type(event)](event)
