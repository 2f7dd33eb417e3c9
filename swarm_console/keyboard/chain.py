"""The keys that work where the focus is, found once for each place and not anew for every key."""

from typing import TYPE_CHECKING, Any

from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    Base = Screen[Any]
else:
    Base = object  # of several bases, the first that is a DOMNode alone passes on its styles

Chain = list[tuple[DOMNode, BindingsMap]]


class Chained(Base):
    """A screen whose parts have the bindings that they were made with.

    Textual 8.2 copies all of them from the focus to the App, and asks every part which keys it would rather
    type, twice for each key that is pressed and once for every look at what is greyed.
    """

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
