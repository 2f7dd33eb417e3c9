"""A line to type into."""

from textual import events
from textual.widgets import Input


class Line(Input):
    """Keys that come all at once are done in their order, and what comes right after Enter is not typed.

    Textual 8.2 types at once, but edits only when the key has gone all the way up to the App.
    """

    _given = False
    """Whether Enter was pressed, and nobody has heard of it yet."""

    async def on_key(self, event: events.Key) -> None:
        if self._given:
            event.prevent_default()
            return
        bound = next((bound for node, bound in self.screen._binding_chain if node is self), None)
        for binding in bound.key_to_bindings.get(event.key, ()) if bound is not None else ():
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                break

    async def action_submit(self) -> None:
        self._given = True
        await super().action_submit()

    def on_input_submitted(self) -> None:
        self._given = False
