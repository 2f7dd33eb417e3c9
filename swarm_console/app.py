"""The full-screen console: which screens and keys there are, and what runs behind them. It draws nothing."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path, PurePath
from typing import ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from swarm_console.actions.registry import ACTIONS
from swarm_console.ask import Swarm
from swarm_console.conduct import conduct
from swarm_console.harmless import one_line
from swarm_console.memory import Notebook, of_user
from swarm_console.mirror import Mirror
from swarm_console.panes.top import CONSOLE_ITSELF
from swarm_console.picture import Picture
from swarm_console.screens.cures import Cure, CuresDialog, cures
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.help import help_screen
from swarm_console.screens.live import LiveScreen
from swarm_console.screens.node import NodeScreen
from swarm_console.screens.package import PackageScreen
from swarm_console.stream import Gateway, Wire, follow, watch_health
from swarm_console.themes import DARK, LIGHT, THEMES

FRAME_SECONDS = 0.1
"""At most ten pictures a second, whatever happens in the swarm."""
REST = 4
"""The pause after a picture, as a multiple of what it took to draw: at most a fifth of the time."""
TICK_SECONDS = 1.0
IN_FOOTER = ("verify", "finalize", "fix-blocked", "unblock", "balance", "reset")
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
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                action.key,
                f"do('{action.name}')",
                f"{action.name}!" if action.dangerous else action.name,
                show=action.name in IN_FOOTER,
                tooltip=action.help,
                id=action.name,
            )
            for action in sorted(
                ACTIONS.values(), key=lambda a: IN_FOOTER.index(a.name) if a.name in IN_FOOTER else 99
            )
            if action.key
        ),
        Binding("n", "next", "Next", tooltip="do what NEXT says"),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("ctrl+r,f5", "reconnect", "Refresh", show=False),
        Binding("t", "turn_theme", "Dark or light", show=False),
    ]

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
        self.changed = asyncio.Event()
        self.busy: dict[str, str] = {}
        """Actions under way, by name, with what is said of each."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name

    def picture(self) -> Picture:
        """The swarm as it is now."""
        return Picture(self.mirror, self.clock(), tuple(self.busy.values()), self.readonly)

    @property
    def marked(self) -> str:
        """Whatever the cursor is on, a package or a node."""
        screen = self._about()
        if isinstance(screen, NodeScreen):
            return screen.node
        return screen.build if isinstance(screen, PackageScreen) else self._dashboard().marked

    @property
    def marked_build(self) -> str:
        """The package that the screen is about."""
        screen = self._about()
        return screen.build if isinstance(screen, PackageScreen) else self._dashboard().marked_build

    @property
    def marked_node(self) -> str:
        """The node that the screen is about."""
        screen = self._about()
        return screen.node if isinstance(screen, NodeScreen) else self._dashboard().marked_node

    def get_default_screen(self) -> Screen[None]:
        return Dashboard()

    def on_mount(self) -> None:
        self.listen()
        self.keep_drawing()
        self.keep_asking()
        self.set_interval(TICK_SECONDS, self._tick)

    # -- what runs behind the screens

    @work(exclusive=True, group="listen")
    async def listen(self) -> None:
        """Follow the swarm."""
        await follow(self.wire, self.mirror, self.changed.set)

    @work(exclusive=True, group="health")
    async def keep_asking(self) -> None:
        """Ask how gateway and orchestrator are."""
        await watch_health(self.wire, self.mirror, self.changed.set)

    @work(exclusive=True, group="draw")
    async def keep_drawing(self) -> None:
        """Draw whenever something changed, but never so often that nothing else gets its turn."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            begin = time.perf_counter()
            self.draw()
            await asyncio.sleep(max(FRAME_SECONDS, REST * (time.perf_counter() - begin)))

    def draw(self) -> None:
        """Hand the present picture to every screen that lies open."""
        if not self.is_running:
            return
        picture = self.picture()
        for screen in self.screen_stack:
            if isinstance(screen, LiveScreen) and screen.is_mounted:
                screen.draw(picture)

    def _tick(self) -> None:
        """Let time pass on the screen, where something on it counts."""
        if not self.mirror.link.live or any(node.attempt for node in self.mirror.state.nodes.values()):
            self.changed.set()

    def say(self, line: str) -> None:
        """A word of an action under way, from its thread."""
        self.call_later(partial(self.notify, one_line(line), markup=False))

    # -- actions

    def do(self, name: str, words: list[str] | None = None) -> None:
        """Begin an action of the registry; `words` are its positional parameters, as on a command line."""
        given: dict[str, object] = {}
        left = list(words or [])
        for parameter in ACTIONS[name].parameters:
            if parameter.positional and left:
                given[parameter.name] = left if parameter.many else left.pop(0)
        self._conduct(name, given)

    @work(group="action")
    async def _conduct(self, name: str, given: dict[str, object]) -> None:
        await conduct(self, ACTIONS[name], given)

    def action_do(self, name: str) -> None:
        """A key of the registry was pressed."""
        if name == "fix-blocked":
            self.fix_blocked()
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

    def fix_blocked(self) -> None:
        """Offer the cures of what is blocked."""
        found = cures(self.picture())
        if not found:
            self.notify("nothing is blocked", title="Fix blocked", markup=False)
            return
        self.push_screen(CuresDialog(found), self._cure)

    def _cure(self, cure: Cure | None) -> None:
        if cure is not None:
            self.do(cure.action, cure.packages)

    # -- screens

    def open_build(self, build: str) -> None:
        """Show a package in depth."""
        self.push_screen(PackageScreen(build))

    def open_node(self, node: str) -> None:
        """Show a node in depth."""
        self.push_screen(NodeScreen(node))

    def action_help(self) -> None:
        """Every key."""
        self.push_screen(help_screen())

    def action_reconnect(self) -> None:
        """Begin anew: a fresh snapshot over a new connection."""
        self.mirror.forget()
        self.listen()
        self.changed.set()

    def action_turn_theme(self) -> None:
        """Dark becomes light, and the other way round."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every action of the registry, and what the screen itself can do."""
        for action in ACTIONS.values():
            if action.name != "monitor":
                title = f"{action.title} ({action.name})"
                yield SystemCommand(title, action.help, partial(self.action_do, action.name))
        yield SystemCommand("Help", "every key and sign", self.action_help)
        yield SystemCommand("Theme", "choose among all themes", self.action_change_theme)
        yield SystemCommand("Quit", "the swarm goes on", self.action_quit)

    def _dashboard(self) -> Dashboard:
        screen = self.screen_stack[0]
        assert isinstance(screen, Dashboard)
        return screen

    def _about(self) -> LiveScreen:
        """The uppermost screen that shows the swarm."""
        return next(screen for screen in reversed(self.screen_stack) if isinstance(screen, LiveScreen))


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
