"""A command line, understood: which action with which parameters, on which swarm, said how."""

from __future__ import annotations

from swarm_console.actions.status import STATUS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from swarm_console.actions.action import Action, Params

PROGRAM, BY_ACTION = "swarm-console", "build-swarm"
"""The two names of the program: the second takes the action as its first word."""


class Request:
    """What to do: `action` (None: the full screen, or `text` if there is something to print)."""

    def __init__(
        self,
        action: Action | None = None,
        params: Params | None = None,
        *,
        text: str = "",
        as_json: bool = False,
        yes: bool = False,
        readonly: bool = False,
        gateway: str | None = None,
        demo: bool = False,
        demo_dir: str | None = None,
        web: tuple[str, int] | None = None,
        replay: str | None = None,
    ) -> None:
        self.action, self.params, self.text = action, params or {}, text
        self.as_json, self.yes, self.readonly = as_json, yes, readonly
        self.gateway, self.demo, self.demo_dir = gateway, demo, demo_dir
        self.web = web
        """Host and port to serve the console to browsers at; None: it stands in the terminal."""
        self.replay = replay
        """The session of the past to show, by its number or `last`."""


def understood(words: Sequence[str], program: str = PROGRAM) -> Request:
    """The request of a command line. Raises: Usage.

    The commonest one, a plain status, is understood without the registry and without argparse, which would
    take longer to import than it takes to run.
    """
    if list(words) == ([STATUS.name] if program == BY_ACTION else ["--run", STATUS.name]):
        return Request(STATUS, STATUS.defaults())
    from swarm_console.commandline.arguments import parse

    return parse(words, program)
