"""Writing a whole log into a file, piece by piece; half a file is never left behind."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from swarm_console.background import in_thread
from swarm_console.logs.source import Source

PIECE: Final = 1 << 20


async def save(source: Source, path: Path, replace: bool, tell: Callable[[int, int], None]) -> int:
    """Write what the log holds by now; its bytes. `tell` hears how many of how many are written.

    A file that is there is replaced only when asked for, in one rename; a device is written to as it is.
    Raises: OSError, Refused.
    """
    path = path.resolve()
    draft = path.with_name(f".{path.name}.part") if replace and path.is_file() else path
    into: BinaryIO = await in_thread(lambda: draft.open("wb" if replace else "xb"))
    try:
        with into:
            written = await _copy(source, into, tell)
        if draft != path:
            draft.replace(path)
    except BaseException as error:
        with suppress(OSError):
            if draft.is_file():
                draft.unlink()
        if isinstance(error, OSError) and error.filename is None:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise
    return written


async def _copy(source: Source, file: BinaryIO, tell: Callable[[int, int], None]) -> int:
    written, size = 0, 1
    while written < size:
        piece = await in_thread(partial(source.read, written, PIECE))
        if not piece.data:
            break
        await in_thread(partial(_write, file, piece.data))
        written, size = written + len(piece.data), piece.size
        tell(written, size)
    return written


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()
