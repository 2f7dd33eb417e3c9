"""The top: who answers, the four totals, how far it is, and the one thing to do next."""

from collections.abc import Sequence

from rich.cells import cell_len

from swarm_console.actions.registry import ACTIONS
from swarm_console.known.picture import Picture
from swarm_console.panes.lined import Lined
from swarm_console.words.meters import bar
from swarm_console.words.pen import duration
from swarm_console.words.spans import Lines, Span, length, spread
from swarm_console.words.times import of_day

WIDE = 100
"""From so many columns on, totals and progress share a line."""
ROOMY = 80
"""From so many columns on, the orchestrator's name has room."""
SHORTEST_BAR, LONGEST_BAR = 10, 40
TONE_SIGNS = {"ok": "✓", "wait": "…", "attention": "▲"}
NEXT = "next"
"""The id of the key that does whatever is next."""
CONSOLE_ITSELF = ("monitor",)
"""Actions that say no more than: keep looking."""


class Top(Lined):
    """Three to five lines, whatever the width."""

    _picture: Picture | None = None

    def draw(self, picture: Picture) -> None:
        """Show this picture."""
        self._picture = picture
        self.renew()

    def lines(self, width: int) -> Lines:
        return lines(self._picture, width) if self._picture is not None else []


def lines(picture: Picture, width: int) -> Lines:
    """The top in so many columns, line by line."""
    drawn = [spread(_who(picture), _health(picture, width), width)]
    if not picture.link.live:
        drawn.insert(0, _stale(picture))
    totals = _totals(picture)
    if width >= WIDE:
        drawn.append(spread(totals, _progress(picture, width - length(totals) - 4), width))
    else:
        drawn += [totals, _progress(picture, width)]
    return [*drawn, _next(picture, width)]


def _stale(picture: Picture) -> list[Span]:
    link = picture.link
    if not picture.mirror.known:
        return [("… connecting", "wait"), (f"  {link.reason}", "dim")]
    return [
        (f"▲ stale since {of_day(link.since)}", "attention"),
        (f"  {link.reason}; connecting again", "dim"),
    ]


def _who(picture: Picture) -> list[Span]:
    session = picture.state.session
    spans = [("Build Swarm", "bold")]
    if session.number:
        detail = f": {session.detail}" if session.detail else ""
        spans.append((f"  session {session.number}, {session.phase}{detail}", "dim"))
    if picture.state.held:
        because = f": {picture.state.hold_reason}" if picture.state.hold_reason else ""
        spans.append((f"  ‖ paused{because}", "wait"))
    if picture.locked and not picture.replay:
        spans.append(("  read only", "dim"))
    if picture.busy:
        spans.append((f"  ↻ {', '.join(picture.busy.values())} …", "accent"))
    return spans


def _health(picture: Picture, width: int) -> list[Span]:
    health = picture.health
    if picture.replay:
        return [(" ▶ REPLAY ", "key"), (f" {picture.replay}", "bold")]
    if not health.asked:
        return [("gateway …", "dim")]
    if health.gateway:
        return [("gateway ✗", "attention"), ("  orchestrator ?", "dim")]
    if health.orchestrator_trouble:
        return [("gateway ✓  ", "dim"), ("orchestrator ✗", "attention")]
    live: Span = ("  ● live", "ok") if picture.link.live else ("", "")
    name = f" {health.orchestrator}" if width >= ROOMY else ""
    return [(f"gateway ✓  orchestrator ✓{name}", "dim"), live]


def _totals(picture: Picture) -> list[Span]:
    if not picture.mirror.known:
        return [("Needed …   Building …   Complete …   Blocked …", "dim")]
    totals = picture.totals
    return [
        ("Needed ", "dim"),
        (str(totals.needed), "bold"),
        ("   Building ", "dim"),
        (str(totals.building), "accent" if totals.building else "bold"),
        ("   Complete ", "dim"),
        (str(totals.complete), "ok" if totals.complete else "bold"),
        ("   Blocked ", "dim"),
        (f"{totals.blocked} ✗" if totals.blocked else "0", "attention" if totals.blocked else "bold"),
    ]


def _progress(picture: Picture, width: int) -> list[Span]:
    if not picture.state.builds:
        return [("no queue" if picture.mirror.known else "", "dim")]
    share, finish = picture.fraction_done, _finish(picture)
    figure: Span = (f" {share:4.0%}", "bold")
    room = width - length([figure, *finish])
    if room < SHORTEST_BAR:
        finish, room = finish[:1], width - length([figure, *finish[:1]])
    return [(bar(share, min(max(room, SHORTEST_BAR), LONGEST_BAR)), "accent"), figure, *finish]


def _finish(picture: Picture) -> list[Span]:
    left = picture.remaining
    if picture.totals.needed and not picture.totals.building and not picture.state.queue.ready:
        return [("   nothing can go on until something is fixed", "wait")] if picture.totals.blocked else []
    if left is None:
        return []
    low, high = duration(left.low), duration(left.high)
    band = f" ({low} – {high})" if low != high else ""
    moment = of_day(picture.now + left.seconds)[:5]
    return [(f"   done at {moment}, in {duration(left.seconds)}", ""), (band, "dim")]


def _next(picture: Picture, width: int) -> list[Span]:
    step = picture.next
    tone = {"wait": "accent"}.get(step.tone, step.tone)
    head: list[Span] = [(f"{TONE_SIGNS.get(step.tone, '▲')} NEXT ", tone), (step.text, "bold")]
    tail = _key(picture, step.action, step.command)
    room = width - length([*head, *tail]) - 4
    items = _within(step.items, room)
    if step.items and not items:
        head[-1] = (step.text.rstrip(":"), "bold")  # what it announces has no room
    return spread([*head, (f" {items}" if items else "", "")], tail, width)


def _key(picture: Picture, action: str, command: str) -> list[Span]:
    if action in CONSOLE_ITSELF:
        return []
    if action not in ACTIONS:
        return [(command, "accent")]
    key = picture.keys.get(action) or picture.keys.get(NEXT, "")
    return [(f" {key} ", "key"), (f" {command}", "dim")]


def _within(items: Sequence[str], room: int) -> str:
    """As many of the items as fit, then how many more there are."""
    for shown in range(len(items), 0, -1):
        rest = len(items) - shown
        text = ", ".join(items[:shown]) + (f" and {rest} more" if rest else "")
        if cell_len(text) <= room:
            return text
    return ""
