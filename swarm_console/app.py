"""The full-screen console as a table of contents: its style sheets, keys and screens. It draws nothing."""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen

from swarm_console.absence import Absence
from swarm_console.actions.registry import ACTIONS
from swarm_console.feed import Feed
from swarm_console.foresight import Foresight
from swarm_console.keyboard import keys, palette
from swarm_console.keyboard.burst import Bursts
from swarm_console.keyboard.greyed import Answering
from swarm_console.keyboard.offer import obstacle
from swarm_console.known.mirror import Mirror
from swarm_console.known.picture import Picture
from swarm_console.manners import themes
from swarm_console.manners.configuration import Configuration
from swarm_console.manners.hearing import hearing
from swarm_console.manners.memory import Notebook
from swarm_console.manners.sheets import Sheets
from swarm_console.manners.titled import Titled, titled
from swarm_console.orders import Orders
from swarm_console.projector import LOCKED, Projector
from swarm_console.screens import doors
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.live import LiveScreen
from swarm_console.turns import Turns
from swarm_console.wire.ask import Swarm
from swarm_console.wire.stream import Wire

if TYPE_CHECKING:
    from swarm_console.replay.recorded import Replay

SHEETS = (
    *("tones", "table", "panes", "top", "screens", "dialogs"),
    *("log", "timeline", "replay", "releases", "package", "node"),
)
READONLY = "this console is read only; open it without --readonly"


class SwarmConsole(Bursts, Answering):
    """The console on one swarm: a wire to listen on, and a way to ask for actions."""

    TITLE = "Build Swarm"
    CSS_PATH: ClassVar = [Path(__file__).parent / "css" / f"{name}.tcss" for name in SHEETS]
    NOTIFICATION_TIMEOUT = 6
    BINDING_GROUP_TITLE = "everywhere"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings()]
    OPENS: ClassVar[dict[str, Callable[["SwarmConsole"], None]]] = {
        "fix-blocked": doors.cures,
        "timeline": doors.timeline,
        "logs": doors.logs,
        "releases": doors.releases,
        "contents": doors.contents,
        "difference": doors.difference,
        "away": lambda app: app.absence.tell(),
        "sessions": doors.sessions,
    }
    """Actions of the registry that are a screen here."""

    def __init__(
        self,
        wire: Wire,
        connect: Callable[[Callable[[str], None]], Swarm],
        *,
        readonly: bool = False,
        clock: Callable[[], float] = time.time,
        notebook: Notebook | None = None,
        configuration: Configuration | None = None,
        keymap: Mapping[str, str] | None = None,
        replay: "Replay | None" = None,
    ) -> None:
        """`connect` makes a way to ask, given where its talk goes; `keymap`: other keys, by bindings' ids."""
        super().__init__()
        self.stylesheet = Sheets(variables=self.get_css_variables())
        self.notebook = notebook or Notebook()
        self.configuration = configuration or Configuration()
        self.connect = connect
        self.wire: Wire = replay or wire
        self.clock = replay.clock if replay is not None else clock
        self.locked = READONLY if readonly else LOCKED if replay is not None else ""
        """Why nothing can be changed from here; empty when it can."""
        self.mirror = Mirror(self.clock)
        self.keymap = dict(keymap or {})
        self.set_keymap(self.keymap)
        self.key_names = {b.id or "": self.get_key_display(b) for b in keys.effective(self.keymap)}
        """How the key of each action is written."""
        self.orders = Orders(self)
        self.projector: Projector = Projector(self, replay)
        self.turns = Turns()
        self.feed = Feed(self)
        self.absence: Absence = Absence(self)
        self.terminal: Titled | None = None
        """What writes the window's title, where there is one."""
        self.left = self.notebook.read().layout
        """How the console was left the last time."""
        self.begun_in = themes.put_on(self, self.left.theme)
        """The theme that nobody chose here."""

    # -- what the console is made of

    def get_driver_class(self) -> type[Driver]:
        # Asked for while Textual's own part of the App is made: there are no turns yet to take the method of.
        return titled(hearing(super().get_driver_class(), lambda: self.turns.expect()))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.tones(self.current_theme)

    def get_default_screen(self) -> Screen[None]:
        return Dashboard(self.left)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return palette.commands(self)

    def get_key_display(self, binding: Binding) -> str:
        return binding.key_display or keys.written(binding.key)

    def on_mount(self) -> None:
        self.feed.begin()
        self.absence.begin()
        self.run_worker(Foresight(self).keep(), group="foresight")

    def on_unmount(self) -> None:
        self.absence.note()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent):
            self.turns.hear()
        await super().on_event(event)

    @property
    def _background_screens(self) -> list[Screen[object]]:
        """Textual 8.2 goes on painting what lies below an opaque screen, and with it the opaque one anew."""
        stack = self._screen_stack
        return [] if stack and stack[-1].styles.background.a == 1 else super()._background_screens

    # -- what its parts ask of it

    def picture(self, spare: float = 0.0) -> Picture:
        """The swarm as it is now; `spare` seconds a figure, where no key waits for it."""
        busy, replayed = self.orders.busy, self.projector.title
        return Picture(self.mirror, self.clock(), busy, self.locked, self.key_names, replayed, spare)

    @property
    def about(self) -> LiveScreen:
        """The uppermost screen that shows the swarm; what it marks, actions are about."""
        return next(screen for screen in reversed(self.screen_stack) if isinstance(screen, LiveScreen))

    # -- its keys, as keyboard/keys.py lists them

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        known = ACTIONS.get(str(parameters[0])) if action == "do" and parameters else None
        return obstacle(known, self.picture()) if known is not None else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "replay" and self.projector.replay is None:
            return False
        return super().check_action(action, parameters)

    def action_do(self, name: str) -> None:
        self.orders.press(name)

    def action_next(self) -> None:
        self.orders.follow_next()

    def action_copy(self) -> None:
        self.copy(self.orders.line)

    def action_replay(self, how: str, by: int = 1) -> None:
        self.projector.move(how, by)

    def action_help(self) -> None:
        doors.help_(self)

    def action_reconnect(self) -> None:
        self.feed.begin_anew()

    def action_turn_theme(self) -> None:
        self.theme = themes.other(self.current_theme)

    async def action_quit(self) -> None:
        """Out of a replay, else out of the console."""
        if not self.projector.leave():
            self.exit()
