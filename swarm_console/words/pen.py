"""How lines for people look: colours, tables, durations and sizes; ASCII where there is nothing else."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

ASCII = {
    "═": "=", "─": "-", "✓": "ok", "✗": "no", "⚠": "!", "→": "->", "•": "*", "…": "...", "·": "-",
    "–": "-", "×": "x", "≥": ">=", "≤": "<=", "±": "+-", "▲": "^", "↻": "~", "‖": "=",
    "▶": ">", "●": "*", "↑": "up", "↓": "down", "←": "<-", "⏎": "enter", "⌫": "backspace", "█": "#", "░": ".",
}  # fmt: skip
CODES = {"good": "32", "wait": "36", "attention": "33", "bad": "31", "dim": "2", "strong": "1"}


class Pen:
    """Writes in colour or plainly. Meaning is never in the colour alone."""

    __slots__ = ("colour",)

    def __init__(self, colour: bool = False) -> None:
        self.colour = colour

    def __call__(self, tone: str, text: str) -> str:
        """The text in a tone: good, wait, attention, bad, dim or strong."""
        return f"\x1b[{CODES[tone]}m{text}\x1b[0m" if self.colour and text else text


def to_ascii(text: str) -> str:
    """The text in ASCII, signs spelled out."""
    return "".join(ASCII.get(sign, sign) for sign in text).encode("ascii", "replace").decode()


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], pen: Pen) -> list[str]:
    """Rows under their heads in aligned columns; numbers stand to the right. No rows, no lines."""
    raw = [list(row) for row in rows]
    if not raw:
        return []
    right = [all(isinstance(row[n], int | float) for row in raw) for n in range(len(heads))]
    cells = [["" if cell is None else str(cell) for cell in row] for row in raw]
    widths = [max(len(head), *(len(row[n]) for row in cells)) for n, head in enumerate(heads)]

    def line(row: Sequence[str]) -> str:
        placed = (
            cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)
        )
        return "  ".join(placed).rstrip()

    return [pen("dim", line(heads)), *(line(row) for row in cells)]


def diff_lines(diff: str, pen: Pen) -> list[str]:
    """A unified diff, what comes green and what goes red."""
    tones = {"+": "good", "-": "bad"}
    return [
        f"  {pen(tones[line[0]], line) if line[:1] in tones else pen('dim', line)}"
        for line in diff.splitlines()
    ]


def duration(seconds: float) -> str:
    """Seconds as people say them: 48 s, 12 min, 5 h 12 min, 3 d 4 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{max(whole, 0)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def size(count: float) -> str:
    """Bytes as people say them: 812 B, 3.4 MiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def growth(count: float) -> str:
    """A difference in bytes with its sign: +3.4 MiB, -812 B, ±0 B."""
    return ("+" if count > 0 else "-" if count < 0 else "±") + size(abs(count))


def count(number: int, noun: str, plural: str = "") -> str:
    """1 package, 2 packages."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def some(names: Sequence[str], shown: int = 4) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def moment(at: float) -> str:
    """A moment (Unix seconds) in local time."""
    import time

    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def findings(found: Iterable[Any], pen: Pen) -> list[str]:
    """One line for each finding of a verdict, its points in front."""
    return [f"  {pen('attention', str(one['points']).rjust(2))}  {one['message']}" for one in found]
