"""A node in depth: every key and flow, live log, paging, refusals, drift, shell, hostile words."""

import pytest

from swarm_console.known.dossier import NodeDossier
from swarm_console.panes.attempts import HistoryPane
from swarm_console.panes.drift import DriftPane
from swarm_console.panes.machine import MachinePane
from swarm_console.panes.refused import RefusedPane
from swarm_console.screens import doors
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.log import LogScreen
from swarm_console.screens.node import NodeScreen
from swarm_console.screens.package import PackageScreen
from swarm_console.words.harmless import REPLACEMENT
from swarm_node.model import commands as c
from swarm_node.model.refusal import Refused
from tests.tui.conftest import Open, Stage
from tests.tui.depth import digits_bring_frames, frames, lines_of, rows, until
from tests.tui.scenes.node import DRIFT, HOSTILE_DRIFT, adrift, drained, hostile, slow, used
from tests.tui.story import Story, building, empty, facts, row

IZAR, TAU, MERIDIAN = "drone-Izar", "drone-Tau", "drone-Meridian"
DRIFT_OF_TAU = {f"/api/v1/nodes/{TAU}/drift": DRIFT}


def long_past() -> Story:
    """More attempts of one node than two pages of the log hold."""
    story = empty()
    rows_ = tuple(row(f"app-misc/p{number}-1") for number in range(130))
    for _ in range(2):
        story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows_), c.EnterPhase(phase="building"))
        for _ in range(130):
            story.work(IZAR)
            story.stage(IZAR, 1.0)
    return story.tell(c.OpenSession(clear=True))


async def opened(stage: Stage, node: str) -> NodeScreen:
    """The screen of a node, once everything that it asks for has been answered."""
    doors.node(stage.app, node)
    await stage.settle()
    screen = stage.app.screen
    assert isinstance(screen, NodeScreen)
    await until(stage, lambda: not (screen.dossier.past.waiting or screen.dossier.drift.waiting))
    return screen


def told(stage: Stage) -> str:
    """The last toast."""
    return [note.message for note in stage.app._notifications][-1]


@pytest.mark.parametrize("size", [(120, 36), (60, 16)], ids=["wide", "small"])
async def test_digits_bring_each_frame_to_the_front(size: tuple[int, int], open_console: Open) -> None:
    async with open_console(used(), size=size) as stage:
        screen = await opened(stage, IZAR)
        await digits_bring_frames(stage, screen)


async def test_a_click_on_the_strip_does_the_same(open_console: Open) -> None:
    async with open_console(used(), size=(60, 20)) as stage:
        screen = await opened(stage, IZAR)
        strip = stage.text().splitlines()
        line = next(number for number, text in enumerate(strip) if "5 Drift" in text)
        await stage.pilot.click(offset=(strip[line].index("5 Drift") + 2, line))
        await stage.settle()
        assert screen.present == "DriftPane"
        assert frames(screen) == [screen.query_one(DriftPane)]


class TestMachine:
    async def test_a_long_curve_of_load_stays_on_its_line_in_the_smallest_terminal(
        self, open_console: Open
    ) -> None:
        async with open_console(building(), size=(60, 16)) as stage:
            for _ in range(40):
                stage.story.progress(IZAR, "compile", 0.5, 19.5)
            await stage.settle()
            await opened(stage, IZAR)
            await until(stage, lambda: "█  19.50 of 16 cores" in stage.text())

    async def test_facts_load_and_what_was_learnt(self, open_console: Open) -> None:
        async with open_console(used()) as stage:
            for load in (2.0, 5.5, 9.0, 12.5):
                stage.story.progress(IZAR, "compile", 0.5, load)
            screen = await opened(stage, IZAR)
            said = lines_of(screen, MachinePane)
            assert said["load"] == "▁▃▅▇  12.50 of 16 cores"
            assert said["memory"] == "32.0 GiB"
            assert said["builds"] == "3 done, 1 failed, 25% failed"
            assert said["speed"].startswith("1.62")
            assert said["gentoo"] == "✓ a1b2c3d4e5f6"

    async def test_what_the_swarm_asked_of_it(self, open_console: Open) -> None:
        story = used()
        story.tell(c.IssueDirective(name="verify_trees", nodes=(IZAR,)))
        (number,) = story.state.directives
        async with open_console(story) as stage:
            screen = await opened(stage, IZAR)
            assert any(line.startswith("… verify_trees") for line in lines_of(screen, MachinePane).values())
            story.tell(c.FinishDirective(node=IZAR, id=number, ok=False, output="gentoo: it differs\nmore"))
            await stage.settle()
            asked = [line for line in lines_of(screen, MachinePane).values() if "verify_trees" in line]
            assert asked == ["✗ verify_trees   gentoo: it differs"]

    async def test_one_that_nobody_has_seen(self, open_console: Open) -> None:
        async with open_console(empty()) as stage:
            doors.node(stage.app, "drone-Nobody")
            await stage.settle()
            assert "no node of that name has registered" in stage.text()
            for key in ("d", "s", "o"):
                await stage.press(key)
                assert told(stage) == "no node of that name has registered"
            assert stage.operator.acted == []


class TestLog:
    async def test_what_it_builds_is_followed(self, open_console: Open) -> None:
        story = used()
        async with open_console(story) as stage:
            await opened(stage, IZAR)
            await until(stage, lambda: "[248/400] Compiling C object p/248.c.o" in stage.text())
            attempt = story.state.nodes[IZAR].attempt
            assert attempt is not None
            story.write(attempt, b"[249/400] and on it goes\n")
            await until(stage, lambda: "[249/400] and on it goes" in stage.text())
            story.stage(IZAR)
            story.write(story.work(IZAR), b"the next build\n")
            await until(stage, lambda: "the next build" in stage.text())

    async def test_enter_opens_it_in_full_and_escape_comes_back(self, open_console: Open) -> None:
        story = used()
        async with open_console(story) as stage:
            await opened(stage, IZAR)
            await stage.press("2", "enter")
            assert isinstance(stage.app.screen, LogScreen)
            assert stage.app.screen.attempt == story.state.nodes[IZAR].attempt
            await stage.press("escape")
            assert isinstance(stage.app.screen, NodeScreen)

    async def test_without_any_the_key_says_so(self, open_console: Open) -> None:
        async with open_console(empty(), size=(60, 20)) as stage:
            await opened(stage, IZAR)
            await stage.press("2", "enter")
            assert told(stage) == "there is no log"


class TestHistory:
    async def test_every_attempt_with_how_it_ended(self, open_console: Open) -> None:
        async with open_console(used(), size=(200, 60)) as stage:
            screen = await opened(stage, IZAR)
            found = [(cells[0], cells[1], cells[4]) for cells in rows(screen, HistoryPane)]
            assert found == [
                ("5", "● building", "0:33"),
                ("4", "✗ failed", "0:12"),
                ("3", "✓ staged", "1:01"),
                ("2", "✓ staged", "2:20"),
                ("1", "✓ staged", "1:35"),
            ]
            await stage.press("3", "down")
            assert "kernel-specific in compile" in stage.text()

    async def test_older_ones_are_read_as_the_cursor_comes_to_the_end(self, open_console: Open) -> None:
        async with open_console(long_past()) as stage:
            screen = await opened(stage, IZAR)
            pane = screen.query_one(HistoryPane)
            assert len(pane.items(stage.app.picture())) == 100
            assert "100 attempts and older ones" in stage.text()
            await stage.press("3", "end")
            await until(stage, lambda: len(pane.items(stage.app.picture())) == 200)
            assert pane.marked is not None
            assert pane.marked.number == 161, "the cursor stays where it was"
            await stage.press("end")
            await until(stage, lambda: len(pane.items(stage.app.picture())) == 260)
            await stage.press("end")
            await stage.settle()
            assert pane.marked.number == 1
            assert "260 attempts" in stage.text()
            assert "older" not in stage.text()

    async def test_what_is_wanted_while_something_else_is_read_is_read_next(self, open_console: Open) -> None:
        async with open_console(long_past()) as stage:
            picture = stage.app.picture()
            dossier = NodeDossier(IZAR, lambda: stage.operator.connect(stage.app.say))
            counts = []
            while dossier.past.begin(dossier.past_depends_on(picture), picture):
                if not counts:
                    dossier.want_older()
                await dossier.past.fetch()
                counts.append(len(dossier.past.answer or ()))
            assert counts == [100, 200]

    async def test_enter_opens_the_log_and_o_the_package(self, open_console: Open) -> None:
        async with open_console(used()) as stage:
            await opened(stage, IZAR)
            await stage.press("3", "down", "enter")
            assert isinstance(stage.app.screen, LogScreen)
            assert stage.app.screen.attempt == 4
            await stage.press("escape", "o")
            assert isinstance(stage.app.screen, PackageScreen)
            assert stage.app.screen.build == "net-misc/curl-8.14.1"

    async def test_the_filter_finds_a_package(self, open_console: Open) -> None:
        async with open_console(used()) as stage:
            screen = await opened(stage, IZAR)
            await stage.press("3", "slash", *"rust", "enter")
            assert screen.query_one(HistoryPane).table.counts == (1, 5)
            await stage.press("escape")
            assert screen.query_one(HistoryPane).table.counts == (5, 5)
            assert stage.app.screen is screen


class TestRefused:
    async def test_what_is_left_for_a_faster_one_names_it_and_when(self, open_console: Open) -> None:
        async with open_console(slow()) as stage:
            screen = await opened(stage, MERIDIAN)
            found = [(cells[0], cells[2]) for cells in rows(screen, RefusedPane)]
            assert found[0][1].startswith("✗ left for drone-Tarn, ends 1")
            assert [says for _, says in found].count("✓ takes it next") == 1
            await stage.press("4")
            assert "left for drone-Tarn, which is faster and should end it about 1" in stage.text()

    async def test_a_drained_one_says_what_would_lift_it(self, open_console: Open) -> None:
        async with open_console(drained()) as stage:
            screen = await opened(stage, IZAR)
            says = {cells[2] for cells in rows(screen, RefusedPane)}
            assert says == {"✗ drained: its fan is to be changed"}
            await stage.press("4")
            assert "→ build-swarm resume drone-Izar" in stage.text()

    async def test_enter_goes_to_the_package(self, open_console: Open) -> None:
        async with open_console(slow()) as stage:
            await opened(stage, MERIDIAN)
            await stage.press("4", "enter")
            assert isinstance(stage.app.screen, PackageScreen)
            assert stage.app.screen.build == "app-misc/tool1-1.0"

    async def test_an_empty_queue_is_told(self, open_console: Open) -> None:
        async with open_console(empty()) as stage:
            await opened(stage, IZAR)
            assert "nothing in the queue could begin now" in stage.text()


class TestDrift:
    async def test_in_step_is_one_line(self, open_console: Open) -> None:
        async with open_console(used()) as stage:
            await opened(stage, IZAR)
            assert "5 Drift  ✓ in step" in stage.text()
            assert "✓ in step with main" in stage.text()

    async def test_every_line_that_differs_and_what_brings_it_in_step(self, open_console: Open) -> None:
        async with open_console(adrift(), size=(120, 50), **DRIFT_OF_TAU) as stage:
            await opened(stage, TAU)
            text = stage.text()
            assert "5 Drift  ≠ 3 differences" in text
            for line in (
                '-USE="wayland -lua"',
                '+USE="X -lua"',
                "+media-video/mpv lua",
                "etc/portage/make.conf",
            ):
                assert line in text
            assert "tree has ffff00001111, not a1b2c3d4e5f6" in text
            await stage.press("5", "x")
            await stage.settle()
            assert stage.operator.acted == [("sync-fix", {"nodes": [TAU]})]

    async def test_it_is_asked_again_by_key_and_when_the_facts_change(self, open_console: Open) -> None:
        story = adrift()
        async with open_console(story, **DRIFT_OF_TAU) as stage:
            screen = await opened(stage, TAU)
            stage.operator.answers.clear()
            await stage.press("5", "r")
            await until(stage, lambda: "✓ in step" in stage.text())
            stage.operator.answers.update(DRIFT_OF_TAU)
            story.tell(c.SeeNode(name=TAU, facts=facts(6, configuration="another")))
            await until(stage, lambda: screen.has_class("-adrift"))
            assert "≠ out of step" in stage.text()

    async def test_one_that_cannot_be_asked_says_why_and_the_keys_too(self, open_console: Open) -> None:
        gone = Refused("node_unreachable", "drone-Izar: no answer in time", "curl its /health")
        async with open_console(used(), **{f"/api/v1/nodes/{IZAR}/drift": gone}) as stage:
            await opened(stage, IZAR)
            assert "? drone-Izar: no answer in time" in stage.text()
            assert "→ curl its /health" in stage.text()
            await stage.press("5", "x")
            assert told(stage) == "there is nothing here that the swarm could mend"


class TestKeys:
    async def test_d_drains_and_resumes(self, open_console: Open) -> None:
        async with open_console(building()) as stage:
            await opened(stage, IZAR)
            await stage.press("d")
            await stage.settle()
            assert stage.operator.acted == [("drain", {"node": IZAR, "reason": ""})]
            assert "‖ drained" in stage.text()
            await stage.press("d")
            await stage.settle()
            assert stage.operator.acted[-1] == ("resume", {"node": IZAR})

    async def test_a_console_that_may_only_read_says_so(self, open_console: Open) -> None:
        async with open_console(building(), readonly=True) as stage:
            await opened(stage, IZAR)
            await stage.press("d")
            assert "read only" in told(stage)
            assert stage.operator.acted == []

    async def test_o_and_enter_go_over_to_its_package(self, open_console: Open) -> None:
        for key in ("o", "enter"):
            async with open_console(building()) as stage:
                await opened(stage, IZAR)
                await stage.press(key)
                assert isinstance(stage.app.screen, PackageScreen)
                assert stage.app.screen.build == "dev-lang/rust-1.88.0"
        async with open_console(empty()) as stage:
            await opened(stage, IZAR)
            await stage.press("o")
            assert told(stage) == "it builds nothing now"

    async def test_a_shell_where_the_terminal_cannot_step_aside_is_a_command_line(
        self, open_console: Open
    ) -> None:
        async with open_console(building()) as stage:
            await opened(stage, IZAR)
            await stage.press("s")
            assert told(stage) == "in a terminal of your own: ssh 127.0.0.1"

    async def test_a_node_without_an_address_has_no_shell(self, open_console: Open) -> None:
        story = empty()
        story.tell(c.SeeNode(name=TAU, facts=facts(2, url="")))
        async with open_console(story) as stage:
            await opened(stage, TAU)
            await stage.press("s")
            assert told(stage) == "drone-Tau has told no address of its own"

    @pytest.mark.parametrize("key", ["escape", "backspace"])
    async def test_back(self, key: str, open_console: Open) -> None:
        async with open_console(building()) as stage:
            await stage.press("1", "enter")
            assert isinstance(stage.app.screen, NodeScreen)
            await stage.press(key)
            assert isinstance(stage.app.screen, Dashboard)


async def test_the_cursor_and_the_scroll_stay_while_the_node_works(open_console: Open) -> None:
    story = used()
    async with open_console(story) as stage:
        screen = await opened(stage, IZAR)
        await stage.press("3", "down", "down")
        pane = screen.query_one(HistoryPane)
        assert pane.marked is not None
        marked = pane.marked.number
        for load in (1.0, 2.0, 3.0):
            story.progress(IZAR, "compile", 0.7, load)
            await stage.settle()
        story.stage(IZAR)
        await stage.settle()
        assert pane.marked.number == marked


@pytest.mark.parametrize("size", [(200, 60), (120, 36), (80, 24), (60, 16)], ids=str)
async def test_hostile_words_are_harmless_in_every_frame(size: tuple[int, int], open_console: Open) -> None:
    answers = {f"/api/v1/nodes/{IZAR}/drift": HOSTILE_DRIFT}
    async with open_console(hostile(), size=size, **answers) as stage:
        await opened(stage, IZAR)
        for pane in NodeScreen.PANES:
            await stage.press(pane.DIGIT)
            text = stage.text()
            assert "\x1b" not in text
            assert "\x07" not in text
            assert "\u202e" not in text
        await stage.press("5", "z")
        assert "etc/portage/make[/x]" in stage.text() or "etc/portage/make.conf[/x]" in stage.text()
        await stage.press("escape", "1", "z", "end")
        assert REPLACEMENT in stage.text()


async def test_hostile_addresses_open_no_shell(open_console: Open) -> None:
    story: Story = hostile()
    async with open_console(story) as stage:
        await opened(stage, IZAR)
        await stage.press("s")
        assert told(stage) == "drone-Izar has told no address of its own"
