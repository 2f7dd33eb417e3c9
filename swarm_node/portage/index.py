"""The `Packages` file of a binhost, kept in memory and written whole, each entry rendered only once.

Its readers are emerge(1) clients. They ask for `Packages.gz` first and take a 404. They ask for what was
modified later than five seconds after the TIMESTAMP they have, and ignore what is not newer: so an index that
must be read, a rollback's too, needs a TIMESTAMP six seconds beyond the last. They fetch from the URI named.
"""

import bisect
import gzip
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from swarm_node.portage.entry import Entry, Key, parse, render

FILE: Final = "Packages"
PACKED: Final = "Packages.gz"
VERSION: Final = "0"
STEP: Final = 6
"""Seconds that a TIMESTAMP must gain on the last one to be seen: Portage's TIMESTAMP_TOLERANCE, and one."""
NEEDED: Final = re.compile(r"^(BUILD_ID|CHOST|CPV|PATH|REPO|SIZE): (.*)$", re.MULTILINE)
"""What is read of each entry when a file is loaded; the rest of its text is kept as it is."""
INHERITED: Final = {"CHOST": "CHOST", "REPO": "repository"}
"""Values that an entry may leave to the header, by the header's name for them."""


class BadIndex(Exception):
    """A `Packages` file that cannot be read; the message names file, entry and next step."""


class Index:
    """The packages of one binhost by CPV and BUILD_ID, and the TIMESTAMP of the file last read or written."""

    def __init__(self) -> None:
        self.header: dict[str, str] = {}
        self.timestamp = 0
        self._entries: dict[Key, Entry] = {}
        self._order: list[Key] = []

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Index":
        """Read a `Packages` file; a missing one is an empty index.

        Raises BadIndex when it is damaged or of a newer version, OSError when it cannot be read.
        """
        index = cls()
        try:
            blocks = Path(path).read_bytes().decode("utf-8").split("\n\n")
        except FileNotFoundError:
            return index
        except UnicodeDecodeError as error:
            raise _damaged(path, "the header", error) from None
        index.header = _header(path, blocks[0])
        index.timestamp = int(index.header.get("TIMESTAMP", "0"))
        inherited = {
            name: index.header[source] for name, source in INHERITED.items() if source in index.header
        }
        found = [_entry(path, block, inherited) for block in blocks[1:] if block.strip("\n")]
        if str(len(found)) != index.header.get("PACKAGES", str(len(found))):
            raise _damaged(
                path, "PACKAGES", f"{len(found)} entries, the header says {index.header['PACKAGES']}"
            )
        index._entries = {entry.key: entry for entry in found}
        index._order = sorted(index._entries)
        return index

    def add(self, entry: Entry) -> None:
        """Take an entry in, in place of one with the same CPV and BUILD_ID."""
        if entry.key not in self._entries:
            bisect.insort(self._order, entry.key)
        self._entries[entry.key] = entry

    def remove(self, key: Key) -> None:
        """Drop an entry; raises KeyError when there is none."""
        del self._entries[key]
        del self._order[bisect.bisect_left(self._order, key)]

    def get(self, key: Key) -> Entry | None:
        """The entry with this CPV and BUILD_ID."""
        return self._entries.get(key)

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Entry]:
        return (self._entries[key] for key in self._order)

    def __contains__(self, key: Key) -> bool:
        return key in self._entries

    def render(self, header: Mapping[str, str]) -> bytes:
        """The file's bytes: the header, with VERSION and PACKAGES filled in, then the entries in order.

        Raises ValueError when the header's values would break a line.
        """
        values = {**header, "PACKAGES": str(len(self)), "VERSION": VERSION}
        for name, value in values.items():
            if any(char < " " for char in name + value):
                raise ValueError(f"{name} holds a control character")
        head = render(dict(sorted(values.items())))
        return b"".join([head, *[self._entries[key].text for key in self._order]])

    def write(
        self,
        directory: str | os.PathLike[str],
        header: Mapping[str, str],
        *,
        now: int | None = None,
        after: int = 0,
        packed: bool = False,
    ) -> int:
        """Replace the directory's `Packages` durably, by one rename, and return its TIMESTAMP (seconds).

        The TIMESTAMP is six seconds beyond this index's last one at least, and beyond `after`, the one that
        clients of this place may have seen from another index; otherwise they would keep what they have.
        `packed` writes `Packages.gz` too: only where nobody reads yet, for two renames are not one.
        Raises OSError (ENOSPC and the like); the old file is then still there.
        """
        last = max(self.timestamp, after)
        timestamp = max(int(time.time()) if now is None else now, last + STEP if last else 0)
        stamped = {**header, "TIMESTAMP": str(timestamp)}
        data = self.render(stamped)
        where = Path(directory)
        if packed:
            _replace(where / PACKED, gzip.compress(data, 6, mtime=timestamp), timestamp)
        else:
            (where / PACKED).unlink(missing_ok=True)
        _replace(where / FILE, data, timestamp)
        _sync_directory(where)
        self.header, self.timestamp = stamped, timestamp
        return timestamp


def _header(path: str | os.PathLike[str], block: str) -> dict[str, str]:
    try:
        header = parse(block)
        stamp = header.get("TIMESTAMP", "0")
        if not (stamp.isascii() and stamp.isdigit()):
            raise ValueError("its TIMESTAMP is not a number")
    except ValueError as error:
        raise _damaged(path, "the header", error) from None
    if header.get("VERSION", VERSION) != VERSION:
        message = f"{os.fspath(path)} has version {header['VERSION']}, this program reads {VERSION}"
        raise BadIndex(message + ": install a newer build-swarm")
    return header


def _entry(path: str | os.PathLike[str], block: str, inherited: Mapping[str, str]) -> Entry:
    try:
        found = NEEDED.findall(block)
        values = dict(found)
        if len(values) != len(found):
            raise ValueError("a value comes twice")
        left_out = {name: value for name, value in inherited.items() if name not in values}
        key = Key(values["CPV"], int(values.get("BUILD_ID") or 0))
        text = render(parse(block) | left_out) if left_out else block.strip("\n").encode() + b"\n\n"
        return Entry(key, values["PATH"], int(values["SIZE"]), text)
    except (ValueError, KeyError) as error:
        reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise _damaged(path, f"the entry {block[:60]!r}", reason) from None


def _damaged(path: str | os.PathLike[str], what: str, reason: object) -> BadIndex:
    return BadIndex(
        f"{os.fspath(path)} is damaged at {what} ({reason}): move it away and start again to rebuild it"
    )


def _replace(path: Path, data: bytes, mtime: int) -> None:
    temporary = path.with_name(f".{path.name}.new")  # one name, so that a crash leaves one file at most
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.utime(file.fileno(), (mtime, mtime))
            os.fsync(file.fileno())
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
