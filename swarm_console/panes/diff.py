"""A unified diff, line by line: what comes and what goes have their signs, and their tones."""

from rich.text import Text

from swarm_console.panes.tones import Toned
from swarm_console.words.spans import Span

TONES = {"+++": "dim", "---": "dim", "@@ ": "dim", "+": "ok", "-": "attention"}


class Diff(Toned):
    """A diff as high as it has lines; nothing where there is none."""

    _lines: tuple[str, ...] = ()

    def show(self, diff: str) -> None:
        """Draw this diff from now on."""
        self._lines = tuple(diff.splitlines())
        self.display = bool(self._lines)
        self.remeasure()

    def on_mount(self) -> None:
        self.display = bool(self._lines)

    def render(self) -> Text:
        return self.block(([toned(line)] for line in self._lines), self.size.width)


def toned(line: str) -> Span:
    """A line of a diff in its tone."""
    return line, next((tone for sign, tone in TONES.items() if line.startswith(sign)), "")
