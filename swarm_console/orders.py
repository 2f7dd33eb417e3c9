"""What a person orders from the screen: by key, by a remedy, by NEXT; what is under way, what was told."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from swarm_console.actions.registry import ACTIONS
from swarm_console.keyboard.offer import obstacle
from swarm_console.panes.top import CONSOLE_ITSELF
from swarm_node.model.remedies import Remedy

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole


class Orders:
    """One console's orders to its swarm."""

    def __init__(self, app: "SwarmConsole") -> None:
        self._app = app
        self.busy: dict[str, str] = {}
        """Actions under way, by name, with what is said of each."""
        self._told = ("", 0.0)
        """The command line that the last message told, and until when (Unix seconds) that stands there."""

    def press(self, name: str) -> None:
        """A key of the registry was pressed, or its line of the palette chosen."""
        app = self._app
        if reason := obstacle(ACTIONS[name], app.picture()):
            app.deny(ACTIONS[name].title, reason)
        elif (opens := app.OPENS.get(name)) is not None:
            opens(app)
        else:
            self.do(name)

    def do(self, name: str, words: Sequence[str] = ()) -> None:
        """Begin an action of the registry; `words` follow its name, as on a command line."""
        from swarm_console.conduct import conduct  # its dialogs are not needed before

        self._app.run_worker(conduct(self._app, ACTIONS[name], words), group="action")

    def call(self, words: Sequence[str]) -> None:
        """Begin what words after `build-swarm` say."""
        self.do(words[0], words[1:])

    def cure(self, remedy: Remedy) -> None:
        """Do what a remedy says, or tell what only a person can."""
        if remedy.command:
            self.call(remedy.command)
        else:
            self._app.tell(remedy.words, severity="warning")

    def follow_next(self) -> None:
        """Do what the top says is next."""
        step = self._app.picture().next
        words = shlex.split(step.command)[2:]
        if step.action in CONSOLE_ITSELF:
            self._app.tell(f"{step.text}: there is nothing to do but watch")
        elif step.action in ACTIONS and words:
            self.do(step.action, words)
        elif step.action in ACTIONS:
            self.press(step.action)
        else:
            self._app.tell(f"in a shell: {step.command}", step.text)

    def told(self, line: str) -> None:
        """A message tells this command line, for as long as messages stand there."""
        self._told = (line, self._app.clock() + self._app.NOTIFICATION_TIMEOUT)

    @property
    def line(self) -> str:
        """The command line that was last told, while that stands there; else what NEXT says."""
        line, until = self._told
        return line if self._app.clock() < until else self._app.picture().next.command
