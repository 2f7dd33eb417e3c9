"""Keys that can do nothing now are greyed, and answer with the reason when they are pressed all the same."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.actions import ActionParseResult, parse
from textual.dom import DOMNode

from swarm_console.manners.speech import Speaking

if TYPE_CHECKING:
    Node = DOMNode
else:
    Node = object  # of several bases, the first that is a DOMNode alone passes on its styles


class Keyed(Node):
    """Whatever has keys of its own: it says how each is written, and what stands in its way."""

    def key_of(self, name: str) -> str:
        """How the key of a binding (by its id) is written; "" when it does not work here."""
        active = (found.binding for found in self.screen.active_bindings.values())
        return next((self.app.get_key_display(each) for each in active if each.id == name), "")

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        """Why a key's action cannot be done now; "" when it can."""
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if self.obstacle(action, parameters) else True


class Answering(Keyed, Speaking):
    """Textual passes over a greyed key in silence; here it is told."""

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        if await super().run_action(action, default_namespace, namespaces):
            return True
        owner, name, parameters = parse(action) if isinstance(action, str) else action
        node = {"app": self, "screen": self.screen}.get(owner, default_namespace or self)
        reason = node.obstacle(name, parameters) if isinstance(node, Keyed) else ""
        if reason:
            self.deny("Not now", reason)
        return bool(reason)
