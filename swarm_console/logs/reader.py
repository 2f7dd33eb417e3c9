"""A log as far as it is at hand: its pages, fetched beside the screen when they are wanted."""

from functools import partial
from typing import Final

from swarm_console.background import in_thread
from swarm_console.errors import explained
from swarm_console.logs.pages import PAGE, Missing, Pages
from swarm_console.logs.source import Source

OPENING: Final = Missing(0, PAGE)
"""What is asked for first: it tells how long the log is."""
NOT_YET: Final = "unknown_attempt"
"""The swarm's code for an attempt that has written nothing."""


class Reader:
    """The pages of one source; `trouble` says why bytes could not be had, and is empty while they could."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.pages = Pages()
        self.opened = False
        self.trouble = ""
        self.streams = 0
        """How many streams have begun that tell how the log grows."""
        self._code = ""
        self._asked = 0
        """How many had begun when it was last asked how long it is."""

    @property
    def hopeless(self) -> bool:
        """Whether asking again is of no use before the log is heard to grow."""
        return self._code == NOT_YET

    @property
    def behind(self) -> bool:
        """Whether the log may have grown without a word: a stream tells nothing of before it began."""
        return self._asked != self.streams

    @property
    def beyond(self) -> Missing:
        """What may have come to its end, asked for by the page."""
        size = self.pages.size
        return Missing(size, PAGE - size % PAGE)

    async def fetch(self, gap: Missing) -> bool:
        """Get bytes that are missing; whether anything came of it."""
        known, streams = self.pages.size, self.streams
        try:
            piece = await in_thread(partial(self.source.read, gap.offset, gap.length))
        except Exception as error:
            found = explained(error)[0]["error"]
            self.trouble, self._code = found["message"], found["code"]
            self._asked = streams if self.hopeless else self._asked
            return False
        if piece.size < known:
            self.pages.grow(piece.size)
        self.pages.size = max(self.pages.size, piece.size)
        self.pages.put(gap.offset, piece.data)
        self.opened, self.trouble, self._code, self._asked = True, "", "", streams
        return bool(piece.data) or piece.size <= gap.offset
