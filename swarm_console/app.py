"""The full-screen console as a table of contents: its style sheets, keys and screens. It draws nothing."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from swarm_console import keys, palette
from swarm_console.actions.registry import ACTIONS
from swarm_console.arguments import called
from swarm_console.ask import Swarm
from swarm_console.conduct import conduct, given_by
from swarm_console.feed import Feed
from swarm_console.harmless import one_line
from swarm_console.memory import Notebook, of_user
from swarm_console.mirror import Mirror
from swarm_console.panes.top import CONSOLE_ITSELF
from swarm_console.picture import Picture
from swarm_console.screens.cures import offer_cures
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.help import help_screen
from swarm_console.screens.live import LiveScreen
from swarm_console.screens.node import NodeScreen
from swarm_console.screens.package import PackageScreen
from swarm_console.stream import Gateway, Wire
from swarm_console.themes import DARK, LIGHT, THEMES
from swarm_node.model.remedies import Remedy

_CSS = Path(__file__).parent / "css"
SHEETS: list[str | PurePath] = [
    _CSS / f"{name}.tcss" for name in ("tones", "table", "panes", "top", "screens", "dialogs")
]
Say = Callable[[str], None]
Connect = Callable[[Say], Swarm]


class SwarmConsole(App[None]):
    """The console on one swarm: a wire to listen on, and a way to ask for actions."""

    TITLE = "Build Swarm"
    CSS_PATH = SHEETS
    NOTIFICATION_TIMEOUT = 6
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings()]
    OPENS: ClassVar[dict[str, Callable[["SwarmConsole"], None]]] = {"fix-blocked": offer_cures}
    """Actions of the registry that are a screen here."""

    def __init__(
        self,
        wire: Wire,
        connect: Connect,
        *,
        readonly: bool = False,
        clock: Callable[[], float] = time.time,
        notebook: Notebook | None = None,
    ) -> None:
        super().__init__()
        self.notebook = notebook or Notebook()
        self.wire, self.connect, self.readonly, self.clock = wire, connect, readonly, clock
        self.mirror = Mirror(clock)
        self.feed = Feed(self)
        self.busy: dict[str, str] = {}
        """Actions under way, by name, with what is said of each."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name

    def get_default_screen(self) -> Screen[None]:
        return Dashboard()

    def on_mount(self) -> None:
        self.feed.begin()

    def picture(self) -> Picture:
        """The swarm as it is now."""
        return Picture(self.mirror, self.clock(), tuple(self.busy.values()), self.readonly)

    @property
    def about(self) -> LiveScreen:
        """The uppermost screen that shows the swarm; what it marks, actions are about."""
        return next(screen for screen in reversed(self.screen_stack) if isinstance(screen, LiveScreen))

    def say(self, line: str) -> None:
        """A word of an action under way, from its thread."""
        self.call_later(partial(self.notify, one_line(line), markup=False))

    def do(self, name: str, words: list[str] | None = None) -> None:
        """Begin an action of the registry; `words` are its positional parameters, as on a command line."""
        action = ACTIONS[name]
        self.run_worker(conduct(self, action, given_by(action, words or [])), group="action")

    def call(self, words: Sequence[str]) -> None:
        """Begin what words after `build-swarm` say."""
        self.run_worker(conduct(self, *called(words)), group="action")

    def cure(self, remedy: Remedy) -> None:
        """Do what a remedy says, or tell what only a person can."""
        if remedy.command:
            self.call(remedy.command)
        else:
            self.notify(remedy.words, severity="warning", markup=False)

    def open_build(self, build: str) -> None:
        """Show a package in depth."""
        self.push_screen(PackageScreen(build))

    def open_node(self, node: str) -> None:
        """Show a node in depth."""
        self.push_screen(NodeScreen(node))

    def action_do(self, name: str) -> None:
        """A key of the registry was pressed."""
        if (opens := self.OPENS.get(name)) is not None:
            opens(self)
        else:
            self.do(name)

    def action_next(self) -> None:
        """Do what the top says is next."""
        step = self.picture().next
        if step.action in CONSOLE_ITSELF:
            self.notify(f"{step.text}: there is nothing to do but watch", markup=False)
        elif step.action in ACTIONS:
            self.action_do(step.action)
        else:
            self.notify(f"in a shell: {step.command}", title=one_line(step.text), markup=False)

    def action_help(self) -> None:
        """Every key."""
        self.push_screen(help_screen())

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


def run(gateway_url: str, *, readonly: bool = False, token: str = "") -> int:
    """The console on the swarm behind a gateway, until it is quit; the exit code.

    Without a token, the swarm's secret comes from SWARM_TOKEN.
    """
    secret = token or os.environ.get("SWARM_TOKEN", "")

    async def live() -> int:
        async with Gateway(gateway_url, secret) as wire:
            app = SwarmConsole(
                wire, lambda say: Swarm(gateway_url, secret, say), readonly=readonly, notebook=of_user()
            )
            await app.run_async()
            return app.return_code or 0

    return asyncio.run(live())
