"""The focus: the keys that work where it is are found once, and moving it paints no more than it must."""

from typing import TYPE_CHECKING, Any

from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    Base = Screen[Any]
else:
    Base = object  # of several bases, the first that is a DOMNode alone passes on its styles

Chain = list[tuple[DOMNode, BindingsMap]]


class Focusing(Base):
    """A screen whose parts keep the bindings they were made with, and whose focus changes no look beside it.

    Textual 8.2 copies the bindings from the focus to the App several times for each key. When the focus moves
    it paints the whole screen, and finds the styles of all beside it anew.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    _chain: Chain | None = None
    _chained: tuple[Widget | None, object] = (None, None)
    """Where the focus was, and which keys were remapped, when the chain was found."""

    @property
    def _binding_chain(self) -> Chain:
        focused, keymap = self.focused, self.app._keymap
        if focused is not None and focused.loading:
            return super()._binding_chain
        now, keys = self._chained
        if self._chain is None or focused is not now or keymap is not keys:
            self._chain, self._chained = super()._binding_chain, (focused, keymap)
        return self._chain

    def _update_focus_styles(self, focused: Widget | None = None, blurred: Widget | None = None) -> None:
        touched = {
            part
            for moved in (focused, blurred)
            if moved is not None
            for part in moved.ancestors_with_self
            if part._has_focus_within
        }
        self.app.stylesheet.update_nodes(touched)
