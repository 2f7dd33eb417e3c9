"""Help where one is: what is shown here and its signs, the keys that work here, then every other key."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Input, Static

from swarm_console.keyboard.greyed import Keyed
from swarm_console.keyboard.keybook import OURS, book, by_context, context
from swarm_console.panes.entry import Entry
from swarm_console.panes.prose import Prose, heading
from swarm_console.screens.live import Dialog
from swarm_console.words.sieve import BadSieve, Sieve, sieve

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

KEY: Final = 12
"""Characters of the column of keys and signs."""
MOUSE: Final = """\
click        marks a row, brings a pane to the front, presses a key of the footer, copies a command line
twice        opens the row, as Enter does
wheel        scrolls what lies under it"""
FOOT: Final = "{filter} finds   {back} goes back"


class Row(NamedTuple):
    """A key, or a sign, what there is to say of it, and the name by which a key can be remapped."""

    key: str
    text: str
    name: str = ""

    @property
    def words(self) -> str:
        """What a search sees."""
        return f"{self.key} {self.text} {self.name}"


class Part(NamedTuple):
    """A heading and what stands below it."""

    heading: str
    rows: tuple[Row, ...]


class HelpScreen(Dialog[None]):
    """The help of the screen that it was called from."""

    HELP = "What is here, what its signs mean, and every key."
    BINDING_GROUP_TITLE = "help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="clear what is looked for, then go back", id="back"),
        Binding("question_mark,f1,q", "dismiss(None)", "Back", False, tooltip="back", id="help"),
        Binding("slash", "find", "Find", tooltip="show only what matches", id="filter"),
        Binding("j", "scroll(1)", "Down", False, tooltip="one line down", id="down"),
        Binding("k", "scroll(-1)", "Up", False, tooltip="one line up", id="up"),
    ]

    def __init__(self, parts: Iterable[Part]) -> None:
        super().__init__()
        self._parts = tuple(parts)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box -wide -help"):
            yield Static("Help", classes="heading", markup=False)
            yield Entry("regular expression, ! inverts")
            with VerticalScroll(classes="text"):
                yield Prose()
            keys = {name: self.key_of(name) for name in ("filter", "back")}
            yield self.foot(FOOT.format(**keys))

    def on_mount(self) -> None:
        self._show(None)
        self.query_one(VerticalScroll).focus()

    def action_find(self) -> None:
        """Open the line that is searched with."""
        entry = self.query_one(Entry)
        entry.display = True
        self.set_focus(entry)

    def action_back(self) -> None:
        """Show everything again, or leave."""
        entry = self.query_one(Entry)
        if not entry.display:
            self.dismiss(None)
            return
        entry.value = ""
        entry.display = False
        self.set_focus(self.query_one(VerticalScroll))

    def action_scroll(self, by: int) -> None:
        """Move the text."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        try:
            self._show(sieve(event.value))
            event.input.remove_class("-wrong")
        except BadSieve:
            event.input.add_class("-wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.set_focus(self.query_one(VerticalScroll))

    def _show(self, wanted: Sieve | None) -> None:
        self.query_one(Prose).show(list(lines(self._parts, wanted)) or [[("nothing here says so", "dim")]])


def lines(parts: Iterable[Part], wanted: Sieve | None = None) -> Iterator[list[tuple[str, str]]]:
    """The parts line by line; of those with something that is looked for, only that."""
    first = True
    for part in parts:
        rows = [row for row in part.rows if wanted is None or wanted.passes(row.words)]
        if not rows:
            continue
        yield from ([] if first else [[]])
        first = False
        yield heading(part.heading)
        for row in rows:
            yield [(f"  {row.key:<{KEY}} " if row.key else "  ", "bold"), *_marked(row.text)]


def _marked(text: str) -> Iterator[tuple[str, str]]:
    """Keys and signs stand out: they have a backtick on each side."""
    for number, piece in enumerate(text.split("`")):
        yield piece, "bold" if number % 2 else ""


def help_of(console: "SwarmConsole", screen: Screen[Any]) -> list[Part]:
    """What there is to say on a screen as it stands: of where the focus is first, of everything else last."""
    here = _chain(screen)
    told = [Part(_title(node), tuple(rows(node.HELP or ""))) for node in here if node.HELP]
    active = [each for each in screen.active_bindings.values() if each.binding.id is not None]
    mine = Part("Keys here", tuple(_keys(active)))
    known = {each.binding.id for each in active}
    elsewhere = by_context(entry for entry in book(console.keymap) if entry.id not in known)
    others = [
        Part(f"Keys: {where}", tuple(Row(entry.shown, entry.text, entry.id) for entry in entries))
        for where, entries in elsewhere.items()
    ]
    return [*told, mine, *others, Part("The mouse", tuple(rows(MOUSE)))]


def rows(text: str) -> Iterator[Row]:
    """A help text: paragraphs, and signs with two spaces behind them."""
    paragraph: list[str] = []
    for line in [*text.strip().splitlines(), ""]:
        sign, gap, words = line.strip().partition("  ")
        if paragraph and (gap or not sign):
            yield Row("", " ".join(paragraph))
            paragraph = []
        if gap:
            yield Row(sign, words.strip())
        elif sign:
            paragraph.append(sign)


def _chain(screen: Screen[Any]) -> list[DOMNode]:
    """Our own nodes from the focus outwards; the screen at least."""
    chain = list(screen.focused.ancestors_with_self) if screen.focused is not None else [screen]
    return [node for node in chain if type(node).__module__.startswith(OURS) and node is not screen.app]


def _title(node: DOMNode) -> str:
    name: str = getattr(node, "NAME", "") or context(type(node))
    return name[0].upper() + name[1:]


def _keys(active: Iterable[ActiveBinding]) -> Iterator[Row]:
    """One row for all keys of a name, with the reason where it can do nothing now."""
    found: dict[str, list[ActiveBinding]] = {}
    for each in active:
        found.setdefault(each.binding.id or "", []).append(each)
    for same in found.values():
        first = same[0]
        shown = " ".join(dict.fromkeys(each.node.app.get_key_display(each.binding) for each in same))
        words = first.binding.tooltip or first.binding.description
        said = words if first.enabled else f"{words} (not now: {_reason(first)})"
        yield Row(shown, said, first.binding.id or "")


def _reason(active: ActiveBinding) -> str:
    owner, name, parameters = parse(active.binding.action)
    node = {"app": active.node.app, "screen": active.node.screen}.get(owner, active.node)
    return node.obstacle(name, parameters) if isinstance(node, Keyed) else ""
