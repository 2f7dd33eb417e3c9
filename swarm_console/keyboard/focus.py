"""Moving the focus: what looks otherwise for it is painted, and nothing else."""

from typing import TYPE_CHECKING, Any

from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    Base = Screen[Any]
else:
    Base = object  # of several bases, the first that is a DOMNode alone passes on its styles


class Focusing(Base):
    """A screen on which no style sheet lets the focus in one part change the look of another part in it.

    Textual 8.2 paints the whole screen when the focus moves, and finds the styles of all beside it anew.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def _update_focus_styles(self, focused: Widget | None = None, blurred: Widget | None = None) -> None:
        touched = {
            part
            for moved in (focused, blurred)
            if moved is not None
            for part in moved.ancestors_with_self
            if part._has_focus_within
        }
        self.app.stylesheet.update_nodes(touched)
