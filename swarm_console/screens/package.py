"""A package in depth: its state and why, what it waits for, who waits for it, its attempts, its cure."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from swarm_console.panes import queue
from swarm_console.panes.blocked import cure_line, evidence
from swarm_console.panes.grid import bar
from swarm_console.pen import duration, size
from swarm_console.picture import Picture
from swarm_console.screens.depth import DepthScreen, Lines, fact, heading
from swarm_console.times import clock, of_day
from swarm_node.model.clusters import proofs
from swarm_node.model.remedies import remedies
from swarm_node.model.state import OPEN, Build
from swarm_node.model.why import Why, why

LONGEST_LIST = 12


class PackageScreen(DepthScreen):
    """Everything that is known of one build."""

    BINDING_GROUP_TITLE = "package"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cure", "Do its cure", tooltip="the action that the diagnosis names", id="cure"),
        Binding("u", "unblock", "Try it again", tooltip="unblock this package only", id="unblock"),
    ]

    def __init__(self, build: str) -> None:
        super().__init__()
        self.build = build

    @property
    def marked(self) -> str:
        return self.build

    @property
    def marked_build(self) -> str:
        return self.build

    def lines(self, picture: Picture) -> Lines:
        build = picture.state.builds.get(self.build)
        if build is None:
            return [[(self.build, "bold")], [("it is no longer in the queue", "dim")]]
        answer = why(picture.state, build, picture.now)
        parts = [
            _head(picture, build, answer),
            _cure(picture, build, answer),
            _chain(answer),
            _nodes(answer),
            _needed_by(answer),
            _attempts(build),
            _facts(build),
        ]
        return [line for part in parts if part for line in [*part, []]][:-1]

    def action_cure(self) -> None:
        """Do what the diagnosis names."""
        state = self.console.mirror.state
        build = state.builds.get(self.build)
        cures = remedies(state, build) if build is not None else ()
        if cures:
            self.console.cure(cures[0])
        else:
            self.app.notify("there is nothing to cure", severity="warning", markup=False)

    def action_unblock(self) -> None:
        """Try this package again."""
        self.console.do("unblock", [self.build])


def _head(picture: Picture, build: Build, answer: Why) -> Lines:
    state = queue.standing(picture, build)
    lines: Lines = [[(build.id, "bold"), ("   ", ""), (state.text, state.tone)], [(answer.summary, "")]]
    if build.status in OPEN:
        share = picture.share_of(build)
        progress = picture.progress_of(build)
        said = f"{progress.phase} {progress.detail}" if progress is not None else ""
        sign = "≈" if share.guessed else " "
        lines.append(
            [(bar(share.fraction, 30), "accent"), (f"{sign}{share.fraction:4.0%}  ", ""), (said, "dim")]
        )
    return lines


def _cure(picture: Picture, build: Build, answer: Why) -> Lines:
    found = build.diagnosis
    if found is None:
        return [fact("→", (answer.cure, "ok"))] if answer.cure else []
    lines: Lines = [heading("Diagnosis"), fact(found.kind, (found.summary, "bold"))]
    lines += [[("    ", ""), line] for line in evidence(proofs(build))]
    lines += [fact("cure", cure_line(remedy)) for remedy in remedies(picture.state, build)[:1]]
    return lines


def _chain(answer: Why) -> Lines:
    if not answer.chain:
        return []
    shown = answer.chain[:LONGEST_LIST]
    lines: Lines = [heading(f"Waits for {len(answer.chain)}")]
    lines += [
        fact(
            link.status,
            (link.build, "attention" if link.status == "blocked" else ""),
            (f"   {link.reason}", "dim"),
        )
        for link in shown
    ]
    return [*lines, *_rest(len(answer.chain))]


def _nodes(answer: Why) -> Lines:
    if not answer.nodes:
        return []
    return [
        heading("What the nodes say"),
        *(fact(node.node, (node.refusal or "would take it now", "dim")) for node in answer.nodes),
    ]


def _needed_by(answer: Why) -> Lines:
    if not answer.needed_by:
        return []
    shown = answer.needed_by[:LONGEST_LIST]
    return [heading("Needed by"), *([("  " + name, "")] for name in shown), *_rest(len(answer.needed_by))]


def _rest(count: int) -> Lines:
    return [[(f"  … and {count - LONGEST_LIST} more", "dim")]] if count > LONGEST_LIST else []


def _attempts(build: Build) -> Lines:
    if not build.failures:
        return []
    lines: Lines = [heading("Failed attempts")]
    for failure in build.failures:
        said = f"{failure.diagnosis.kind} in {failure.phase or '?'} after {clock(failure.seconds)}"
        where = (f"on {failure.node}  {said}", "")
        lines.append(fact(f"#{failure.attempt}", (f"{of_day(failure.at)}  ", "dim"), where))
    return lines


def _facts(build: Build) -> Lines:
    row, measures = build.row, build.measures
    lines: Lines = [
        heading("Package"),
        fact("why", (row.reason, "")),
        fact("slot", (row.slot, ""), (f"   {row.repository}   profile {row.profile}", "dim")),
    ]
    if row.use:
        lines.append(fact("USE", (" ".join(row.use), "")))
    if build.artifact is not None:
        lines.append(fact("file", (build.artifact.path, ""), (f"   {size(build.artifact.size)}", "dim")))
    if measures is not None:
        peak = f", {size(measures.peak_memory)} of memory" if measures.peak_memory else ""
        lines.append(
            fact("took", (f"{duration(measures.seconds)}{peak}", ""), (f"   {measures.room}", "dim"))
        )
    return lines
