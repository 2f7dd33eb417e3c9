"""Why a package is where it is: the diagnosis with its proof, what it waits for, and what there is to do."""

import shlex
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from swarm_console.actions.explain import begins
from swarm_console.known.course import phase_words
from swarm_console.known.dossier import PackageDossier
from swarm_console.known.picture import Picture
from swarm_console.messages import BuildChosen
from swarm_console.panes.blocked import at_least
from swarm_console.panes.choice import Choice
from swarm_console.panes.frame import Frame
from swarm_console.panes.prose import Prose, heading
from swarm_console.words.fault import fault
from swarm_console.words.pen import count, duration, size
from swarm_console.words.spans import Lines, Span
from swarm_console.words.times import of_day
from swarm_node.model.answers import NodeAnswer
from swarm_node.model.cause import cause_of
from swarm_node.model.clusters import freed
from swarm_node.model.remedies import Remedy, remedies
from swarm_node.model.state import OPEN, Build, State
from swarm_node.model.why import Waiting, Why

CHOICES: Final = 8
"""Remedies that are offered at once."""
LINKS: Final = 20
"""Links of a chain that are named here; the pane of needs has them all."""
ANSWERS: Final = 40
"""Nodes whose answers are told here; a page of a thousand takes a second to lay out."""
WEIGHED: Final = 300
"""Builds that wait for a blocked one, up to which they are counted for every picture."""


class WhyPane(Frame):
    """The answer to "why is it not there", and the remedies."""

    NAME = "Why"
    DIGIT = "1"
    HELP = """\
Why this package is where it is. A blocked one: the kind of its failure, how sure that is, whose fault it
likely is, the lines of the log that prove it, and the remedies: `x` does the first, `X` lists them all, Enter
or a click does the one that is marked. One that waits: the chain of what it waits for, what every node says
to it, what would change its mind, and when it should begin."""

    BINDING_GROUP_TITLE = "why"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "deeper",
            "Deeper",
            False,
            tooltip="to what it waits for",
            id="deeper",
        ),
    ]
    dossier: PackageDossier

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Prose(classes="finding")
            for number in range(1, CHOICES + 1):
                yield Choice(number)
            yield Prose(classes="rest")

    def enter(self) -> None:
        self.screen.set_focus(self.query_one(VerticalScroll))

    def summary(self, picture: Picture) -> str:
        build = self.dossier.build(picture)
        found = build.diagnosis if build is not None else None
        return found.kind if found is not None else ""

    def draw(self, picture: Picture) -> None:
        self.picture = picture
        build, answer = self.dossier.build(picture), self.dossier.why(picture)
        finding, rest = self.query(Prose)
        if build is None or answer is None:
            finding.show(gone(picture))
            rest.show([])
            self._offer(())
        else:
            finding.show(list(_finding(picture, build, answer)))
            rest.show(list(_rest(answer)))
            self._offer(cures(picture.state, build, answer))
        self.draw_title()

    def action_deeper(self) -> None:
        """Go to the worst of what stands before it; where nothing does, to the first remedy."""
        answer = self.dossier.why(self.picture)
        if answer is not None and answer.chain:
            self.post_message(BuildChosen(answer.chain[0].build))
        elif (first := self.query(Choice).first()).display:
            self.screen.set_focus(first)

    def _offer(self, offered: Sequence[Remedy]) -> None:
        first, others = self.key_of("cure") or "x", self.key_of("remedies") or "X"
        for number, choice in enumerate(self.query(Choice)):
            keys = f"{others} {number + 1}" if number else first
            choice.show(offered[number] if number < len(offered) else None, keys)


def gone(picture: Picture) -> Lines:
    """What to say of a package that is not in the queue."""
    known = picture.mirror.known
    return [[("it is not in the queue" if known else "waiting for the swarm", "dim")]]


def cures(state: State, build: Build, answer: Why) -> Sequence[Remedy]:
    """What there is to do: the remedies of a blocked build, else what would set it going."""
    if build.status == "blocked":
        return remedies(state, build)
    if not answer.cure:
        return ()
    blocker = next((link.build for link in answer.chain if link.status == "blocked"), "")
    words = f"what {blocker} needs, for which it waits" if blocker else "what would set it going"
    return (Remedy(tuple(shlex.split(answer.cure)[1:]), words),)


def _finding(picture: Picture, build: Build, answer: Why) -> Iterator[list[Span]]:
    if build.status == "blocked":
        yield from _diagnosis(picture, build, answer)
        return
    yield [(answer.summary, "bold")]
    if answer.trial:
        yield [(answer.trial, "wait")]
    if answer.start is not None:
        yield [(begins(msgspec.structs.asdict(answer.start), picture.now), "accent")]
    elif build.status == "needed":
        yield [("nothing foreseeable sets it going by itself", "wait")]
    elif build.status in OPEN:
        yield from _running(picture, build)
    if build.measures is not None:
        measures = build.measures
        peak = f", at most {size(measures.peak_memory)} of memory" if measures.peak_memory else ""
        yield [(f"took {duration(measures.seconds)}{peak}, room: {measures.room}", "dim")]
    if build.artifact is not None:
        yield [(f"{build.artifact.path}, {size(build.artifact.size)}", "dim")]


def _running(picture: Picture, build: Build) -> Iterator[list[Span]]:
    progress = picture.progress_of(build)
    if progress is not None:
        yield [(f"{phase_words(progress)} {progress.detail}".strip(), "accent")]
    left, guessed = picture.course_of(build)[1:]
    if left < 0:
        yield [(f"is {duration(-left)} past what history says", "wait")]
    else:
        end, by = of_day(picture.now + left)[:5], "" if guessed else ", by its own counter"
        yield [(f"should be done about {end}, in {duration(left)}{by}", "")]
    if build.jobs is not None:
        yield [(f"with {count(build.jobs, 'make job')} at most", "dim")]


def _diagnosis(picture: Picture, build: Build, answer: Why) -> Iterator[list[Span]]:
    state, found = picture.state, build.diagnosis
    if found is None:
        yield [("it is blocked, and no diagnosis was recorded", "wait")]
        return
    sure = f"   {found.confidence:.0%} sure" if found.confidence else ""
    yield [(found.kind, "attention"), (f"   {found.summary}", "bold"), (sure, "dim")]
    if answer.odds is not None:
        suspect, shares = fault(msgspec.structs.asdict(answer.odds))
        yield [("likeliest at fault: ", "dim"), (suspect, "wait"), (f"   ({shares})", "dim")]
    held = freed(state, build, WEIGHED)
    also = f"holds up {at_least(held, count(held.others, 'other build'))}, " if held.others else ""
    yield [(f"{also}unlocks {at_least(held, duration(held.seconds))} of compiling", "dim")]
    before = state.cures.get(cause_of(build.row, found), {})
    if before:
        ways = sorted(before.items(), key=lambda way: -way[1])
        yield [("fixed before by ", "dim"), (", ".join(f"{way} ({times}×)" for way, times in ways), "ok")]
    for proof in answer.proof:
        yield [("│ ", "attention"), (f"{proof.place}  " if proof.place else "", "dim"), (proof.text, "")]


def _rest(answer: Why) -> Iterator[list[Span]]:
    if answer.chain:
        yield []
        yield heading(f"Waits for {answer.behind}")
        yield from map(_link, answer.chain[:LINKS])
        if answer.behind > LINKS:
            yield [(f"  … and {answer.behind - LINKS} more", "dim")]
    if answer.nodes:
        yield []
        yield heading("What the nodes say")
        for node in answer.nodes[:ANSWERS]:
            yield _answer(node, bool(answer.chain))
        if len(answer.nodes) > ANSWERS:
            yield [(f"  … and {len(answer.nodes) - ANSWERS} more; build-swarm why lists them all", "dim")]


LINK_SIGNS: Final = {
    "blocked": ("✗", "attention"),
    "building": ("●", "accent"),
    "assigned": ("◐", "accent"),
    "needed": ("·", "dim"),
}


def _link(link: Waiting) -> list[Span]:
    sign, tone = LINK_SIGNS.get(link.status, ("·", "dim"))
    over = f", over about {of_day(link.ends)[:5]}" if link.ends is not None else ""
    tail = f"   {link.status}, {link.reason}{over}"
    return [
        (f"  {sign} ", tone),
        (link.build, "attention" if link.status == "blocked" else ""),
        (tail, "dim"),
    ]


def _answer(node: NodeAnswer, waits: bool) -> list[Span]:
    name: Span = (f"  {node.node}  ", "")
    if node.refusal is None:
        return [name, ("✓ would take it as soon as it can begin" if waits else "✓ would take it now", "ok")]
    if node.lift:
        return [name, (f"✗ {node.refusal}", "wait"), (f"  → {node.lift}", "")]
    if node.better and node.until is not None:
        left = f"… left for {node.better}, which should end it about {of_day(node.until)[:5]}"
        return [name, (left, "dim")]
    until = f", ends by itself about {of_day(node.until)[:5]}" if node.until is not None else ""
    return [name, (f"… {node.refusal}{until}", "dim")]
