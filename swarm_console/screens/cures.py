"""Fix blocked: the causes of what is blocked, and for the marked one its proof and every remedy."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from swarm_console.harmless import one_line
from swarm_console.keys import remedy_key
from swarm_console.panes.blocked import EVIDENCE, NAMED, certainty, evidence, extent
from swarm_console.screens.live import Dialog, Foot
from swarm_node.model.clusters import Cluster
from swarm_node.model.remedies import Remedy

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

KEYS = "Enter does the marked remedy, Tab to the remedies, digits do theirs, c copies it, Esc goes back"


class CuresDialog(Dialog[Remedy | None]):
    """The chosen remedy, to be done; None for none."""

    BINDING_GROUP_TITLE = "cures"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Back", tooltip="cure nothing", id="back"),
        *(remedy_key(number, "choose") for number in range(1, 10)),
    ]

    def __init__(self, found: Sequence[Cluster]) -> None:
        super().__init__()
        self._clusters = found

    def compose(self) -> ComposeResult:
        with Vertical(classes="box -wide -cures"):
            yield Static("Fix blocked packages", classes="heading", markup=False)
            yield OptionList(*map(_cause, self._clusters), id="causes")
            yield Static(id="proof", markup=False)
            yield OptionList(id="remedies")
            yield Foot(KEYS, classes="command", markup=False)

    def on_mount(self) -> None:
        self._show(self._clusters[0])

    @property
    def _marked(self) -> Cluster:
        return self._clusters[self.query_one("#causes", OptionList).highlighted or 0]

    @property
    def command(self) -> str:
        """The marked remedy's."""
        return self._remedy_marked.line

    @property
    def _remedy_marked(self) -> Remedy:
        return self._marked.remedies[self.query_one("#remedies", OptionList).highlighted or 0]

    def _show(self, cluster: Cluster) -> None:
        self.query_one("#proof", Static).update(_proof(cluster))
        remedies = self.query_one("#remedies", OptionList)
        remedies.clear_options()
        remedies.add_options(_remedy(number, remedy) for number, remedy in enumerate(cluster.remedies, 1))
        remedies.highlighted = 0

    @on(OptionList.OptionHighlighted, "#causes")
    def mark(self, event: OptionList.OptionHighlighted) -> None:
        """Show the proof and the remedies of the cause under the cursor."""
        self._show(self._clusters[event.option_index])

    @on(OptionList.OptionSelected)
    def take(self) -> None:
        """Take the marked remedy of the marked cause."""
        self.action_choose((self.query_one("#remedies", OptionList).highlighted or 0) + 1)

    def action_choose(self, number: int) -> None:
        """Take the remedy of that number."""
        if number <= len(self._marked.remedies):
            self.dismiss(self._marked.remedies[number - 1])


def offer_cures(app: "SwarmConsole") -> None:
    """Offer the cures of what is blocked, and do the one that is chosen."""
    found = app.picture().clusters
    if not found:
        app.notify("nothing is blocked", title="Fix blocked", markup=False)
        return

    def cure(chosen: Remedy | None) -> None:
        if chosen is not None:
            app.cure(chosen)

    app.push_screen(CuresDialog(found), cure)


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
