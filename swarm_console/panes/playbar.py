"""The bar of a replay: where it is, how fast it goes, and where something failed or was released."""

from typing import TYPE_CHECKING, Final

from textual import events

from swarm_console.panes.lined import Lined
from swarm_console.replay.player import Player
from swarm_console.words.spans import Lines, Span, spread
from swarm_console.words.times import clock, of_day

if TYPE_CHECKING:
    from swarm_console.replay.recorded import Replay

FRAME_SECONDS: Final = 0.1
SIGNS: Final = {"failure": ("✗", "attention"), "release": ("▲", "ok")}
HINTS: Final = "space plays  ← → , . m < > go  q leaves"
ROOMY: Final = 130
"""From so many columns on, the keys have room."""


class PlayBar(Lined, can_focus=True):
    """Two lines at the bottom of every screen of a replay; a click on the lower one goes there."""

    ALLOW_SELECT = False

    def __init__(self, replay: "Replay") -> None:
        super().__init__()
        self._replay = replay

    def on_mount(self) -> None:
        self.set_interval(FRAME_SECONDS, self.renew)

    def lines(self, width: int) -> Lines:
        player = self._replay.player
        return [head(player, self._replay.title, width - 2), track(player, width - 2)]

    def on_click(self, event: events.Click) -> None:
        width = self.size.width - 2
        if event.y == 1 and width > 1:
            self._replay.go_to(min(max((event.x - 1) / (width - 1), 0.0), 1.0))
        elif event.y == 0:
            self._replay.move("play")


def head(player: Player, title: str, width: int) -> list[Span]:
    """What is replayed, the moment that is shown, and how fast it goes on."""
    sign = "▶" if player.playing else "■" if player.over else "‖"
    word = "playing" if player.playing else "over" if player.over else "paused"
    left: list[Span] = [
        (f" {sign} REPLAY ", "key"),
        (f" {title}", "bold"),
        (f"  {of_day(player.at)}", "accent"),
        (f"  {word} {player.speed}×", ""),
        (f"  event {player.index:,} of {len(player.times):,}", "dim"),
    ]
    passed = f"{clock(player.at - player.opened)} / {clock(player.end - player.opened)}"
    right = f"{HINTS}   {passed}" if width >= ROOMY else passed
    return spread(left, [(right, "dim")], width)


def track(player: Player, width: int) -> list[Span]:
    """The session as a bar: what has happened, where it is, what is to come, and the marks."""
    cells = max(width, 1)
    here = round(player.share * (cells - 1))
    signs: dict[int, Span] = {}
    for mark in player.marks:
        place = round(player.share_of(player.time(mark.number)) * (cells - 1))
        if mark.kind == "release" or place not in signs:
            signs[place] = SIGNS[mark.kind]
    signs[here] = ("●", "bold")
    spans: list[Span] = []
    for place in range(cells):
        span = signs.get(place) or (("━", "accent") if place < here else ("╌", "dim"))
        if spans and spans[-1][1] == span[1]:
            spans[-1] = (spans[-1][0] + span[0], span[1])
        else:
            spans.append(span)
    return spans
