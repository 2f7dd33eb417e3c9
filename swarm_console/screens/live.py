"""Screens that show the swarm as it is: the App hands each of them every new picture."""

from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen

from swarm_console.greyed import Keyed
from swarm_console.picture import Picture

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

T = TypeVar("T")


class LiveScreen(Keyed, Screen[None]):
    """A screen that draws pictures."""

    @property
    def console(self) -> "SwarmConsole":
        """The App, as what it is."""
        return cast("SwarmConsole", self.app)

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
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        self.call_after_refresh(lambda: self.draw(self.console.picture()))


class Dialog(Keyed, ModalScreen[T]):
    """A box in front of what is there; Esc gives it up."""

    BINDING_GROUP_TITLE = "dialogs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="give it up", id="back")
    ]
