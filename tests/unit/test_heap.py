"""Memory that is free again goes back to the system, in whatever thread it was taken."""

import subprocess
import sys
from typing import Final

MIB: Final = 1 << 20
KEPT: Final = """
import resource
import sys
from threading import Thread
from swarm_console.heap import give_back
if "give back" in sys.argv:
    give_back()
def size():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
def take(amount, pieces):
    taken = [b"x" * amount for _ in range(pieces)]
before = size()
for amount, pieces in ((30 << 20, 1), (512 << 10, 32)):  # from the first it learns how much to keep
    thread = Thread(target=take, args=(amount, pieces))
    thread.start()
    thread.join()
print(size() - before)
"""


def kept(*argv: str) -> int:
    """Bytes that are still there when all has been given back."""
    return int(subprocess.check_output([sys.executable, "-c", KEPT, *argv]))


def test_what_many_pieces_took_is_given_back() -> None:
    assert kept("give back") < 2 * MIB
    assert kept() > 8 * MIB, "the C library does so by itself"
