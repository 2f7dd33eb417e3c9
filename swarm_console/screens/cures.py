"""Fix blocked: the causes of what is blocked, and for the marked one its proof and every remedy."""

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from swarm_console.background import in_thread
from swarm_console.keyboard.keys import remedy_key
from swarm_console.panes.blocked import EVIDENCE, NAMED, certainty, evidence, extent
from swarm_console.panes.diff import Diff
from swarm_console.screens.confirm import Confirm
from swarm_console.screens.live import Dialog, Foot
from swarm_console.words.harmless import one_line
from swarm_console.words.pen import count
from swarm_node.model.clusters import Cluster
from swarm_node.model.refusal import Refused
from swarm_node.model.remedies import Remedy

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

ALL: Final = "all"
"""What is chosen when every first remedy is to be done."""
Choice = Remedy | Literal["all"]
SHORT, SHORTEST = 30, 20
"""Below so many rows the box gives up its margins, and some of its lists."""


class CuresDialog(Dialog[Choice | None]):
    """What was chosen to be done; None for nothing."""

    HELP = """\
The causes of what is blocked; of the marked one the packages, the proof from the log, and every
remedy. What a remedy starts is told when it is done."""
    BINDING_GROUP_TITLE = "cures"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back", tooltip="cure nothing", id="back"),
        Binding("a", f"dismiss('{ALL}')", "All", tooltip="do every first remedy, in turn", id="cure-all"),
        *(remedy_key(number, "choose") for number in range(1, 10)),
    ]

    def __init__(self, found: Sequence[Cluster]) -> None:
        super().__init__()
        self._clusters = found
        self._diffs: Mapping[tuple[str, tuple[str, ...]], str] = {}
        self._cause = self._remedy = 0
        """The places of the marked cause and of its marked remedy."""

    def compose(self) -> ComposeResult:
        packages = sum(len(cluster.builds) for cluster in self._clusters)
        title = f"Fix blocked: {count(packages, 'package')}, {count(len(self._clusters), 'cause')}"
        with Vertical(classes="box -wide -cures"):
            yield Static(title, classes="heading", markup=False)
            yield OptionList(*map(_cause, self._clusters), id="causes")
            yield OptionList(id="remedies")
            with VerticalScroll(id="proof"):
                yield Diff()
                yield Static(markup=False)
            keys = f"Enter or a digit does one, {self.key_of('cure-all')} all first ones"
            yield Foot(f"{keys}, {self.key_of('copy')} copies", classes="command", markup=False)

    def on_mount(self) -> None:
        self._show()
        if any(remedy.command[:1] == ("configure",) for each in self._clusters for remedy in each.remedies):
            self.run_worker(self._ask_for_diffs(), exclusive=True)

    def _fit(self, rows: int) -> None:
        super()._fit(rows)
        self.set_class(rows < SHORT, "-short")
        self.set_class(rows < SHORTEST, "-shortest")

    async def _ask_for_diffs(self) -> None:
        """The files of client profiles are the orchestrator's."""
        try:
            found = await in_thread(lambda: self.console.connect(self.console.say).get("/api/v1/clusters"))
        except Refused:
            return
        self._diffs = {
            (cluster["cause"], tuple(remedy["command"])): remedy["diff"]
            for cluster in found
            for remedy in cluster["remedies"]
        }
        self._show_diff()

    @property
    def _marked(self) -> Cluster:
        return self._clusters[self._cause]

    @property
    def command(self) -> str:
        """The marked remedy's."""
        return self._remedy_marked.line

    @property
    def _remedy_marked(self) -> Remedy:
        return self._marked.remedies[self._remedy]

    def _show(self) -> None:
        cluster, self._remedy = self._marked, 0
        self.query_one("#proof Static", Static).update(_proof(cluster))
        remedies = self.query_one("#remedies", OptionList)
        remedies.clear_options()
        remedies.add_options(_remedy(number, remedy) for number, remedy in enumerate(cluster.remedies, 1))
        remedies.highlighted = 0

    def _show_diff(self) -> None:
        marked = self._marked.cause, self._remedy_marked.command
        self.query_one(Diff).show(self._diffs.get(marked, ""))

    @on(OptionList.OptionHighlighted, "#causes")
    def mark(self, event: OptionList.OptionHighlighted) -> None:
        """Show the proof and the remedies of the cause under the cursor."""
        self._cause = event.option_index
        self._show()

    @on(OptionList.OptionHighlighted, "#remedies")
    def mark_remedy(self, event: OptionList.OptionHighlighted) -> None:
        """Show what the remedy under the cursor would change."""
        self._remedy = event.option_index
        self._show_diff()

    @on(OptionList.OptionSelected)
    def take(self) -> None:
        """Take the marked remedy of the marked cause."""
        self.dismiss(self._remedy_marked)

    def action_choose(self, number: int) -> None:
        """Take the remedy of that number."""
        if number <= len(self._marked.remedies):
            self.dismiss(self._marked.remedies[number - 1])


def offer_cures(app: "SwarmConsole") -> None:
    """Offer the cures of what is blocked, and do what is chosen."""
    found = app.picture().clusters
    if not found:
        app.tell("nothing is blocked", "Fix blocked")
        return

    def cure(chosen: Choice | None) -> None:
        if isinstance(chosen, Remedy):
            app.orders.cure(chosen)
        elif chosen == ALL:
            _ask_for_all(app, found)

    app.push_screen(CuresDialog(found), cure)


def _ask_for_all(app: "SwarmConsole", found: Sequence[Cluster]) -> None:
    """Every first remedy is done after one question, which lists them."""
    words = ("fix-blocked", "--apply")

    def apply(agreed: bool | None) -> None:
        if agreed:
            app.orders.call(words)

    lines = [_planned(cluster) for cluster in found]
    title = f"Do the first remedies of {count(len(found), 'cause')}"
    app.push_screen(Confirm(title, lines, shlex.join(["build-swarm", *words])), apply)


def _planned(cluster: Cluster) -> str:
    """What is going to be done about a cause, in one line."""
    first, packages = cluster.remedies[0], count(len(cluster.builds), "package")
    if first.person:
        return one_line(f"{cluster.kind}, {packages}: left to you, {first.words}")
    return one_line(f"{first.line}, for {packages}")


def _cause(cluster: Cluster) -> Option:
    text = Text(one_line(cluster.summary), "bold")
    text.append("\n  " + one_line(f"{cluster.kind}: {extent(cluster)}"), "dim")
    return Option(text)


def _proof(cluster: Cluster) -> Text:
    lines = [f"• {name}" for name in cluster.builds[:NAMED]]
    if len(cluster.builds) > NAMED:
        lines.append(f"… and {len(cluster.builds) - NAMED} more")
    lines += [text for text, _ in evidence(cluster.evidence[:EVIDENCE])]
    if sure := certainty(cluster):
        lines.append(sure)
    return Text("\n").join(Text(one_line(line), "dim") for line in lines)


def _remedy(number: int, remedy: Remedy) -> Option:
    text = Text(one_line(f"{number}  {remedy.line or remedy.words}"), "" if remedy.person else "bold")
    if remedy.command:
        text.append("\n   " + one_line(remedy.words), "dim")
    if remedy.proven:
        text.append(f", cured this {remedy.proven}×", "bold")
    return Option(text)
