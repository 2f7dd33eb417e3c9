"""Tar archives read forwards only, member by member, in bounded memory; nothing is ever extracted.

The headers are parsed by `tarfile`; `Stream` stands between it and the bytes, so that no header can make it
read much, go back, or run past the caps.
"""

import bz2
import gzip
import io
import lzma
import re
import tarfile
import time
import zlib
from collections.abc import Iterator
from math import inf
from typing import IO, BinaryIO, Final, Protocol, cast

import zstandard

from swarm_node.portage.limits import KIB, BadPackage, Limits, printable

PIECE: Final = 64 * KIB
HEADER: Final = 64 * KIB
BLOCK: Final = 512
MALFORMED: Final = (tarfile.TarError, ValueError, OverflowError, RecursionError, LookupError, EOFError)
CORRUPT: Final = (lzma.LZMAError, zlib.error, zstandard.ZstdError, EOFError, OSError)


class Source(Protocol):
    """What bytes are read from: a file, or a decompressor over one."""

    def read(self, size: int, /) -> bytes: ...


class Slice(io.RawIOBase):
    """`size` bytes of `file` from `start`, as a source of its own, until `deadline` (monotonic seconds).

    All reading comes through here, so that no input can keep a reader busy for ever.
    """

    def __init__(self, file: BinaryIO, start: int, size: int, deadline: float = inf) -> None:
        file.seek(start)
        self.file = file
        self.left = size
        self.deadline = deadline

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; empty at the end; raises BadPackage `too_slow` past the deadline."""
        if time.monotonic() > self.deadline:
            raise BadPackage("too_slow", "the package takes too long to read")
        data = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data


class Xz:
    """An xz source that refuses more than `memory` bytes, which `lzma.LZMAFile` cannot."""

    def __init__(self, packed: Source, memory: int) -> None:
        self.packed = packed
        self.memory = memory
        self.pending = b""
        self._start()

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end of the last xz stream."""
        while True:
            if self.decoder.eof:
                self.pending = (self.decoder.unused_data or self.packed.read(PIECE)).lstrip(b"\0")
                if not self.pending:
                    return b""
                self._start()
            if unpacked := self.decoder.decompress(self._input(), size):
                return unpacked

    def _start(self) -> None:
        self.decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=self.memory)

    def _input(self) -> bytes:
        if not self.decoder.needs_input:
            return b""
        data, self.pending = self.pending or self.packed.read(PIECE), b""
        if not data:
            raise EOFError("the xz stream ends early")
        return data


def unpacked(packed: Slice, suffix: str, limits: Limits) -> Source:
    """The bytes of a compressed member, by the suffix of its name (`.zst`, `.xz`, `.gz`, `.bz2`, or none).

    Raises BadPackage `compression` for another suffix.
    """
    match suffix:
        case "":
            return packed
        case ".zst":
            decoder = zstandard.ZstdDecompressor(max_window_size=limits.window)
            source = cast(IO[bytes], packed)
            return decoder.stream_reader(source, read_size=PIECE, read_across_frames=True)
        case ".xz":
            return Xz(packed, limits.window)
        case ".gz":
            return gzip.GzipFile(fileobj=packed, mode="rb")
        case ".bz2":
            return bz2.BZ2File(packed)
    raise BadPackage("compression", f"compression {printable(suffix)} is not supported")


class Stream:
    """What `tarfile` gets to read: forwards only, small headers only, `cap` bytes at most."""

    def __init__(self, source: Source, cap: int, what: str) -> None:
        self.source = source
        self.cap = cap
        self.what = what
        self.at = 0
        self.last = b""

    def read(self, size: int) -> bytes:
        """A header of `size` bytes; raises BadPackage `header` when it is more than any header needs."""
        if not 0 <= size <= HEADER:
            raise BadPackage("header", f"{self.what}: a tar header asks for {size} bytes")
        self.last = self._raw(size) if size else b""
        if 0 < len(self.last) < size:  # a decompressor may give less
            self.last += b"".join(self.pieces(size - len(self.last)))
        return self.last

    def pieces(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes piece by piece; fewer at the end of the source."""
        while size > 0 and (data := self._raw(min(size, PIECE))):
            size -= len(data)
            yield data

    def tell(self) -> int:
        """Bytes read so far."""
        return self.at

    def seek(self, position: int) -> None:
        """Skip forwards; raises BadPackage `header` when a header points backwards."""
        if position < self.at:
            raise BadPackage("header", f"{self.what}: a tar header points backwards")
        for _ in self.pieces(position - self.at):
            pass

    def _raw(self, size: int) -> bytes:
        try:
            data = self.source.read(size)
        except CORRUPT as error:
            raise _undecodable(error, self.what) from None
        self.at += len(data)
        if self.at > self.cap:
            raise BadPackage("ratio", f"{self.what} unpacks to more than {self.cap} bytes")
        return data


def _undecodable(error: Exception, what: str) -> Exception:
    if isinstance(error, OSError) and error.errno is not None:
        return error  # the disk's fault, not the sender's
    text = str(error).lower()
    if "memory" in text:
        return BadPackage("window", f"{what}: the decompressor asks for too much memory")
    if isinstance(error, EOFError):
        return BadPackage("truncated", f"{what}: the compressed data ends early")
    return BadPackage("corrupt", f"{what}: the compressed data cannot be read: {printable(str(error))}")


def members(stream: Stream, count: int) -> Iterator[tarfile.TarInfo]:
    """The members of a tar stream in order; the caller may read a member's content before the next one.

    Raises BadPackage `truncated`, `header`, `count`, `ratio`, `trailing`.
    """
    tar: tarfile.TarFile | None = None
    for seen in range(count + 1):
        tar, member = _step(tar, stream)
        if member is None:
            _end(stream)
            return
        if seen == count:
            break
        if member.size < 0:
            raise BadPackage("header", f"{stream.what}: a member has a negative size")
        yield member
    raise BadPackage("count", f"{stream.what} has more than {count} members")


def _step(tar: tarfile.TarFile | None, stream: Stream) -> tuple[tarfile.TarFile, tarfile.TarInfo | None]:
    try:
        if tar is None:
            tar = tarfile.TarFile(fileobj=stream, mode="r", errorlevel=2)  # type: ignore[arg-type]
            return tar, tar.next()
        # Without this `tarfile` keeps every header of the archive.
        tar.members.clear()  # type: ignore[attr-defined]
        return tar, tar.next()
    except MALFORMED as error:
        code = "truncated" if re.search("end of data|truncated|empty file", str(error)) else "header"
        raise BadPackage(code, f"{stream.what}: {printable(str(error))}") from None


def _end(stream: Stream) -> None:
    """Only zeros may follow the last member, two blocks of them: `tarfile` takes any damage for an end."""
    if len(stream.last) < BLOCK:
        raise BadPackage("truncated", f"{stream.what} ends before its end-of-archive blocks")
    if stream.last.strip(b"\0"):
        raise BadPackage("header", f"{stream.what}: a tar header is damaged")
    rest = 0
    for piece in stream.pieces(stream.cap + 1):
        if piece.strip(b"\0"):
            raise BadPackage("trailing", f"{stream.what}: there is data after the end of the archive")
        rest += len(piece)
    if rest < BLOCK:
        raise BadPackage("truncated", f"{stream.what} ends before its end-of-archive blocks")
