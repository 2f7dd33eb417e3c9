"""A unified diff, line by line: what comes and what goes have their signs, and their tones."""

from swarm_console.panes.lined import Lined
from swarm_console.words.spans import Lines, Span

TONES = {"+++": "dim", "---": "dim", "@@ ": "dim", "+": "ok", "-": "attention"}


class Diff(Lined):
    """A diff as high as it has lines; nothing where there is none."""

    _text: tuple[str, ...] = ()

    def show(self, diff: str) -> None:
        """Draw this diff from now on."""
        self._text = tuple(diff.splitlines())
        self.display = bool(self._text)
        self.renew()

    def on_mount(self) -> None:
        self.display = bool(self._text)

    def lines(self, width: int) -> Lines:
        return [[toned(line)] for line in self._text]


def toned(line: str) -> Span:
    """A line of a diff in its tone."""
    return line, next((tone for sign, tone in TONES.items() if line.startswith(sign)), "")
