"""Replays by keys and by mouse: the whole console shows the past, and nothing can be done to it."""

import pytest

from swarm_console.manners.attention import claims, headline
from swarm_console.panes.playbar import PlayBar
from swarm_console.replay.player import Player
from swarm_console.replay.recorded import Replay
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.package import PackageScreen
from swarm_console.screens.sessions import SessionsScreen
from swarm_console.screens.timeline import TimelineScreen
from swarm_node.model import commands as c
from swarm_node.model.apply import fold
from swarm_node.model.refusal import Refused
from swarm_node.model.state import State
from tests.tui.conftest import Open, Stage
from tests.tui.scenes.replay import recorded
from tests.tui.story import Story, building
from tests.tui.test_hostile import NAMES, check, infested
from tests.tui.test_keys import toasts
from tests.tui.watching import until
from tests.unit.stories import encoded


def replay(stage: Stage) -> Replay:
    found = stage.app.projector.replay
    assert found is not None
    return found


def player(stage: Stage) -> Player:
    return replay(stage).player


def truth(stage: Stage) -> bytes:
    """The state as a fold of the log has it there."""
    upto = replay(stage).reel.recorded.first + player(stage).index
    return encoded(fold(State(), (record.event for record in stage.story.told[:upto])))


async def go(stage: Stage, *keys: str) -> None:
    """Press keys, and see that the console shows what was true there."""
    await stage.press(*keys)
    await stage.settle()
    assert encoded(stage.app.mirror.state) == truth(stage)


async def test_it_begins_where_the_session_was_opened(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        assert (player(stage).index, player(stage).playing) == (0, False)
        await until(stage, lambda: "paused" in stage.text())
        text = stage.text()
        assert "▶ REPLAY" in text.splitlines()[0]
        assert "‖ REPLAY  session 1" in text
        assert "event 0 of 147" in text
        assert stage.app.mirror.state.session.phase == "syncing"


async def test_every_key_moves_and_the_console_shows_what_was_true(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        places = []
        for key in (
            *("right", "right", "shift+right", "full_stop", "comma", "left", "shift+left", "m", "m", "M"),
            *("full_stop", "full_stop"),
        ):
            await go(stage, key)
            places.append(player(stage).index)
        assert places[0] == 0, "the preparation took longer than one step"
        assert places[7] < places[8]
        assert places[7] == places[9]
        assert places[-1] == places[9] + 2
        marks = [mark.number for mark in player(stage).marks]
        assert places[7:9] == marks[:2]


async def test_home_and_end_where_no_table_has_them(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        stage.app.screen.query_one(PlayBar).focus()
        await go(stage, "end")
        assert player(stage).over
        await until(stage, lambda: "■ REPLAY" in stage.text())
        assert "over" in stage.text()
        await go(stage, "home")
        assert player(stage).index == 0
        await go(stage, "left", "comma", "M")
        assert player(stage).index == 0


async def test_speeds(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        seen = [player(stage).speed]
        for key in ("greater_than_sign", "plus", "equals_sign", "plus", "less_than_sign", "minus"):
            await stage.press(key)
            seen.append(player(stage).speed)
        assert seen == [10, 60, 600, 3600, 3600, 600, 60]
        await until(stage, lambda: "60×" in stage.text())


async def test_it_plays_with_the_sessions_own_clock(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        opened = player(stage).at
        await stage.press("space")
        assert player(stage).playing
        await until(stage, lambda: "▶ REPLAY  session 1" in stage.text())
        stage.story.now += 60.0
        await until(stage, lambda: player(stage).at > opened + 300)
        await stage.settle()
        assert encoded(stage.app.mirror.state) == truth(stage)
        assert stage.app.picture().now == player(stage).at
        assert stage.app.picture().totals.building > 0
        await go(stage, "space")
        assert not player(stage).playing
        at = player(stage).at
        stage.story.now += 60.0
        await stage.settle()
        assert player(stage).at == at


async def test_it_plays_to_the_end_and_stands(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        await stage.press("space")
        for _ in range(100):
            if player(stage).over:
                break
            before = player(stage).at
            stage.story.now += 60.0
            await until(stage, lambda before=before: player(stage).at != before)  # type: ignore[misc]
        await stage.settle()
        assert (player(stage).over, player(stage).playing) == (True, False)
        assert encoded(stage.app.mirror.state) == truth(stage)


async def test_a_click_on_the_bar_goes_there(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        bar = stage.app.screen.query_one(PlayBar)
        await stage.pilot.click(bar, offset=(60, 1))
        await stage.settle()
        assert 0.45 < player(stage).share < 0.55
        assert encoded(stage.app.mirror.state) == truth(stage)
        await stage.pilot.click(bar, offset=(5, 0))
        assert player(stage).playing
        await stage.pilot.click(bar, offset=(118, 1))
        await stage.settle()
        assert player(stage).over


async def test_every_screen_shows_the_past_and_the_bar(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        replay(stage).go_to(0.5)
        await stage.settle()
        running = {build.id for build in stage.app.picture().running}
        await stage.press("2", "enter")
        assert isinstance(stage.app.screen, PackageScreen)
        assert stage.app.screen.build in running
        assert stage.app.screen.query_one(PlayBar).size.height == 2
        await stage.press("escape", "T")
        assert isinstance(stage.app.screen, TimelineScreen)
        await until(stage, lambda: "REPLAY  session 1" in stage.text())
        await go(stage, "m")
        assert "critical path" in stage.text()
        await go(stage, "comma", "comma", "M")


async def test_events_are_those_before_the_moment(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        for share in (0.7, 0.2, 0.9):
            replay(stage).go_to(share)
            await stage.settle()
            seqs = [record.seq for record in stage.app.picture().events]
            assert seqs[0] == stage.app.mirror.state.seq
            assert seqs == list(range(seqs[0], seqs[-1] - 1, -1))
            assert len(seqs) == player(stage).index


@pytest.mark.parametrize("key", ["b", "u", "R", "v", "F", "p", "w"])
async def test_nothing_can_be_done_to_the_past(key: str, open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        stage.app.screen.query_one(PlayBar).focus()
        await go(stage, "end")
        await stage.press(key)
        await until(stage, lambda: bool(toasts(stage)))
        assert "this is a replay" in toasts(stage)[-1][0]
        assert stage.operator.acted == []
        assert isinstance(stage.app.screen, Dashboard)


async def test_a_cure_of_what_was_blocked_is_shown_and_not_done(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        stage.app.screen.query_one(PlayBar).focus()
        await go(stage, "end")
        assert stage.app.picture().blocked
        await stage.press("n")
        assert not isinstance(stage.app.screen, Dashboard)
        await stage.press("enter")
        await until(stage, lambda: bool(toasts(stage)))
        assert "this is a replay" in toasts(stage)[-1][0]
        assert stage.operator.acted == []


async def test_releases_of_then_are_shown_and_no_other_becomes_live(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        stage.app.screen.query_one(PlayBar).focus()
        await go(stage, "end")
        await stage.press("r")
        await until(stage, lambda: "clients see 1" in stage.text())
        await stage.press("B")
        await until(stage, lambda: bool(toasts(stage)))
        assert "this is a replay" in toasts(stage)[-1][0]
        await stage.press("escape", "left", "left")
        assert stage.app.picture().state.current is None


async def test_the_windows_title_says_that_it_is_a_replay(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        stage.app.screen.query_one(PlayBar).focus()
        await go(stage, "end")
        picture = stage.app.picture()
        assert picture.next.tone == "attention"
        assert headline(picture) == "REPLAY session 1 – Build Swarm"
        assert not claims(picture)


async def test_actions_give_their_places_in_the_footer_to_the_keys_of_the_replay(open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        footer = stage.text().splitlines()[-1]
        assert "space Play" in footer
        assert "m Mark" in footer
        assert "finalize" not in footer


async def test_without_a_replay_its_keys_are_nobodys(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("space", "m", "comma", "left")
        assert "Play" not in stage.text().splitlines()[-1]
        assert not toasts(stage)
        assert not stage.app.query(PlayBar)


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_a_replay_that_was_asked_for_is_left_for_the_shell(key: str, open_console: Open) -> None:
    async with open_console(recorded(), replay="1") as stage:
        await stage.press("T", "escape")
        assert isinstance(stage.app.screen, Dashboard)
        await stage.pilot.press(key)
        await stage.pilot.pause()
        assert stage.app._exit


# -- from the live console and back


async def enter(stage: Stage, *keys: str) -> None:
    await stage.press("S")
    assert isinstance(stage.app.screen, SessionsScreen)
    await until(stage, lambda: "in the log" in stage.text())
    await stage.press(*keys, "enter")
    await until(stage, lambda: stage.app.projector.replay is not None)
    await stage.settle()


async def test_sessions_are_listed_and_one_is_shown_again(open_console: Open) -> None:
    async with open_console(recorded()) as stage:
        await enter(stage, "down")
        assert isinstance(stage.app.screen, Dashboard)
        assert replay(stage).reel.recorded.session == 1
        await until(stage, lambda: "‖ REPLAY  session 1" in stage.text())
        await go(stage, "m")
        await stage.press("S")
        await until(stage, lambda: "in the log" in stage.text())


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_one_comes_back_to_what_is_live(key: str, open_console: Open) -> None:
    async with open_console(recorded()) as stage:
        await enter(stage, "down")
        await go(stage, "m")
        stage.story.stage("drone-Izar", 30.0)
        await stage.press(key)
        assert stage.app.projector.replay is None
        await stage.settle()
        assert encoded(stage.app.mirror.state) == encoded(stage.story.state)
        assert stage.app.picture().totals.complete == 1
        assert not stage.app.query(PlayBar)
        assert "● live" in stage.text()
        assert "REPLAY" not in stage.text()
        await stage.press("p")
        await until(stage, lambda: stage.story.state.held)


async def test_from_one_replay_into_another_and_back(open_console: Open) -> None:
    async with open_console(recorded()) as stage:
        await enter(stage, "down")
        await stage.press("S")
        await until(stage, lambda: "in the log" in stage.text())
        await stage.press("home", "enter")
        await until(stage, lambda: replay(stage).reel.recorded.session == 2)
        await stage.settle()
        await stage.press("q")
        assert stage.app.projector.replay is None
        await stage.settle()
        assert encoded(stage.app.mirror.state) == encoded(stage.story.state)


async def test_a_read_only_console_stays_one(open_console: Open) -> None:
    async with open_console(recorded(), readonly=True) as stage:
        await enter(stage, "down")
        assert "this is a replay" in stage.app.locked
        await stage.press("q")
        assert "read only" in stage.app.locked


async def test_a_session_that_cannot_be_fetched_is_told(open_console: Open) -> None:
    async with open_console(recorded()) as stage:
        await stage.press("S")
        await until(stage, lambda: "in the log" in stage.text())
        stage.story.vanish("the connection is refused")
        await stage.press("enter")
        await until(stage, lambda: bool(toasts(stage)))
        assert "no gateway answers" in toasts(stage)[-1][0]
        assert stage.app.projector.replay is None
        assert not stage.app.orders.busy


async def test_a_log_that_cannot_be_read_is_told_in_the_list(open_console: Open) -> None:
    story = Story()
    async with open_console(story) as stage:
        story.vanish("[/x] \x1b[2Jgone")
        await stage.press("S")
        await until(stage, lambda: "no gateway answers" in stage.text())
        check(stage)


async def test_the_past_rings_no_bell_and_is_not_remembered_as_seen(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(recorded()) as stage:
        rung: list[int] = []
        monkeypatch.setattr(stage.app, "bell", lambda: rung.append(1))
        await enter(stage, "down")
        await go(stage, "m", "m", "m", "m", "m")
        stage.app.absence.note()
        assert not rung
    seen = stage.app.notebook.read().seen.values()
    assert all(look.seq == stage.story.state.seq for look in seen)


async def test_a_story_that_grows_is_replayed_as_far_as_it_was(open_console: Open) -> None:
    async with open_console(recorded(), replay="last") as stage:
        stage.story.stage("drone-Izar", 30.0)
        stage.story.tell(c.HoldSwarm(held=True))
        stage.app.screen.query_one(PlayBar).focus()
        await go(stage, "end")
        assert stage.app.mirror.state.seq < stage.story.state.seq


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 60)])
async def test_every_size(size: tuple[int, int], open_console: Open) -> None:
    async with open_console(recorded(), size=size, replay="1") as stage:
        replay(stage).go_to(0.5)
        await stage.settle()
        await until(stage, lambda: "paused 10×" in stage.text())
        for line in ("● building", "● ", "✗"):
            assert line in stage.text()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_hostile_names(name: str, open_console: Open) -> None:
    async with open_console(infested(name), replay="last") as stage:
        await stage.press("m")
        await stage.settle()
        check(stage)
        await stage.press("T", "escape", "3", "enter", "escape", "5")
        check(stage)


async def test_a_refusal_of_the_swarm_is_told(open_console: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Refused("unknown_session", "the log has no session 1 [/x]", "see them [b]")

    async with open_console(recorded()) as stage:
        monkeypatch.setattr("swarm_console.replay.recordings.load", refuse)
        stage.app.projector.open(1)
        await until(stage, lambda: bool(toasts(stage)))
        assert toasts(stage)[-1] == ("the log has no session 1 [/x]\n→ see them [b]", "error")
