"""Screens that show the swarm as it is: the App hands each of them every new picture."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events
from textual._styles_cache import StylesCache
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from swarm_console.keyboard.focus import Focusing
from swarm_console.keyboard.greyed import Keyed
from swarm_console.known.picture import Picture
from swarm_console.messages import AttemptChosen, BuildChosen, ClusterChosen, CureWanted, NodeChosen
from swarm_console.panes.tones import TONE_CLASSES
from swarm_console.screens import doors
from swarm_console.screens.compositor import ThriftyCompositor

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole
    from swarm_console.replay.recorded import Replay

BOX, AROUND, AROUND_SHORT = 0.94, 8, 4
"""The share of the screen's rows that a dialog may take, and how many of these are not its text's."""
SHORT = 22
"""Rows below which dialogs do without blank lines."""
T = TypeVar("T")


class Ours(Keyed, Focusing):
    """Whatever is a part of our console."""

    _theme = ""
    """The theme in which it was made, or shown last."""

    @property
    def console(self) -> "SwarmConsole":
        """The App, as what it is."""
        return cast("SwarmConsole", self.app)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._compositor = ThriftyCompositor()

    def on_mount(self) -> None:
        self._theme = self.app.theme

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Keep the styles, which every part of a new screen has just been given.

        Of those that lie below another a change of theme tells all, but not one that was put away meanwhile.
        """
        event.refresh_styles = self._theme != self.app.theme or self.app.css_monitor is not None
        self._theme = self.app.theme

    def _compositor_refresh(self) -> None:
        """Paint what has changed, and whatever lies between and lets it shine through.

        Textual 8.2 has only the uppermost screen painted anew.
        """
        below, stack = cast("Screen[Any]", self), self.app.screen_stack
        changed = tuple(below._compositor._dirty_regions)
        if changed and below in stack:
            for between in stack[stack.index(below) + 1 : -1]:
                between._set_dirty(*changed)
        super()._compositor_refresh()

    def on_unmount(self) -> None:
        """Let go of what was painted: Textual 8.2 keeps it for the last 1,024 widgets, gone or not."""
        StylesCache.get_inner_outer.cache_clear()


class LiveScreen(Ours, Screen[None]):
    """A screen that draws pictures."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES}
    _drawing = False

    @property
    def marked(self) -> str:
        """Whatever it is about, a build or a node; else what the screen below it is about."""
        return self._below.marked

    @property
    def marked_build(self) -> str:
        """The build that it is about."""
        return self._below.marked_build

    @property
    def marked_node(self) -> str:
        """The node that it is about."""
        return self._below.marked_node

    @property
    def _below(self) -> "LiveScreen":
        stack = self.app.screen_stack
        return next(s for s in reversed(stack[: stack.index(self)]) if isinstance(s, LiveScreen))

    def draw(self, picture: Picture) -> None:
        """Show this picture."""
        for _ in self.parts(picture):
            pass

    def parts(self, picture: Picture) -> Iterator[None]:
        """Show this picture part by part; after each of them a key may have its turn."""
        raise NotImplementedError

    def foresee(self) -> Iterator[None]:
        """Have ready what one would open from here, step by step; after each a key may have its turn."""
        return iter(())

    def draw_soon(self) -> None:
        """Show the present picture as soon as the sizes of all parts are known; once, however often asked."""
        if not self._drawing:
            self._drawing = True
            self.call_after_refresh(self._draw_now)

    def _draw_now(self) -> None:
        self._drawing = False
        if self in self.app.screen_stack:
            self.draw(self.console.picture())

    def on_mount(self) -> None:
        if self not in self.app.screen_stack:
            return  # it was left before it was there
        self.draw(self.console.picture())  # so that the first frame shows it, though no size is known yet
        self.bar(self.console.projector.replay)

    def bar(self, replay: "Replay | None") -> None:
        """Have the bar of a replay above the footer, or have it no longer."""
        self.query("PlayBar").remove()
        if replay is not None:
            from swarm_console.panes.playbar import PlayBar

            self.mount(PlayBar(replay), before=-1)

    # -- what is chosen in the panes

    def on_build_chosen(self, message: BuildChosen) -> None:
        doors.package(self.console, message.build)

    def on_node_chosen(self, message: NodeChosen) -> None:
        doors.node(self.console, message.node)

    def on_cluster_chosen(self, message: ClusterChosen) -> None:
        doors.cluster(self.console, message.cause)

    def on_attempt_chosen(self, message: AttemptChosen) -> None:
        doors.log(self.console, message.number, message.place)

    def on_cure_wanted(self, message: CureWanted) -> None:
        self.console.orders.cure(message.remedy)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        self.call_next(self._paint_whole)
        self.call_after_refresh(self.console.feed.changed)

    def _paint_whole(self) -> None:
        """Have one frame painted; Textual 8.2 paints what has moved first, over what was there, then all."""
        self._dirty_widgets.add(self)
        self._repaint_required = False


class Dialog(Ours, ModalScreen[T]):
    """A box in front of what is there; Esc gives it up."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONE_CLASSES}
    BINDING_GROUP_TITLE = "dialogs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="give it up", id="back"),
        Binding("c", "copy", "Copy", False, tooltip="copy the command line that stands here", id="copy"),
        Binding(
            "question_mark,f1", "app.help", "Help", False, tooltip="what is here, and its keys", id="help"
        ),
    ]

    @property
    def command(self) -> str:
        """The command line that stands here; "" for none."""
        return ""

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        return "no command line stands here" if action == "copy" and not self.command else ""

    def action_copy(self) -> None:
        """Copy the command line."""
        self.console.copy(self.command)

    def on_mount(self) -> None:
        self._fit(self.app.size.height)  # so that the first frame stands as the others will

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size.height)

    def _fit(self, rows: int) -> None:
        """A long text scrolls, and leaves the lines above and below it in sight; the air goes first."""
        short = rows < SHORT
        self.set_class(short, "-short")
        for text in self.query(".text"):
            text.styles.max_height = max(int(rows * BOX) - (AROUND_SHORT if short else AROUND), 1)

    def foot(self, words: str = "") -> "Foot":
        """The last line of the box: the command that does the same, and what else to press."""
        copying = f"$ {self.command}   {self.key_of('copy')} copies it" if self.command else ""
        return Foot("   ".join(filter(None, [copying, words])), classes="command", markup=False)


class Foot(Static):
    """A command line that a click copies."""

    async def on_click(self) -> None:
        await self.run_action("screen.copy")
