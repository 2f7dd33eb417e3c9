"""What the panes of the dashboard say: nodes, queue, staging risk, events."""

import re

import msgspec
import pytest

from swarm_console.known.mirror import Mirror
from swarm_console.known.picture import Picture
from swarm_console.panes.grid import GAP, fit
from swarm_console.panes.nodes import NodesPane, step
from swarm_console.panes.queue import QueuePane, ends, left
from swarm_console.panes.table import Table
from swarm_node.model import commands as c
from swarm_node.model import instalments
from swarm_node.model.events import Finding
from swarm_node.model.messages import Progress
from tests.tui.conftest import Open, Stage
from tests.tui.story import TREES, Story, building, busy, empty, facts, planned
from tests.tui.test_mirror import long_opening

CHAIN = ("dev-libs/openssl-3.4.1", "net-misc/curl-8.14.1", "dev-vcs/git-2.50.0")
"""Each needs the one before."""


def hear(picture: Picture, attempt: int, fraction: float, seconds: float) -> None:
    """A word of a node reaches a picture's mirror."""
    word = Progress(attempt, "drone-Izar", "compile", fraction, seconds=seconds)
    picture.mirror.take(msgspec.json.encode({"words": [word]}))


def pane_of(story: Story) -> Picture:
    """A picture of a story that somebody watched from the beginning."""
    mirror = Mirror(story.clock)
    mirror.take(story._opening(None, None))
    return Picture(mirror, story.now)


def line_of(stage: Stage, word: str) -> str:
    return next(line for line in stage.text().splitlines() if word in line)


def test_nodes_are_in_step_or_it_is_said_in_what_they_are_not() -> None:
    story = Story()
    for name, trees, configuration in (
        ("a", TREES, "c0"),
        ("b", TREES, "c0"),
        ("c", {"gentoo": "other"}, "c0"),
        ("d", TREES, "c1"),
        ("e", {}, "c1"),
        ("f", {"gentoo": "other"}, "c1"),
        ("g", TREES, ""),
    ):
        story.tell(c.SeeNode(name=name, facts=facts(4, trees=trees, configuration=configuration)))
    picture = pane_of(story)
    said = {name: step(picture, node).text for name, node in picture.state.nodes.items()}
    assert said == {
        "a": "✓",
        "b": "✓",
        "c": "≠ trees",
        "d": "≠ conf",
        "e": "? trees",
        "f": "≠ both",
        "g": "✓",
    }


@pytest.mark.parametrize(("width", "shown"), [(58, 4), (70, 5), (118, 8)])
def test_columns_of_nodes_yield_the_least_needed_first(width: int, shown: int) -> None:
    widths = fit(NodesPane.COLUMNS, width)
    titles = [column.title for column, wide in zip(NodesPane.COLUMNS, widths, strict=True) if wide]
    assert len(titles) == shown, titles
    assert {"Node", "Doing", "Progress"} <= set(titles)
    assert sum(widths) + GAP * (shown - 1) == width


@pytest.mark.parametrize(("width", "lost"), [(58, {"Why it is built", "Left"}), (118, set())])
def test_columns_of_the_queue_yield_the_least_needed_first(width: int, lost: set[str]) -> None:
    widths = fit(QueuePane.COLUMNS, width)
    gone = {column.title for column, wide in zip(QueuePane.COLUMNS, widths, strict=True) if not wide}
    assert gone >= lost and (lost or not gone)
    assert not gone & {"State", "Package", "Ends"}


async def test_a_node_says_what_it_builds_and_how_far_it_is(open_console: Open) -> None:
    async with open_console(building(), size=(200, 60)) as stage:
        busy(stage.story)
        await stage.settle()
        counting = line_of(stage, "drone-Izar")
        assert re.search(r"drone\s+● \S+/\S+\s+━+╌*  \d\d%\s+compile 62%\s+[▁-█]+\s+200.0 GiB\s+✓", counting)
        assert re.search(r"[━╌]+≈ *\d+%\s+configure", line_of(stage, "drone-Tarn")), "it does not count"


async def test_progress_never_runs_backwards(open_console: Open) -> None:
    async with open_console(building()) as stage:
        number = stage.story.state.nodes["drone-Izar"].attempt
        assert number is not None
        name, shares = stage.story.state.attempts[number].build, []
        for fraction, later in ((0.2, 0), (0.6, 5), (0.6, 60), (None, 5), (0.7, 5)):
            stage.story.now += later
            stage.story.progress("drone-Izar", "compile", fraction, 3.0)
            await stage.settle()
            shares.append(stage.app.picture().share_of(stage.app.mirror.state.builds[name]).fraction)
        assert shares == sorted(shares)


def test_a_running_build_ends_by_the_clock() -> None:
    story = planned()
    number = story.work("drone-Izar")
    story.now += 47.0
    picture = pane_of(story)
    build = picture.state.builds[picture.state.attempts[number].build]
    guessed = "≈" if picture.predicted(build) > 47.0 else "late"
    assert ends(picture, build).text.startswith(guessed)
    hear(picture, number, 0.5, 40.0)
    assert left(picture, build).text == "0:45"
    assert re.fullmatch(r"\d\d:\d\d", ends(picture, build).text)
    picture = Picture(picture.mirror, story.now + 1e5)
    hear(picture, number, 0.05, 1e5)
    assert ends(picture, build).text == "+23 d"


def test_what_waits_ends_as_far_as_that_can_be_foreseen() -> None:
    story = planned()
    picture = pane_of(story)
    for name in CHAIN:
        assert re.fullmatch(r"≈\d\d:\d\d", ends(picture, picture.state.builds[name]).text)
    assert [picture.ends[name] for name in CHAIN] == sorted(picture.ends[name] for name in CHAIN)
    story.tell(c.HoldSwarm(held=True))
    assert ends(pane_of(story), pane_of(story).state.builds[CHAIN[0]]).text == ""


def test_what_is_staged_says_when_it_was() -> None:
    story = building()
    picture = pane_of(story)
    for build in picture.staged:
        attempt = picture.attempt_of(build)
        assert attempt is not None and attempt.ended is not None
        assert re.fullmatch(r"\d\d:\d\d", ends(picture, build).text)


async def test_a_finding_is_read_to_its_end(open_console: Open) -> None:
    names = ", ".join(f"dev-libs/lib{number}-1.{number}" for number in range(9))
    story = building()
    many = Finding("blocked", f"left out: {names}", 3)
    story.verify(Finding("needed-blocked", "firefox is blocked", 10), many)
    async with open_console(story) as stage:
        await stage.press("4", "down", "z")
        text = " ".join(stage.text().replace("│", " ").split())
        for number in range(9):
            assert f"lib{number}-1.{number}" in text
        assert "13 of 10" in text
        assert "not safe to release" in text


async def test_the_cursor_stays_on_its_node_among_a_thousand(open_console: Open) -> None:
    story = empty()
    for number in range(1_000):
        story.tell(c.SeeNode(name=f"node-{number:03}", facts=facts(4)))
    async with open_console(story) as stage:
        await stage.press("1", "pagedown", "pagedown", "down")
        table = stage.app.query_one(NodesPane).query_one(Table)
        name = table.marked.name
        before = table.cursor
        stage.story.tell(c.SeeNode(name="aaa-first", facts=facts(2)))
        await stage.settle()
        assert (table.marked.name, table.cursor) == (name, before + 1)
        stage.story.tell(c.Sweep(silent={name: 500.0}))
        await stage.settle()
        assert table.marked.name == name
        assert table.cursor == len(stage.story.state.nodes) - 1, "what is lost stands last"
        assert name in stage.text()


async def test_events_say_what_happened_newest_first(open_console: Open) -> None:
    async with open_console(building()) as stage:
        stage.story.stage("drone-Izar", 12.0)
        stage.story.tell(c.HoldNode(name="drone-Tarn", held=True, reason="new disk"))
        await stage.settle()
        lines = stage.text().split("5 Events")[1].splitlines()[2:4]
        assert "‖ drained" in lines[0] and "new disk" in lines[0]
        assert "✓ staged" in lines[1] and "on drone-Izar in 12 s" in lines[1]


async def test_a_queue_that_is_still_coming_says_so(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instalments, "SEEN", 3)
    story = planned()
    async with open_console(story) as stage:
        stage.app.mirror.take(long_opening(story)[0])
        await stage.press("2")
        assert "of 10, the others are on their way" in line_of(stage, "2 Queue")
        for message in long_opening(story)[1:]:
            stage.app.mirror.take(message)
        await stage.press("2")
        assert "on their way" not in line_of(stage, "2 Queue")
