"""The full-screen console as a table of contents: its style sheets, keys and screens. It draws nothing."""

import shlex
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen

from swarm_console.absence import Absence
from swarm_console.actions.registry import ACTIONS
from swarm_console.feed import Feed
from swarm_console.keyboard import keys, palette
from swarm_console.keyboard.greyed import Answering
from swarm_console.keyboard.offer import obstacle
from swarm_console.known.mirror import Mirror
from swarm_console.known.picture import Picture
from swarm_console.manners.configuration import Configuration
from swarm_console.manners.memory import Notebook
from swarm_console.manners.themes import DARK, LIGHT, THEMES, first_theme, tones
from swarm_console.manners.titled import Titled, titled
from swarm_console.panes.top import CONSOLE_ITSELF
from swarm_console.projector import LOCKED, Projector
from swarm_console.screens import doors
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.live import LiveScreen
from swarm_console.wire.ask import Swarm
from swarm_console.wire.stream import Wire
from swarm_console.words.harmless import one_line
from swarm_node.model.remedies import Remedy

if TYPE_CHECKING:
    from swarm_console.replay.recorded import Replay

_CSS = Path(__file__).parent / "css"
SHEETS: list[str | PurePath] = [
    _CSS / "tones.tcss",
    _CSS / "table.tcss",
    _CSS / "panes.tcss",
    _CSS / "top.tcss",
    _CSS / "screens.tcss",
    _CSS / "dialogs.tcss",
    _CSS / "log.tcss",
    _CSS / "timeline.tcss",
    _CSS / "replay.tcss",
    _CSS / "releases.tcss",
    _CSS / "package.tcss",
    _CSS / "node.tcss",
]
Say = Callable[[str], None]
Connect = Callable[[Say], Swarm]


READONLY = "this console is read only; open it without --readonly"


class SwarmConsole(Answering):
    """The console on one swarm: a wire to listen on, and a way to ask for actions."""

    TITLE = "Build Swarm"
    CSS_PATH = SHEETS
    NOTIFICATION_TIMEOUT = 6
    BINDING_GROUP_TITLE = "everywhere"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings()]
    OPENS: ClassVar[dict[str, Callable[["SwarmConsole"], None]]] = {
        "fix-blocked": doors.cures,
        "timeline": lambda app: app.open_timeline(),
        "logs": doors.logs,
        "releases": doors.releases,
        "contents": doors.contents,
        "difference": doors.difference,
        "away": lambda app: app.absence.tell(),
        "sessions": lambda app: app.open_sessions(),
    }
    """Actions of the registry that are a screen here."""

    def __init__(
        self,
        wire: Wire,
        connect: Connect,
        *,
        readonly: bool = False,
        clock: Callable[[], float] = time.time,
        notebook: Notebook | None = None,
        configuration: Configuration | None = None,
        keymap: Mapping[str, str] | None = None,
        replay: "Replay | None" = None,
    ) -> None:
        super().__init__()
        self.notebook = notebook or Notebook()
        self.configuration = configuration or Configuration()
        self.wire: Wire = replay or wire
        self.clock = replay.clock if replay is not None else clock
        self.connect = connect
        self.locked = READONLY if readonly else LOCKED if replay is not None else ""
        """Why nothing can be changed from here; empty when it can."""
        self.keymap = dict(keymap or {})
        """Other keys, by the names of their bindings."""
        self.set_keymap(self.keymap)
        self.key_names = {b.id or "": self.get_key_display(b) for b in keys.effective(self.keymap)}
        """How the key of each action is written."""
        self.mirror = Mirror(self.clock)
        self.projector: Projector = Projector(self, replay)
        self.feed = Feed(self)
        self.absence: Absence = Absence(self)
        self.busy: dict[str, str] = {}
        """Actions under way, by name, with what is said of each."""
        self.told = ("", 0.0)
        """The command line that the last message told, and until when (Unix seconds) that stands there."""
        self.terminal: Titled | None = None
        """What writes the window's title, where there is one."""
        self.left = self.notebook.read().layout
        for theme in THEMES:
            self.register_theme(theme)
        self.begun_in = first_theme(self.left.theme, self.available_themes, self.console.color_system)
        """The theme that nobody chose here."""
        self.theme = self.begun_in

    def get_driver_class(self) -> type[Driver]:
        return titled(super().get_driver_class())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return tones(self.current_theme)

    def get_default_screen(self) -> Screen[None]:
        return Dashboard(self.left)

    def on_mount(self) -> None:
        self.feed.begin()
        self.absence.begin()

    def on_unmount(self) -> None:
        self.absence.note()

    def picture(self) -> Picture:
        """The swarm as it is now."""
        return Picture(
            self.mirror, self.clock(), self.busy, self.locked, self.key_names, self.projector.title
        )

    @property
    def dashboard(self) -> Dashboard:
        """The screen below all others."""
        screen = self.screen_stack[0]
        assert isinstance(screen, Dashboard)
        return screen

    @property
    def about(self) -> LiveScreen:
        """The uppermost screen that shows the swarm; what it marks, actions are about."""
        return next(screen for screen in reversed(self.screen_stack) if isinstance(screen, LiveScreen))

    def say(self, line: str) -> None:
        """A word of an action under way, from its thread."""
        self.call_later(partial(self.notify, one_line(line), markup=False))

    def do(self, name: str, words: Sequence[str] = ()) -> None:
        """Begin an action of the registry; `words` follow its name, as on a command line."""
        from swarm_console.conduct import conduct  # its dialogs are not needed before

        self.run_worker(conduct(self, ACTIONS[name], words), group="action")

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        known = ACTIONS.get(str(parameters[0])) if action == "do" and parameters else None
        return obstacle(known, self.picture()) if known is not None else ""

    def get_key_display(self, binding: Binding) -> str:
        return binding.key_display or keys.written(binding.key)

    def call(self, words: Sequence[str]) -> None:
        """Begin what words after `build-swarm` say."""
        self.do(words[0], words[1:])

    def cure(self, remedy: Remedy) -> None:
        """Do what a remedy says, or tell what only a person can."""
        if remedy.command:
            self.call(remedy.command)
        else:
            self.notify(remedy.words, severity="warning", markup=False)

    def open_build(self, build: str) -> None:
        """Show a package in depth."""
        self.push_screen(doors.package(build))

    def open_log(self, attempt: int, place: int | None = None) -> None:
        """Show the log of an attempt, at an offset or at its end."""
        self.push_screen(doors.log(attempt, place))

    def open_node(self, node: str) -> None:
        """Show a node in depth."""
        self.push_screen(doors.node(node))

    def open_sessions(self) -> None:
        """Show every session of the log."""
        self.push_screen(doors.sessions())

    def open_timeline(self) -> None:
        """Show the session drone by drone."""
        self.push_screen(doors.timeline())

    def action_do(self, name: str) -> None:
        """A key of the registry was pressed, or its line of the palette chosen."""
        if reason := obstacle(ACTIONS[name], self.picture()):
            self.deny(ACTIONS[name].title, reason)
        elif (opens := self.OPENS.get(name)) is not None:
            opens(self)
        else:
            self.do(name)

    def action_replay(self, how: str, by: int = 1) -> None:
        """A key of the replay was pressed."""
        if self.projector.replay is not None:
            self.projector.replay.move(how, by)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "replay" and self.projector.replay is None:
            return False
        return super().check_action(action, parameters)

    async def action_quit(self) -> None:
        """Out of a replay, else out of the console."""
        if not self.projector.leave():
            self.exit()

    def action_next(self) -> None:
        """Do what the top says is next."""
        step = self.picture().next
        words = shlex.split(step.command)[2:]
        if step.action in CONSOLE_ITSELF:
            self.notify(f"{step.text}: there is nothing to do but watch", markup=False)
        elif step.action in ACTIONS and words:
            self.do(step.action, words)
        elif step.action in ACTIONS:
            self.action_do(step.action)
        else:
            self.notify(f"in a shell: {step.command}", title=one_line(step.text), markup=False)

    def action_help(self) -> None:
        """What is here, and every key."""
        doors.help_(self, self.screen)

    def copy(self, line: str) -> None:
        """Put a command line into the terminal's clipboard (OSC 52)."""
        self.copy_to_clipboard(line)
        self.notify(one_line(line), title="Copied", markup=False)

    def action_copy(self) -> None:
        """Copy the command line that was last told, while that stands there; else what NEXT says."""
        line, until = self.told
        self.copy(line if self.clock() < until else self.picture().next.command)

    def action_reconnect(self) -> None:
        """Begin anew: a fresh snapshot over a new connection."""
        self.mirror.forget()
        self.feed.listen()
        self.feed.changed()

    def action_turn_theme(self) -> None:
        """Dark becomes light, and the other way round."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return palette.commands(self)
