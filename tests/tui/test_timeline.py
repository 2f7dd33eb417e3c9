"""The timeline by keys and by mouse: marks, zoom, scrolling, the critical path, and any length."""

from collections.abc import Callable

import pytest
from textual.events import MouseScrollDown, MouseScrollUp

from swarm_console.panes.gantt import Gantt
from swarm_console.panes.view import View
from swarm_console.screens.package import PackageScreen
from swarm_console.screens.timeline import TimelineScreen
from swarm_node.model import commands as c
from swarm_node.model.lanes import Lane
from swarm_node.model.state import Attempt
from tests.tui.conftest import Open, Stage
from tests.tui.scenes.timeline import crowd, early, finished, full, troubled, work
from tests.tui.story import Story, empty, planned
from tests.tui.test_hostile import NAMES, check, infested


def view(stage: Stage) -> View:
    return stage.app.screen.query_one(Gantt).view


def marked(stage: Stage) -> Attempt:
    found = view(stage).marked
    assert found is not None
    return found


def lane_of(stage: Stage) -> Lane:
    lane = view(stage).lane
    assert lane is not None
    return lane


async def test_its_key_opens_it_and_escape_goes_back(open_console: Open) -> None:
    async with open_console(early()) as stage:
        await stage.press("T")
        assert isinstance(stage.app.screen, TimelineScreen)
        text = stage.text()
        for word in ("Timeline", "critical path", "drone-Izar", "✓ openssl", "● curl", "▼", "busy"):
            assert word in text
        await stage.press("escape")
        assert not isinstance(stage.app.screen, TimelineScreen)


async def test_the_palette_opens_it(open_console: Open) -> None:
    async with open_console(early()) as stage:
        await stage.press("ctrl+p", *"timeline", "enter")
        await stage.settle()
        assert isinstance(stage.app.screen, TimelineScreen)


async def test_what_ends_last_is_marked_and_explained(open_console: Open) -> None:
    async with open_console(finished()) as stage:
        await stage.press("T")
        last = max(stage.story.state.attempts.values(), key=lambda attempt: attempt.ended or 0.0)
        assert marked(stage) == last
        text = stage.text()
        assert f"✓ {last.build}   #{last.number} on {last.node}   staged   ◆ on the critical path" in text
        assert "waited for" in text
        assert "busy" in text


async def test_bars_are_stepped_through(open_console: Open) -> None:
    async with open_console(full()) as stage:
        await stage.press("T", "home")
        lane = lane_of(stage)
        assert marked(stage) is lane.attempts[0]
        for key, place in (("right", 1), ("l", 2), ("left", 1), ("h", 0), ("left", 0), ("end", -1), ("g", 0)):
            await stage.press(key)
            assert marked(stage) is lane.attempts[place], key
        await stage.press("G")
        assert marked(stage) is lane.attempts[-1]


async def test_lanes_are_gone_through_at_the_same_time_of_the_session(open_console: Open) -> None:
    async with open_console(full()) as stage:
        await stage.press("T", *["k"] * 9, "home", "right", "right")
        first = marked(stage)
        await stage.press("down")
        below = marked(stage)
        assert (first.node, below.node) == ("drone-Izar", "drone-Meridian")
        assert below.opened <= (first.opened + (first.ended or 0.0)) / 2 <= (below.ended or 0.0)
        await stage.press("j", "up", "k")
        assert marked(stage) is first
        await stage.press("pagedown")
        assert view(stage).place == len(stage.story.state.nodes) - 1
        await stage.press("pageup")
        assert view(stage).place == 0


async def test_the_critical_path_is_followed(open_console: Open) -> None:
    async with open_console(finished()) as stage:
        await stage.press("T")
        links = stage.app.mirror.path(stage.app.mirror.state, stage.story.now).links
        assert len(links) > 3
        for link in reversed(links[:-1]):
            await stage.press("left_square_bracket")
            assert marked(stage).number == link.attempt
            assert "on the critical path" in stage.text()
        await stage.press("left_square_bracket", "right_square_bracket")
        assert marked(stage).number == links[1].attempt


async def test_zoom_scroll_and_all(open_console: Open) -> None:
    async with open_console(full()) as stage:
        await stage.press("T")
        whole = view(stage).window
        await stage.press("left_square_bracket", "plus", "equals_sign", "plus")
        close = view(stage).window
        assert close.seconds < whole.seconds / 3
        assert close.left <= marked(stage).opened <= close.right
        await stage.press("shift+left")
        assert view(stage).window.left == pytest.approx(close.left - close.seconds / 2)
        await stage.press("H", *["H"] * 20)
        assert view(stage).window.left == whole.left
        await stage.press("shift+right", "L")
        assert view(stage).window.left == pytest.approx(whole.left + close.seconds)
        await stage.press("minus")
        assert view(stage).window.seconds > close.seconds
        await stage.press("0")
        assert view(stage).window == whole
        await stage.press("minus")
        assert view(stage).window == whole


async def test_a_bar_longer_than_the_screen_is_scrolled_along(open_console: Open) -> None:
    async with open_console(finished()) as stage:
        await stage.press("T", "home", *["plus"] * 12)
        long = marked(stage)
        begin = view(stage).window.left
        await stage.press("right")
        assert marked(stage) is long
        assert view(stage).window.left > begin
        while marked(stage) is long:
            await stage.press("right")
        assert marked(stage) is lane_of(stage).attempts[1]
        assert view(stage).window.left <= marked(stage).opened <= view(stage).window.right


async def test_enter_opens_the_package(open_console: Open) -> None:
    async with open_console(full()) as stage:
        await stage.press("T", "home", "right")
        build = marked(stage).build
        await stage.press("enter")
        assert isinstance(stage.app.screen, PackageScreen)
        assert stage.app.screen.build == build
        await stage.press("escape")
        assert marked(stage).build == build


async def test_actions_are_about_what_is_marked(open_console: Open) -> None:
    async with open_console(full()) as stage:
        await stage.press("T", "home")
        screen = stage.app.about
        assert (screen.marked, screen.marked_build) == (marked(stage).build, marked(stage).build)
        assert screen.marked_node == marked(stage).node


async def test_the_mouse_marks_and_opens(open_console: Open) -> None:
    async with open_console(early()) as stage:
        await stage.press("T")
        gantt = stage.app.screen.query_one(Gantt)
        rows = stage.text().splitlines()
        top = gantt.region.y
        y = next(n for n, line in enumerate(rows) if "zlib" in line)
        x = rows[y].index("zlib")
        await stage.pilot.click(gantt, offset=(x - gantt.region.x, y - top))
        assert marked(stage).build == "sys-libs/zlib-1.3.1-r1"
        path = next(n for n, line in enumerate(rows) if "critical path" in line)
        x = rows[path].index("●◆")
        await stage.pilot.click(gantt, offset=(x - gantt.region.x, path - top))
        assert marked(stage).number in {link.attempt for link in view(stage).chart.path.links}
        await stage.pilot.click(gantt, offset=(2, y - top))
        assert view(stage).lane is not None
        assert lane_of(stage).node == "drone-Tarn"
        await stage.pilot.click(gantt, offset=(x - gantt.region.x, y - top), times=2)
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, PackageScreen)


@pytest.mark.parametrize(("ctrl", "shift"), [(True, False), (False, True)], ids=["zoom", "time"])
async def test_the_wheel(ctrl: bool, shift: bool, open_console: Open) -> None:
    async with open_console(full()) as stage:
        await stage.press("T", *["left_square_bracket"] * 5, "plus", "plus")
        gantt, before = stage.app.screen.query_one(Gantt), view(stage).window
        place = {"x": 60, "y": 4, "delta_x": 0, "delta_y": 0, "button": 0, "meta": False}
        for kind in (MouseScrollDown, MouseScrollUp):
            event = kind(gantt, shift=shift, ctrl=ctrl, **place)  # type: ignore[arg-type]
            gantt.post_message(event)
            await stage.pilot.pause()
            if kind is MouseScrollDown:
                between = view(stage).window
                assert between.seconds > before.seconds if ctrl else between.left > before.left
        assert view(stage).window.seconds == pytest.approx(before.seconds)
        assert view(stage).window.left == pytest.approx(before.left, abs=before.seconds / 10)


async def test_the_wheel_goes_through_lanes_that_do_not_fit(open_console: Open) -> None:
    async with open_console(swarm_of(60)) as stage:
        await stage.press("T")
        gantt = stage.app.screen.query_one(Gantt)
        assert gantt.max_scroll_y > 0
        await stage.press("pageup", "pageup", "pageup")
        gantt.scroll_to(y=0, animate=False)
        event = MouseScrollDown(gantt, 5, 5, 0, 1, 0, False, False, False)
        gantt.post_message(event)
        await stage.pilot.pause()
        assert gantt.scroll_offset.y > 0


def swarm_of(count: int) -> Story:
    """So many drones, all of them at work."""
    story = crowd(count * 2)
    from tests.tui.story import facts

    for number in range(count):
        story.tell(c.SeeNode(name=f"drone-{number:04}", facts=facts(4)))
    return work(story, 100.0)


async def test_every_lane_can_be_reached(open_console: Open) -> None:
    async with open_console(swarm_of(60), size=(80, 24)) as stage:
        await stage.press("T", *["pagedown"] * 10)
        names = sorted(stage.story.state.nodes)
        assert lane_of(stage).node == names[-1]
        assert names[-1][:9] in stage.text()
        await stage.press(*["pageup"] * 10)
        assert lane_of(stage).node == names[0]


async def test_it_goes_along_with_the_present(open_console: Open) -> None:
    async with open_console(full()) as stage:
        await stage.press("T", "end", "plus", "plus")
        before = view(stage).window
        stage.story.now += 2 * before.seconds
        stage.app.feed.draw()
        assert view(stage).window.left > before.left
        assert view(stage).window.right > stage.story.now
        await stage.press("home")
        kept = view(stage).window
        stage.story.now += 2 * before.seconds
        stage.app.feed.draw()
        assert view(stage).window == kept, "whoever scrolled away stays there"


async def test_events_move_the_bars(open_console: Open) -> None:
    async with open_console(early()) as stage:
        await stage.press("T")
        assert "● rust" in stage.text()
        stage.story.stage("drone-Izar", 30.0)
        stage.story.work("drone-Izar")
        await stage.settle()
        text = stage.text()
        assert "✓ rust" in text
        assert "● " in text


async def test_the_mark_survives_another_session(open_console: Open) -> None:
    async with open_console(full()) as stage:
        await stage.press("T", "home", "plus")
        stage.story.tell(c.OpenSession(clear=True), c.EnterPhase(phase="idle"))
        await stage.settle()
        assert view(stage).marked is None
        await stage.press("right", "left", "down", "end", "home", "plus", "minus", "0", "enter")
        await stage.press("left_square_bracket", "right_square_bracket")
        assert isinstance(stage.app.screen, TimelineScreen)
        assert "has built nothing in this session" in stage.text()


async def test_every_outcome_has_a_sign_and_a_word(open_console: Open) -> None:
    async with open_console(troubled(), size=(160, 36)) as stage:
        await stage.press("T")
        text = stage.text()
        for sign in ("✗ ", "– ", "● ", "✓ ", "‖ drone-Tau", "✗ drone-Tarn", "····"):
            assert sign in text
        said = set()
        for _ in range(6):
            await stage.press("home")
            for _ in lane_of(stage).attempts:
                said |= {word for word in ("failed in", "lost", "staged", "building") if word in stage.text()}
                await stage.press("right")
            await stage.press("down")
        assert said == {"failed in", "lost", "staged", "building"}


@pytest.mark.parametrize("size", [(60, 16), (60, 20), (80, 24), (120, 36), (300, 100)])
async def test_every_size(size: tuple[int, int], open_console: Open) -> None:
    async with open_console(full(), size=(120, 36)) as stage:
        await stage.press("T")
        await stage.pilot.resize_terminal(*size)
        await stage.settle()
        text = stage.text()
        assert "critica" in text
        assert "drone-Vega" in text or size[1] == 16
        assert marked(stage).build in text


@pytest.mark.parametrize("story", [empty, planned], ids=["nothing", "planned"])
async def test_nothing_to_show(story: Callable[[], Story], open_console: Open) -> None:
    async with open_console(story()) as stage:
        await stage.press("T", "down", "right", "enter", "plus", "minus", "right_square_bracket")
        assert isinstance(stage.app.screen, TimelineScreen)
        assert "drone-Tarn" in stage.text()


async def test_a_swarm_without_drones(open_console: Open) -> None:
    async with open_console(Story()) as stage:
        await stage.press("T", "down", "right", "home", "enter", "plus")
        assert "no drone has joined this session yet" in stage.text()


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_hostile_names(name: str, open_console: Open) -> None:
    async with open_console(infested(name)) as stage:
        await stage.press("T")
        check(stage)
        await stage.press("home", "right", "down", "enter")
        check(stage)
