"""What the console remembers from one time to the next: one small file in the user's state directory."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

GATEWAYS: Final = 20
"""Swarms of which the last look is remembered; the longest unseen go first."""
LARGEST: Final = 1 << 16
"""Bytes beyond which a file is none of ours."""


class Look(msgspec.Struct, frozen=True):
    """A look at a swarm: the newest event that was on the screen, and when it was there (Unix seconds).

    An event's number and moment together tell it from every event of another log.
    """

    seq: int
    at: float
    looked: float


class Layout(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the console was left: theme, present pane (its class), whether that filled the screen."""

    theme: str = ""
    pane: str = ""
    zoomed: bool = False


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything remembered; each part has a default, so that a file of an older console can be read."""

    layout: Layout = Layout()
    seen: dict[str, Look] = {}
    """The last look at each swarm, by its gateway's URL."""

    def laid_out(self, layout: Layout) -> "Memory":
        """This, and how the console was left."""
        return msgspec.structs.replace(self, layout=layout)

    def having_seen(self, gateway: str, look: Look) -> "Memory":
        """This, and a look at the swarm behind a gateway."""
        seen = self.seen | {gateway: look}
        newest = sorted(seen, key=lambda url: seen[url].looked)[-GATEWAYS:]
        return msgspec.structs.replace(self, seen={url: seen[url] for url in newest})


class Notebook:
    """The file that a memory is kept in; without a path, or where none can be written, all is forgotten."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()

    def read(self) -> Memory:
        """What was remembered; nothing where there is no file or it is damaged."""
        try:
            if self._path is None or self._path.stat().st_size > LARGEST:
                return Memory()
            return msgspec.json.decode(self._path.read_bytes(), type=Memory)
        except (OSError, msgspec.MsgspecError, RecursionError):
            return Memory()

    def change(self, how: Callable[[Memory], Memory]) -> None:
        """Rewrite what is remembered, by one rename; other consoles' parts of it stay. From any thread."""
        if self._path is None:
            return
        with self._lock:
            known = self.read()
            if (changed := how(known)) != known:
                _replace(self._path, msgspec.json.format(msgspec.json.encode(changed)))


def of_user() -> Notebook:
    """The notebook of whoever runs this console."""
    from platformdirs import user_state_path

    return Notebook(user_state_path("build-swarm") / "console.json")


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError:
        _forget(draft)


def _forget(draft: Path) -> None:
    try:
        draft.unlink(missing_ok=True)
    except OSError:
        return
