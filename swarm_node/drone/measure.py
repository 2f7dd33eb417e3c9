"""What an attempt costs, seen from outside: the memory of a process tree and the disk it fills.

Sources: proc(5) `stat`, `statm`, `smaps_rollup`, sampled, so that a short spike is missed; what `child` tells
at the end is of one process only, but misses no spike.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

PROC: Final = Path("/proc")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Peaks(Struct):
    """The highest figures seen so far, in bytes; None while nothing could be measured."""

    memory: int | None = None
    disk: int | None = None
    method: str = ""
    """How the memory was measured: `pss` or `rss` of the whole tree, or `wait4`, its largest process."""

    def see(self, memory: int | None, disk: int | None, method: str) -> None:
        """Take one sample into account."""
        if memory is not None and memory >= (self.memory or 0):
            self.memory, self.method = memory, method
        if disk is not None:
            self.disk = max(disk, self.disk or 0)


def process_tree(root: int) -> list[int]:
    """The ids of `root` and all its living descendants; empty when `root` is gone."""
    children: dict[int, list[int]] = defaultdict(list)
    alive = False
    for process in _processes():
        if (parent := _parent(process)) is not None:
            children[parent].append(process)
            alive = alive or process == root
    tree = [root] if alive else []
    for process in tree:  # grows while it is read
        tree.extend(children[process])
    return tree


def tree_memory(processes: Iterable[int]) -> tuple[int, str]:
    """Bytes of main memory that the processes use together, and how that was counted.

    `pss` shares a page between its users; `rss` counts it for each, where `smaps_rollup` is out of reach.
    """
    total, method = 0, "pss"
    for process in processes:
        pss = _pss(process)
        if pss is None:
            pss = _rss(process)
            method = "rss" if pss else method
        total += pss
    return total, method


def marked(variable: str, value: str) -> list[int]:
    """The processes whose environment carries `variable=value`; finds strays that left their process tree."""
    needle = f"{variable}={value}".encode()
    found = []
    for process in _processes():
        try:
            environment = (PROC / str(process) / "environ").read_bytes()
        except OSError:
            continue
        if needle in environment.split(b"\0"):
            found.append(process)
    return found


def filesystem_used(path: str) -> int | None:
    """Bytes in use on the filesystem at `path`; None when it is out of reach."""
    try:
        status = os.statvfs(path)
    except OSError:
        return None
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def available_memory() -> int:
    """Bytes of main memory that new work may take without swapping (proc(5), MemAvailable)."""
    for line in (PROC / "meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_AVPHYS_PAGES") * PAGE


def _processes() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _parent(process: int) -> int | None:
    try:
        # The name in parentheses may itself hold spaces and parentheses; the last one closes it.
        return int((PROC / str(process) / "stat").read_bytes().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _pss(process: int) -> int | None:
    try:
        for line in (PROC / str(process) / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _rss(process: int) -> int:
    try:
        return int((PROC / str(process) / "statm").read_bytes().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0
