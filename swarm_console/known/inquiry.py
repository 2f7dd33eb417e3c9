"""Documents that a screen asks the swarm for, and again when what they depend on changes."""

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec

from swarm_console.background import in_thread
from swarm_console.errors import explained
from swarm_console.known.picture import Picture

T = TypeVar("T")
AGAIN_SECONDS: Final = 5.0
"""How long one that could not be had is left alone."""


class Inquiry(Generic[T]):
    """The last answer, and why there is no newer one; `ask` blocks and may raise whatever it wants."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self.answer: T | None = None
        self.trouble = self.hint = ""
        self.running = False
        self._asked: object = None
        self._begun = False
        self._again = 0.0

    @property
    def waiting(self) -> bool:
        """Whether nothing has been answered yet, well or badly."""
        return self.answer is None and not self.trouble

    def renew(self) -> None:
        """Ask again, whatever is known."""
        self._begun = False

    def begin(self, depends_on: object, picture: Picture) -> bool:
        """Whether to `fetch` now: for the first time, of something else, or once more after trouble."""
        if self.running or not picture.link.live or not self._is_due(depends_on, picture.now):
            return False
        self.running, self._begun, self._asked = True, True, depends_on
        self._again = picture.now + AGAIN_SECONDS
        return True

    async def fetch(self) -> None:
        """Ask; every outcome is kept."""
        try:
            self.answer = await in_thread(self._ask)
            self.trouble = self.hint = ""
        except Exception as error:
            found = explained(error)[0]["error"]
            self.trouble, self.hint = found["message"], found["hint"]
        finally:
            self.running = False

    def _is_due(self, depends_on: object, now: float) -> bool:
        changed = not self._begun or depends_on != self._asked
        return changed or (bool(self.trouble) and now >= self._again)


def pending(inquiry: Inquiry[Any], picture: Picture) -> str:
    """What to say where an answer should stand and does not; empty where one does."""
    if inquiry.answer is not None:
        return ""
    return inquiry.trouble or ("a replay shows its session alone" if picture.replay else "asking …")


def read(document: Any, kind: type[T]) -> T:
    """A document as what it should be. Raises: Refused when it is something else."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        from swarm_console.wire.ask import refused

        raise refused("bad_answer", f"the swarm says what this console does not know ({error})") from None
