"""The log of an attempt: every key, live growth, and what cannot be had."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from swarm_console.logs.lines import COUNTED
from swarm_console.logs.pages import PAGE
from swarm_console.logs.source import Piece
from swarm_console.panes.log import LogBar
from swarm_console.panes.logstatus import LogStatus
from swarm_console.screens import doors
from swarm_console.screens.confirm import Confirm
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.log import LogScreen
from swarm_console.screens.node import NodeScreen
from swarm_console.screens.package import PackageScreen
from swarm_console.screens.parameter import ParameterDialog
from swarm_console.screens.save import SaveDialog
from swarm_node.model import commands as c
from swarm_node.model.work import Diagnosis, Place
from tests.tui.conftest import Open, Stage
from tests.tui.story import Story, building, empty, planned
from tests.tui.watching import press, ready, until, view_of

RUST = "dev-lang/rust-1.88.0"
LINES = 5_000
ERROR = b"../lib/Foo.cpp:14:3: error: 'bar' was not declared in this scope\n"


def log_of(lines: int = LINES) -> bytes:
    return b"".join(b"[%4d/%d] Building object%d.o\n" % (n, lines, n) for n in range(1, lines + 1))


def attempt_of(story: Story, build: str = RUST) -> int:
    attempt = story.state.builds[build].attempt
    assert attempt is not None
    return attempt


@asynccontextmanager
async def reading(open_console: Open, text: bytes, size: tuple[int, int] = (100, 24)) -> AsyncIterator[Stage]:
    """The log of what drone-Izar builds, open and followed."""
    story = building()
    async with open_console(story, size=size) as stage:
        story.write(attempt_of(story), text)
        doors.log(stage.app, attempt_of(story))
        await stage.settle()
        await ready(stage)
        yield stage


def status(stage: Stage) -> str:
    line = stage.app.screen.query_one(LogStatus).region.y
    return stage.text().splitlines()[line]


# -- ways to it


async def test_l_shows_the_log_of_whatever_is_marked(open_console: Open) -> None:
    story = building()
    story.write(attempt_of(story), log_of())
    async with open_console(story) as stage:
        for keys in (["1", "l"], ["2", "l"], ["2", "enter", "l"], ["1", "enter", "l"]):
            await stage.press(*keys)
            await until(stage, lambda: isinstance(stage.app.screen, LogScreen))
            screen = stage.app.screen
            assert isinstance(screen, LogScreen)
            assert screen.attempt == attempt_of(story)
            await ready(stage)
            await stage.settle()
            assert "dev-lang/rust-1.88.0  #3  ● building" in stage.text()
            assert "[5000/5000] Building object5000.o" in stage.text()
            await stage.press("escape")
            assert type(stage.app.screen) in (Dashboard, PackageScreen, NodeScreen)
            while not isinstance(stage.app.screen, Dashboard):
                await stage.press("escape")


async def test_l_again_goes_on_with_what_the_node_builds_now(open_console: Open) -> None:
    story = building()
    first = attempt_of(story)
    story.write(first, log_of(10))
    async with open_console(story) as stage:
        doors.log(stage.app, first)
        await stage.settle()
        await press(stage, "l")
        assert "this is the newest log of its node" in stage.text()
        story.stage("drone-Izar")
        second = story.work("drone-Izar")
        story.write(second, b"the second\n")
        await stage.settle()
        await stage.press("l")
        await until(stage, lambda: "the second" in stage.text())
        await stage.press("escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_a_node_that_builds_nothing_shows_what_it_built_last(open_console: Open) -> None:
    story = planned()
    number = story.work("drone-Tarn")
    story.write(number, log_of())
    story.stage("drone-Tarn")
    async with open_console(story) as stage:
        await stage.press("1", "down", "down", "l")
        await until(stage, lambda: isinstance(stage.app.screen, LogScreen))
        await ready(stage)
        await stage.settle()
        assert "✓ staged after 1:00  on drone-Tarn" in stage.text()


async def test_where_nothing_is_marked_it_is_asked(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        await stage.press("2", "l")
        await until(stage, lambda: isinstance(stage.app.screen, ParameterDialog))
        assert "a node, a package or the number of an attempt" in stage.text()
        await stage.press(*"77", "enter")
        await until(stage, lambda: isinstance(stage.app.screen, LogScreen))
        await until(stage, lambda: view_of(stage).trouble)
        assert "there is no log of attempt 77" in stage.text()
        await stage.press("escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_asking_can_be_given_up(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        await stage.press("2", "l")
        await until(stage, lambda: isinstance(stage.app.screen, ParameterDialog))
        await stage.press("escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_what_the_picture_does_not_know_the_swarm_is_asked(open_console: Open) -> None:
    past = [{"event": {"node": "drone-Izar", "attempt": 9}}]
    answers = {"/api/v1/nodes": [{"name": "drone-Izar"}], "/api/v1/history?limit=10000": past}
    async with open_console(empty(), **answers) as stage:
        await stage.press("1", "l")
        await until(stage, lambda: isinstance(stage.app.screen, LogScreen))
        screen = stage.app.screen
        assert isinstance(screen, LogScreen)
        assert screen.attempt == 9


async def test_nothing_was_built_yet(open_console: Open) -> None:
    answers = {"/api/v1/nodes": [{"name": "drone-Izar"}], "/api/v1/history?limit=10000": []}
    async with open_console(empty(), **answers) as stage:
        await stage.press("1", "l")
        await until(stage, lambda: stage.app._notifications)
        assert "drone-Izar has no log" in stage.text()
        assert isinstance(stage.app.screen, Dashboard)


# -- following


async def test_it_follows_until_one_scrolls_up(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        view, story = view_of(stage), stage.story
        assert view.following
        assert "● follow" in status(stage)
        story.write(attempt_of(story), b"one more\n")
        await stage.settle()
        await ready(stage)
        assert "one more" in stage.text()
        await press(stage, "up")
        assert not view.following
        assert "○ follow" in status(stage)
        story.write(attempt_of(story), b"and another\n")
        await stage.settle()
        await ready(stage)
        assert "and another" not in stage.text()
        await press(stage, "end")
        assert view.following
        assert "and another" in stage.text()


async def test_scrolling_to_the_end_follows_again(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        view = view_of(stage)
        await press(stage, "pageup")
        assert not view.following
        await press(stage, "pagedown")
        assert view.following
        await press(stage, "f")
        assert not view.following
        await press(stage, "f")
        assert view.following


async def test_growth_is_heard_of_and_not_asked_for(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        before = len(stage.operator.fetched)
        for _ in range(5):
            await stage.settle()
        assert len(stage.operator.fetched) == before
        stage.story.write(attempt_of(stage.story), b"one more\n")
        await stage.settle()
        await ready(stage)
        (asked,) = stage.operator.fetched[before:]
        assert f"offset={len(log_of())}&limit=9" in asked


async def test_a_log_that_has_not_begun(open_console: Open) -> None:
    story = building()
    async with open_console(story) as stage:
        doors.log(stage.app, attempt_of(story))
        await stage.settle()
        await until(stage, lambda: view_of(stage).trouble)
        assert "there is no log of attempt 3" in stage.text()
        story.write(attempt_of(story), b"it begins\n")
        await stage.settle()
        await until(stage, lambda: "it begins" in stage.text())


async def test_what_came_before_anybody_listened_shows(open_console: Open) -> None:
    story = building()
    number = attempt_of(story)
    story.write(number, b"what is there\n")
    story.early = [story._opening(None, None)]
    story.listened_to.clear()
    async with open_console(story) as stage:
        await until(stage, lambda: stage.app.mirror.known)
        doors.log(stage.app, number)
        await until(stage, lambda: "what is there" in stage.text())
        story.write(number, b"nobody was told of this\n")
        story.listened_to.set()
        await until(stage, lambda: "nobody was told of this" in stage.text())


@pytest.mark.parametrize("build_ends", [False, True])
async def test_what_came_while_the_gateway_was_gone_shows(build_ends: bool, open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        story, number = stage.story, attempt_of(stage.story)
        await press(stage, "up", "f")
        story.vanish()
        await stage.settle()
        story.write(number, b"nobody was told of this\n")
        if build_ends:
            story.stage("drone-Izar")
        story.return_()
        await until(stage, lambda: "nobody was told of this" in stage.text())


async def test_where_one_does_not_follow_only_the_length_is_asked_for(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        story, number = stage.story, attempt_of(stage.story)
        await press(stage, "g")
        story.vanish()
        await stage.settle()
        story.write(number, log_of())
        story.return_()
        await until(stage, lambda: view_of(stage).size_in_bytes == 2 * len(log_of()))
        await ready(stage)
        assert view_of(stage).begin == 0
        assert not view_of(stage).following


async def test_a_log_that_began_while_the_gateway_was_gone_shows(open_console: Open) -> None:
    story = building()
    async with open_console(story) as stage:
        doors.log(stage.app, attempt_of(story))
        await until(stage, lambda: "there is no log of attempt 3" in stage.text())
        story.vanish()
        await stage.settle()
        story.write(attempt_of(story), b"nobody was told of this\n")
        story.return_()
        await until(stage, lambda: "nobody was told of this" in stage.text())


async def test_it_comes_back_with_the_gateway(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        stage.story.vanish()
        await stage.settle()
        await stage.press("g")
        await until(stage, lambda: view_of(stage).trouble or view_of(stage).begin == 0)
        await stage.press("pagedown", *["pagedown"] * 200)
        await until(stage, lambda: view_of(stage).trouble)
        assert "▲ stale since" in stage.text()
        assert "Building object" in stage.text(), "the last picture stays"
        assert "▲ no gateway answers" in status(stage)
        stage.story.return_()
        await stage.settle()
        await ready(stage)
        assert not view_of(stage).trouble
        assert "● live" in stage.text()


# -- moving


async def test_ends_pages_and_rows(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        view = view_of(stage)
        await press(stage, "g")
        assert view.begin == 0
        assert "[   1/5000]" in stage.text()
        await press(stage, "down", "j", "k")
        assert view.shown[0].text.startswith("[   2/5000]")
        await press(stage, "space")
        height = view.size.height
        assert view.shown[0].text.startswith(f"[{height + 1:4}/5000]")
        await press(stage, "b", "home")
        assert view.begin == 0
        await press(stage, "0")
        assert view.at_end
        await press(stage, "1")
        assert view.begin == 0


async def test_the_wheel_and_the_bar(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        view, bar = view_of(stage), stage.app.screen.query_one(LogBar)
        end = view.begin
        await stage.pilot._post_mouse_events([events.MouseScrollUp], view)
        await ready(stage)
        assert view.shown[0].text.startswith("[")
        assert view.begin < end
        await stage.pilot.mouse_down(bar, offset=(0, bar.size.height - 1))
        await stage.pilot.hover(bar, offset=(0, bar.size.height // 2))
        await stage.pilot.mouse_up(bar, offset=(0, bar.size.height // 2))
        await ready(stage)
        assert 0.3 < view.begin / view.size_in_bytes < 0.7
        await stage.pilot.click(bar, offset=(0, 0))
        await ready(stage)
        assert view.begin / view.size_in_bytes < 0.7


async def test_wrap(open_console: Open) -> None:
    long = b"a" * 250 + b"\n"
    async with reading(open_console, log_of(100) + long, size=(100, 24)) as stage:
        view = view_of(stage)
        assert stage.text().count("›") == 1
        await press(stage, "w")
        assert "● wrap" in status(stage)
        assert stage.text().count("⋯") == 2
        assert "".join(line.text for line in view.shown).count("a") == 250
        assert view.at_end
        await press(stage, "w")
        assert stage.text().count("⋯") == 0


async def test_sideways(open_console: Open) -> None:
    async with reading(open_console, b"0123456789abcdefghij" * 20 + b"\n") as stage:
        await press(stage, "right")
        assert stage.text().splitlines()[1].startswith("  ghij0123")
        await press(stage, "left", "left")
        assert stage.text().splitlines()[1].startswith("  01234567")


async def test_where_one_is_shows(open_console: Open) -> None:
    async with reading(open_console, log_of(), size=(120, 36)) as stage:
        await until(stage, lambda: "of 5,000" in status(stage))
        view = view_of(stage)
        assert f"line {5000 - view.size.height + 1:,} of 5,000" in status(stage)
        assert status(stage).rstrip().endswith("100%")
        await press(stage, "g")
        assert "line 1 of 5,000" in status(stage)
        stage.story.write(attempt_of(stage.story), log_of(100))
        await stage.settle()
        await ready(stage)
        assert "line 1 of 5,000+" in status(stage), "what came is not read to be counted"
        await press(stage, "G")
        assert "of 5,100" in status(stage)


async def test_lines_of_a_long_log_have_numbers_once_all_are_counted(open_console: Open) -> None:
    text = log_of(300_000)
    async with reading(open_console, text, size=(120, 36)) as stage:
        assert len(text) > COUNTED
        assert "line " not in status(stage)
        await press(stage, "g")
        assert "line " not in status(stage)
        await stage.press("slash", *"/300000] Building object299999.o", "enter")
        await until(stage, lambda: "⌕ 1 of 1" in status(stage))
        await until(stage, lambda: "of 300,000" in status(stage))
        await press(stage, "escape", "G")
        stage.story.write(attempt_of(stage.story), log_of(10_000))
        await until(stage, lambda: "of 310,000" in status(stage))


# -- searching


async def test_search_counts_and_walks(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        view = view_of(stage)
        await press(stage, "g", "slash", *r"object\d*7\.", "enter")
        await until(stage, lambda: "1 of 500" in status(stage))
        assert view.shown[6].text.startswith("[   7/5000]")
        assert "❯ [   7/5000]" in stage.text()
        await press(stage, "n")
        await until(stage, lambda: "2 of 500" in status(stage))
        await press(stage, "N")
        await until(stage, lambda: "1 of 500" in status(stage))
        await press(stage, "N")
        await until(stage, lambda: "500 of 500" in status(stage))
        assert "from the end again" in status(stage)
        await press(stage, "n")
        await until(stage, lambda: "1 of 500" in status(stage))
        assert "from the top again" in status(stage)


async def test_search_in_a_followed_log_begins_with_the_newest(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        await press(stage, "slash", *"object1", "enter")
        await until(stage, lambda: "1,111 of 1,111" in status(stage))
        await ready(stage)
        assert "❯ [1999/5000]" in stage.text()


async def test_search_goes_on_as_the_log_grows(open_console: Open) -> None:
    async with reading(open_console, log_of(10)) as stage:
        await press(stage, "slash", *"needle", "enter")
        await until(stage, lambda: "nothing found" in status(stage))
        stage.story.write(attempt_of(stage.story), b"a needle\n")
        await stage.settle()
        await until(stage, lambda: "1 found" in status(stage))
        await press(stage, "n")
        await until(stage, lambda: "1 of 1" in status(stage))


async def test_escape_undoes_one_thing_after_the_other(open_console: Open) -> None:
    async with reading(open_console, log_of(10)) as stage:
        await press(stage, "z", "slash", *"object", "enter", "slash", *"x")
        await press(stage, "escape")
        assert stage.app.focused is view_of(stage)
        await until(stage, lambda: view_of(stage).found is not None)
        await press(stage, "escape")
        assert view_of(stage).found is None
        assert stage.app.screen.has_class("-full")
        await press(stage, "escape")
        assert not stage.app.screen.has_class("-full")
        await stage.press("escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_a_bad_pattern_is_shown_as_one(open_console: Open) -> None:
    async with reading(open_console, log_of(10)) as stage:
        entry = stage.app.screen.query_one("Input")
        await press(stage, "slash", *"(((", "enter")
        assert entry.has_class("-wrong")
        assert entry.display
        assert "✗ missing ), unterminated subpattern" in status(stage)
        await press(stage, "backspace", "backspace", "backspace", *"object", "enter")
        assert not entry.has_class("-wrong")
        await until(stage, lambda: "of 10" in status(stage))


async def test_a_pattern_that_runs_away_ends_with_words(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from swarm_console.logs import stretch
    from swarm_console.panes import canvas

    monkeypatch.setattr(stretch, "SECONDS", 0.3)
    monkeypatch.setattr(canvas, "HIGHLIGHT_SECONDS", 0.05)
    async with reading(open_console, b"a" * 3000 + b"!\n", size=(120, 24)) as stage:
        await stage.press("slash", *"(a|aa)+$", "enter")
        await until(stage, lambda: "it takes too long" in status(stage))
        await press(stage, "escape")
        assert "○ wrap" in status(stage)


async def test_a_search_can_be_given_up(open_console: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with reading(open_console, log_of()) as stage:
        await stage.press("slash", *"object", "enter", "escape")
        await until(
            stage, lambda: all(worker.is_finished for worker in stage.app.workers if worker.group == "count")
        )
        assert "⌕" not in status(stage)


# -- errors


def failing() -> tuple[Story, int, list[int]]:
    """A build that failed, its attempt, and the offsets of two lines of evidence."""
    story = planned()
    number = story.work("drone-Izar")
    text = log_of(2000) + ERROR + log_of(500) + b"ninja: build stopped\n" + log_of(300)
    story.write(number, text)
    places = tuple(
        Place(text.count(b"\n", 0, at) + 1, at) for at in (text.index(ERROR), text.index(b"ninja"))
    )
    found = Diagnosis(
        "compile-error", "human", "the compiler refused a source file", evidence=("a", "b"), places=places
    )
    story.fail("drone-Izar", found)
    return story, number, [place.offset for place in places]


async def test_e_goes_from_proof_to_proof(open_console: Open) -> None:
    story, number, evidence = failing()
    async with open_console(story, size=(120, 30)) as stage:
        doors.log(stage.app, number)
        await stage.settle()
        await ready(stage)
        assert "✗ failed" in stage.text()
        assert "▶ compile-error: the compiler refused a source file" in status(stage)
        for place in (0, 1, 0):
            await press(stage, "e")
            assert view_of(stage).found == evidence[place]
            assert ("▶ ../lib/Foo.cpp:14:3: error:", "▶ ninja: build stopped")[place] in stage.text()


async def test_evidence_is_marked(open_console: Open) -> None:
    story, number, evidence = failing()
    async with open_console(story, size=(120, 30)) as stage:
        doors.log(stage.app, number, evidence[0])
        await stage.settle()
        await ready(stage)
        assert "▶ ../lib/Foo.cpp:14:3: error:" in stage.text()
        assert not view_of(stage).following


async def test_e_without_a_diagnosis_goes_by_the_rules(open_console: Open) -> None:
    text = (
        log_of(2000) + ERROR + b"checking whether to error: no\n" + log_of(2000) + ERROR.replace(b"14", b"15")
    )
    first, second = (text.index(b"Foo.cpp:%d" % line) - len("../lib/") for line in (14, 15))
    async with reading(open_console, text + log_of(10), size=(120, 24)) as stage:
        for place in (first, second, first):
            await stage.press("e")
            await until(stage, lambda: view_of(stage).found == place)  # noqa: B023
        await ready(stage)
        assert view_of(stage).marks == [first, second]
        assert "▶ ../lib/Foo.cpp:14:3: error:" in stage.text()
        assert "▶ looks like compile-error: it does not compile" in status(stage)
        await press(stage, "e")
        third = view_of(stage).size_in_bytes
        stage.story.write(attempt_of(stage.story), ERROR.replace(b"14", b"16"))
        await stage.settle()
        await stage.press("e")
        await until(stage, lambda: view_of(stage).found == third)
        assert view_of(stage).marks == [first, second, third]


async def test_e_of_a_long_log_reads_its_ends(open_console: Open) -> None:
    text = log_of(300_000) + ERROR + log_of(1000)
    async with reading(open_console, text) as stage:
        before = len(stage.operator.fetched)
        await press(stage, "e")
        assert view_of(stage).found == text.index(ERROR)
        assert len(stage.operator.fetched) - before <= 4


async def test_e_of_a_long_log_reads_on_where_its_ends_prove_nothing(open_console: Open) -> None:
    text = log_of(100_000) + ERROR + log_of(200_000)
    async with reading(open_console, text) as stage:
        await press(stage, "e")
        assert view_of(stage).found == text.index(ERROR)


async def test_looking_for_an_error_can_be_given_up(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = threading.Event()
    async with reading(open_console, log_of()) as stage:
        screen = stage.app.screen
        assert isinstance(screen, LogScreen)
        read = screen.source.read

        def slow(offset: int, length: int) -> Piece:
            waits.wait(60)
            return read(offset, length)

        monkeypatch.setattr(screen.source, "read", slow)
        await stage.press("e")
        await until(stage, lambda: "⌕ looking for an error, 0% read" in status(stage))
        await stage.press("escape")
        waits.set()
        await ready(stage)
        assert "looking" not in status(stage)
        assert not screen.hunts
        assert stage.app.screen is screen


async def test_a_wrong_rule_of_ones_own_is_told(
    open_console: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    own = tmp_path / "build-swarm" / "failures.d"
    own.mkdir(parents=True)
    (own / "mine.toml").write_text('[[rule]]\nkind = "x"\n')
    async with reading(open_console, log_of() + ERROR) as stage:
        await stage.press("e")
        await until(stage, lambda: stage.app._notifications)
        assert "mine.toml: rule 1" in stage.text()


async def test_e_where_all_is_well(open_console: Open) -> None:
    async with reading(open_console, log_of(2000)) as stage:
        await stage.press("e")
        await until(stage, lambda: stage.app._notifications)
        assert "no line tells of an error" in stage.text()


# -- times, full screen


async def test_times(open_console: Open) -> None:
    story = building()
    number = attempt_of(story)
    async with open_console(story) as stage:
        for seconds in (0, 5, 60):
            story.now += seconds
            story.write(number, b"first\nsecond\n")
        doors.log(stage.app, number)
        await stage.settle()
        await ready(stage)
        await press(stage, "t")
        assert "● times" in status(stage)
        rows = [line for line in stage.text().splitlines() if "first" in line or "second" in line]
        clocks = [row[2:10] for row in rows]
        assert [bool(clock.strip()) for clock in clocks] == [True, False] * 3
        assert clocks[0] < clocks[2] < clocks[4]
        story.now += 7
        story.write(number, b"third\n")
        await stage.settle()
        await ready(stage)
        (row,) = [line for line in stage.text().splitlines() if "third" in line]
        assert row[2:10] > clocks[4]
        await press(stage, "t")
        assert "○ times" in status(stage)


async def test_digits_go_back_in_time(open_console: Open) -> None:
    story = building()
    number = attempt_of(story)
    async with open_console(story, size=(100, 24)) as stage:
        for minute in range(90):
            story.write(number, b"".join(b"minute %d, line %d\n" % (minute, line) for line in range(40)))
            story.now += 60
        doors.log(stage.app, number)
        await stage.settle()
        await ready(stage)
        for key, back in (("2", 1), ("3", 5), ("4", 15), ("5", 30), ("6", 60)):
            await press(stage, key)
            await until(stage, lambda: view_of(stage).shown[0].text == f"minute {89 - back}, line 0")  # noqa: B023
        assert not view_of(stage).following
        story.logs[number].arrivals.clear()
        await press(stage, "2")
        await until(stage, lambda: stage.app._notifications)
        assert "nobody knows when this log arrived" in stage.text()


async def test_the_command_is_copied(open_console: Open) -> None:
    async with reading(open_console, log_of(10)) as stage:
        await press(stage, "c")
        assert stage.app.clipboard == "build-swarm logs 3"


async def test_what_the_mouse_selects_is_copied(open_console: Open) -> None:
    async with reading(open_console, b"the first line\n\nthe third \xe6\x97\xa5 line\n\n") as stage:
        view = view_of(stage)
        await stage.pilot.mouse_down(view, offset=(6, 0))
        await stage.pilot.hover(view, offset=(10, 2))
        await stage.pilot.mouse_up(view, offset=(10, 2))
        await stage.pilot.pause()
        assert stage.app.screen.get_selected_text() == "first line\n\nthe third"
        stage.story.write(attempt_of(stage.story), b"more\n")
        await stage.settle()
        await ready(stage)
        assert not stage.app.screen.get_selected_text()


async def test_unknown_times_stay_empty(open_console: Open) -> None:
    async with reading(open_console, b"first\n") as stage:
        stage.story.logs[attempt_of(stage.story)].arrivals.clear()
        await press(stage, "t")
        (row,) = [line for line in stage.text().splitlines() if "first" in line]
        assert row.startswith(" " * 11 + "first")


async def test_full_screen(open_console: Open) -> None:
    async with reading(open_console, log_of(), size=(80, 24)) as stage:
        await press(stage, "z")
        assert view_of(stage).size.height == 24
        assert "follow" not in stage.text()
        await press(stage, "z")
        assert view_of(stage).size.height == 21


async def test_switches_can_be_clicked(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        line = stage.app.screen.query_one(LogStatus)
        for word, turned in (("wrap", "wrap"), ("times", "clocks"), ("follow", "following")):
            was = getattr(view_of(stage), turned)
            await stage.pilot.click(line, offset=(status(stage).index(word) - 1, 0))
            await ready(stage)
            assert getattr(view_of(stage), turned) is not was


# -- saving


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"  # what the console remembers is written beside it, at any time
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def name(stage: Stage, *keys: str) -> None:
    """Answer the dialog that asks for a file."""
    await until(stage, lambda: isinstance(stage.app.screen, SaveDialog))
    await stage.pilot.pause()
    await stage.press(*keys)


async def told(stage: Stage) -> str:
    await until(stage, lambda: stage.app._notifications and not stage.app.orders.busy)
    return list(stage.app._notifications)[-1].message


@pytest.mark.parametrize("key", ["s", "ctrl+s"])
async def test_save(key: str, open_console: Open, here: Path) -> None:
    text = log_of(100_000)
    async with reading(open_console, text) as stage:
        await stage.press(key)
        await name(stage, "enter")
        assert "rust-1.88.0-3.log" in await told(stage)
        assert (here / "rust-1.88.0-3.log").read_bytes() == text
        assert [path.name for path in here.iterdir()] == ["rust-1.88.0-3.log"]


async def test_a_file_that_is_there_is_kept_unless_one_says_yes(open_console: Open, here: Path) -> None:
    (here / "rust-1.88.0-3.log").write_text("precious")
    async with reading(open_console, log_of()) as stage:
        for answer, kept in (("n", True), ("y", False)):
            await stage.press("s")
            await name(stage, "enter")
            await until(stage, lambda: isinstance(stage.app.screen, Confirm))
            await stage.pilot.pause()
            assert "rust-1.88.0-3.log is there, 8 B" in stage.text()
            await stage.press(answer)
            await until(stage, lambda: isinstance(stage.app.screen, LogScreen) and not stage.app.orders.busy)
            if kept:
                assert (here / "rust-1.88.0-3.log").read_text() == "precious"
        await told(stage)
        assert (here / "rust-1.88.0-3.log").read_bytes() == log_of()
        assert [path.name for path in here.iterdir()] == ["rust-1.88.0-3.log"]


TROUBLES = {
    "no such folder": ("nowhere/x.log", "no such file or directory"),
    "a folder": (".", "is a directory"),
    "a full disk": ("/dev/full", "no space left on device"),
    "a name that is too long": ("x" * 300, "file name too long"),
}


@pytest.mark.parametrize(("typed", "said"), TROUBLES.values(), ids=TROUBLES)
async def test_what_cannot_be_written_is_said(typed: str, said: str, open_console: Open, here: Path) -> None:
    async with reading(open_console, log_of()) as stage:
        await stage.press("s")
        await until(stage, lambda: isinstance(stage.app.screen, SaveDialog))
        stage.app.screen.query_one("Input").value = typed
        await stage.press("enter")
        await until(stage, lambda: stage.app._notifications or isinstance(stage.app.screen, Confirm))
        if isinstance(stage.app.screen, Confirm):
            await stage.press("y")
        assert said in (await told(stage)).lower()
        assert list(here.iterdir()) == []


async def test_saving_can_be_given_up(open_console: Open, here: Path) -> None:
    async with reading(open_console, log_of()) as stage:
        await stage.press("s")
        await name(stage, "escape")
        assert isinstance(stage.app.screen, LogScreen)
        assert list(here.iterdir()) == []


async def test_a_connection_that_breaks_leaves_no_half_file(open_console: Open, here: Path) -> None:
    async with reading(open_console, log_of()) as stage:
        stage.story.gone = "the connection is refused"
        await stage.press("s")
        await name(stage, "enter")
        assert "no gateway answers" in await told(stage)
        assert list(here.iterdir()) == []


# -- small and large


@pytest.mark.parametrize("size", [(60, 16), (60, 20), (80, 24), (200, 60)])
async def test_every_size(size: tuple[int, int], open_console: Open) -> None:
    async with reading(open_console, log_of(), size=size) as stage:
        assert "[5000/5000] Building object5000.o" in stage.text()
        assert status(stage).rstrip().endswith("100%")
        await stage.pilot.resize_terminal(100, 30)
        await ready(stage)
        assert view_of(stage).at_end


async def test_an_empty_log(open_console: Open) -> None:
    async with reading(open_console, b"") as stage:
        assert "nothing has been written yet" in stage.text()
        for key in ("g", "G", "down", "pageup", "w", "t", "e", "n"):
            await stage.press(key)
        assert isinstance(stage.app.screen, LogScreen)


async def test_only_what_shows_is_read(open_console: Open) -> None:
    async with reading(open_console, log_of(1_000_000), size=(200, 60)) as stage:
        limits = [int(path.rpartition("=")[2]) for path in stage.operator.fetched]
        assert sum(limits) <= 3 * PAGE
        await press(stage, *["pageup"] * 10)
        assert len(stage.operator.fetched) <= len(limits) + 1


async def test_a_build_that_is_taken_back_while_one_reads(open_console: Open) -> None:
    async with reading(open_console, log_of()) as stage:
        stage.story.tell(c.OpenSession(clear=True))
        await stage.settle()
        await ready(stage)
        assert "[5000/5000] Building object5000.o" in stage.text()
