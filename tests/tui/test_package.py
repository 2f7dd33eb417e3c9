"""A package in depth: every key and flow, live redraw, hostile words, small screens."""

import pytest

from swarm_console.known.sliced import Steps
from swarm_console.panes import needs
from swarm_console.panes.attempts import AttemptsPane
from swarm_console.panes.change import ChangePane
from swarm_console.panes.cost import CostPane
from swarm_console.panes.frame import Frame
from swarm_console.panes.needs import Needs, NeedsPane
from swarm_console.panes.why import Choice, WhyPane
from swarm_console.screens import doors
from swarm_console.screens.cures import CuresDialog
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.log import LogScreen
from swarm_console.screens.node import NodeScreen
from swarm_console.screens.package import PackageScreen
from swarm_console.words.harmless import REPLACEMENT
from swarm_node.model import commands as c
from swarm_node.model.refusal import Refused
from tests.tui import patience
from tests.tui.conftest import Open, Stage
from tests.tui.depth import digits_bring_frames, frames, rows, text_of, until
from tests.tui.scenes.package import (
    CURL,
    FIREFOX,
    HEADER,
    HOSTILE,
    LOG,
    MPV,
    OLD_CURL,
    failing,
    held_up,
    hostile,
    listened,
    staged,
)
from tests.tui.story import Story, empty, planned, row

CURL_OFFER = {"/api/v1/production/net-misc/curl": OLD_CURL}


async def opened(stage: Stage, build: str) -> PackageScreen:
    """The screen of a package, once everything that it asks for has been answered."""
    doors.package(stage.app, build)
    await stage.settle()
    screen = stage.app.screen
    assert isinstance(screen, PackageScreen)
    await until(stage, lambda: not (screen.dossier.past.waiting or screen.dossier.offer.waiting))
    return screen


def choices(screen: PackageScreen) -> list[str]:
    """The command lines of the remedies that are offered."""
    shown = [choice.remedy for choice in screen.query(Choice) if choice.display]
    return [remedy.line or remedy.words for remedy in shown if remedy is not None]


@pytest.mark.parametrize("size", [(120, 36), (60, 16)], ids=["wide", "small"])
async def test_digits_bring_each_frame_to_the_front(size: tuple[int, int], open_console: Open) -> None:
    async with open_console(failing(), size=size) as stage:
        screen = await opened(stage, MPV)
        await digits_bring_frames(stage, screen)


class TestWhy:
    async def test_a_blocked_package_shows_cause_proof_and_remedies(self, open_console: Open) -> None:
        async with open_console(failing()) as stage:
            screen = await opened(stage, MPV)
            said = text_of(screen, WhyPane)
            assert (
                "missing-dependency   it includes a header that no package in its room has   90% sure" in said
            )
            assert "likeliest at fault: package" in said
            assert "log 7:7  ../video/out/vo_gpu.c:31:10: fatal error" in said
            assert choices(screen) == [
                f"build-swarm unblock ={MPV} --node drone-Tarn",
                f"build-swarm configure ={MPV} package.use 'media-video/mpv -vulkan'",
                "build-swarm fresh",
            ]
            await stage.press("z")
            assert "etc/portage/package.use" in stage.text()
            assert "+ media-video/mpv -vulkan" in stage.text()

    async def test_what_fixed_it_before_is_told_and_offered_first(self, open_console: Open) -> None:
        story = failing()
        story.tell(c.Unblock(builds=(MPV,), node="drone-Tarn"))
        story.work("drone-Tarn")
        story.stage("drone-Tarn")
        story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=(row(MPV),)), c.EnterPhase(phase="building"))
        story.write(story.work("drone-Izar"), LOG)
        story.fail("drone-Izar", HEADER)
        async with open_console(story) as stage:
            screen = await opened(stage, MPV)
            assert "fixed before by unblock --node (1×)" in text_of(screen, WhyPane)
            assert choices(screen)[0] == f"build-swarm unblock ={MPV} --node drone-Tarn"
            assert "cured this 1×" in stage.text()

    async def test_a_waiting_one_shows_its_chain_each_nodes_word_and_its_start(
        self, open_console: Open
    ) -> None:
        async with open_console(held_up()) as stage:
            screen = await opened(stage, FIREFOX)
            said = text_of(screen, WhyPane)
            assert "it waits for 2 other builds" in said
            assert "should begin about 11:08, in 2 min" in said
            assert "Waits for 2" in said
            assert "dev-lang/rust-1.88.0   building, on drone-Izar, over about" in said
            assert "drone-Tarn  ✗ drained: new disk  → build-swarm resume drone-Tarn" in said
            assert "drone-Izar  ✓ would take it as soon as it can begin" in said

    async def test_enter_goes_to_what_stands_before_it_and_escape_comes_back(
        self, open_console: Open
    ) -> None:
        async with open_console(held_up()) as stage:
            await opened(stage, "mail-client/thunderbird-140.0")
            await stage.press("enter")
            assert isinstance(stage.app.screen, PackageScreen)
            assert stage.app.screen.build == "dev-lang/rust-1.88.0"
            await stage.press("escape")
            assert stage.app.screen.build == "mail-client/thunderbird-140.0"
            await stage.press("escape")
            assert isinstance(stage.app.screen, Dashboard)

    async def test_one_behind_a_blocked_one_offers_what_that_needs(self, open_console: Open) -> None:
        story = empty()
        rows = (row(MPV), row(FIREFOX, MPV))
        story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building"))
        story.work("drone-Izar")
        story.fail("drone-Izar", HEADER)
        async with open_console(story) as stage:
            screen = await opened(stage, FIREFOX)
            assert "nothing foreseeable sets it going by itself" in text_of(screen, WhyPane)
            assert choices(screen) == [f"build-swarm unblock ={MPV} --node drone-Tarn"]

    async def test_it_is_drawn_anew_as_the_swarm_goes_on(self, open_console: Open) -> None:
        story = held_up()
        async with open_console(story) as stage:
            screen = await opened(stage, "dev-lang/rust-1.88.0")
            assert "it is being built on drone-Izar" in text_of(screen, WhyPane)
            story.stage("drone-Izar")
            await stage.settle()
            assert "it is built and lies in staging" in text_of(screen, WhyPane)
            story.tell(c.OpenSession(clear=True))
            await stage.settle()
            assert text_of(screen, WhyPane) == "it is not in the queue"


class TestRemedies:
    async def test_x_does_the_first(self, open_console: Open) -> None:
        async with open_console(failing()) as stage:
            await opened(stage, MPV)
            await stage.press("x")
            await stage.settle()
            assert stage.operator.acted == [("unblock", {"packages": [f"={MPV}"], "node": "drone-Tarn"})]
            assert stage.story.state.builds[MPV].status == "needed"

    @pytest.mark.parametrize("way", ["mouse", "keys"])
    async def test_each_is_a_button(self, way: str, open_console: Open) -> None:
        async with open_console(failing(), size=(200, 60), configure={"tried": 1, "lines": []}) as stage:
            screen = await opened(stage, MPV)
            second = [choice for choice in screen.query(Choice) if choice.display][1]
            if way == "mouse":
                await stage.pilot.click(second)
            else:
                await stage.press("tab", "tab")
                assert stage.app.focused is second
                await stage.press("enter")
            await stage.settle()
            assert stage.operator.acted[0][0] == "configure"

    async def test_all_of_them_to_choose_from(self, open_console: Open) -> None:
        async with open_console(failing()) as stage:
            await opened(stage, MPV)
            await stage.press("X")
            assert isinstance(stage.app.screen, CuresDialog)
            await stage.press("1")
            await stage.settle()
            assert [name for name, _ in stage.operator.acted] == ["unblock"]

    async def test_where_nothing_is_to_be_cured_the_keys_say_so(self, open_console: Open) -> None:
        async with open_console(staged()) as stage:
            await opened(stage, CURL)
            for key, reason in (
                ("x", "nothing to cure"),
                ("X", "nothing to cure"),
                ("u", "staged, not blocked"),
                ("o", "no node builds it"),
            ):
                await stage.press(key)
                assert reason in [note.message for note in stage.app._notifications][-1]
            assert stage.operator.acted == []

    async def test_u_tries_this_package_again(self, open_console: Open) -> None:
        async with open_console(failing()) as stage:
            await opened(stage, MPV)
            await stage.press("u")
            await stage.settle()
            assert stage.operator.acted == [("unblock", {"packages": [MPV]})]


class TestNeeds:
    async def test_both_directions_near_and_far(self, open_console: Open) -> None:
        story = planned()
        async with open_console(story) as stage:
            screen = await opened(stage, "net-misc/curl-8.14.1")
            assert [(cells[0], cells[1]) for cells in rows(screen, NeedsPane)] == [
                ("↑ needs", "dev-libs/openssl-3.4.1"),
                ("↑ needs", "sys-libs/zlib-1.3.1-r1"),
                ("↓ by", "dev-vcs/git-2.50.0"),
            ]
            screen = await opened(stage, "dev-vcs/git-2.50.0")
            assert [(cells[0], cells[1]) for cells in rows(screen, NeedsPane)] == [
                ("↑ needs", "net-misc/curl-8.14.1"),
                ("⇈ far", "dev-libs/openssl-3.4.1"),
                ("⇈ far", "sys-libs/zlib-1.3.1-r1"),
            ]
            screen = await opened(stage, "dev-libs/openssl-3.4.1")
            assert [(cells[0], cells[1]) for cells in rows(screen, NeedsPane)] == [
                ("↓ by", "net-misc/curl-8.14.1"),
                ("⇊ far by", "dev-vcs/git-2.50.0"),
            ]

    async def test_a_long_search_for_what_is_far_goes_on_though_nothing_changes(
        self, open_console: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        steps: list[float] = []

        def one(work: Steps[Needs], enough: float) -> tuple[Needs] | None:
            steps.append(enough)
            try:
                next(work) if enough else None
            except StopIteration as end:
                return (end.value,)
            return None

        monkeypatch.setattr(needs, "gone_on", one)
        async with open_console(planned()) as stage:
            doors.package(stage.app, "dev-vcs/git-2.50.0")
            await patience.until(stage.pilot, lambda: isinstance(stage.app.screen, PackageScreen))
            pane = stage.app.screen.query_one(NeedsPane)
            await patience.until(stage.pilot, lambda: str(pane.border_title).endswith("behind"))
            assert [need.relation for need in pane.items(pane.picture)] == ["needs", "far", "far"]
            assert len(steps) > 2

    async def test_enter_goes_there_at_every_depth(self, open_console: Open) -> None:
        async with open_console(planned()) as stage:
            await opened(stage, "dev-vcs/git-2.50.0")
            await stage.press("3", "enter")
            await stage.settle()
            await stage.press("3", "down", "enter")
            await stage.settle()
            assert isinstance(stage.app.screen, PackageScreen)
            assert stage.app.screen.build == "sys-libs/zlib-1.3.1-r1"
            assert len(stage.app.screen_stack) == 4
            await stage.press("escape", "escape", "escape")
            assert isinstance(stage.app.screen, Dashboard)

    async def test_what_production_has_is_told_apart(self, open_console: Open) -> None:
        async with open_console(staged()) as stage:
            screen = await opened(stage, CURL)
            assert rows(screen, NeedsPane)[1] == ("▲ had", "net-libs/nghttp2-1.65.0", "production", "")
            await stage.press("3", "enter")
            assert isinstance(stage.app.screen, PackageScreen)
            assert stage.app.screen.build == CURL
            assert "is in production" in [note.message for note in stage.app._notifications][-1]

    async def test_the_cursor_stays_where_it_is_while_states_change(self, open_console: Open) -> None:
        story = held_up()
        async with open_console(story) as stage:
            screen = await opened(stage, FIREFOX)
            await stage.press("3", "down")
            pane = screen.query_one(NeedsPane)
            assert pane.marked is not None
            before = pane.marked.name
            story.stage("drone-Izar")
            await stage.settle()
            assert pane.marked.name == before
            assert {cells[2] for cells in rows(screen, NeedsPane)} == {"✓ staged", "○ ready", "· waiting"}


class TestAttempts:
    def story(self) -> Story:
        """Built in one session, failed and under way in the next."""
        story = empty()
        for _ in range(2):
            story.tell(
                c.OpenSession(clear=True), c.PlanQueue(rows=(row(MPV),)), c.EnterPhase(phase="building")
            )
            attempt = story.work("drone-Izar")
            story.write(attempt, f"log of {attempt}\n".encode())
            story.stage("drone-Izar", 100.0)
        story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=(row(MPV),)), c.EnterPhase(phase="building"))
        story.tell(c.Unblock(builds=(MPV,), node="drone-Tarn"))
        story.write(story.work("drone-Tarn"), LOG)
        story.fail("drone-Tarn", HEADER, 20.0)
        return story

    async def test_those_of_this_session_and_older_ones(self, open_console: Open) -> None:
        async with open_console(self.story(), size=(200, 60)) as stage:
            screen = await opened(stage, MPV)
            found = rows(screen, AttemptsPane)
            assert [(cells[0], cells[1], cells[2], cells[4]) for cells in found] == [
                ("3", "✗ failed", "drone-Tarn", "0:20"),
                ("2", "✓ staged", "drone-Izar", "1:40"),
                ("1", "✓ staged", "drone-Izar", "1:40"),
            ]
            assert found[0][6] == "missing-dependency in compile"
            assert found[1][6] == "300.0 MiB memory"

    async def test_the_log_of_the_marked_one_shows_with_its_proof(self, open_console: Open) -> None:
        async with open_console(self.story(), size=(200, 60)) as stage:
            await opened(stage, MPV)
            await until(stage, lambda: "▶ ../video/out/vo_gpu.c:31:10: fatal error" in stage.text())
            await stage.press("4", "down")
            await until(stage, lambda: "log of 2" in stage.text())
            assert "#2 media-video/mpv-0.40.0 on drone-Izar" in stage.text()

    @pytest.mark.parametrize("keys", [("4", "down", "enter"), ("4", "down", "2", "enter")])
    async def test_enter_opens_it_in_full(self, keys: tuple[str, ...], open_console: Open) -> None:
        async with open_console(self.story()) as stage:
            await opened(stage, MPV)
            await stage.press(*keys)
            await stage.settle()
            assert isinstance(stage.app.screen, LogScreen)
            assert stage.app.screen.attempt == 2
            await stage.press("escape")
            assert isinstance(stage.app.screen, PackageScreen)
            await stage.press("4", "home", "enter")
            assert isinstance(stage.app.screen, LogScreen)
            await until(stage, lambda: "▶ ../video/out/vo_gpu.c:31:10" in stage.text())

    async def test_a_new_attempt_takes_the_logs_place_unless_another_is_marked(
        self, open_console: Open
    ) -> None:
        story = self.story()
        async with open_console(story, size=(200, 60)) as stage:
            await opened(stage, MPV)
            story.tell(c.Unblock(builds=(MPV,), node="drone-Izar"))
            attempt = story.work("drone-Izar")
            story.write(attempt, b"the fourth\n")
            await stage.settle()
            await until(stage, lambda: "the fourth" in stage.text())
            await stage.press("4", "end")
            await until(stage, lambda: "log of 1" in stage.text())
            story.write(attempt, b"goes on\n")
            story.stage("drone-Izar")
            await stage.settle()
            assert "log of 1" in stage.text()

    async def test_without_a_history_the_trouble_is_told_and_the_session_shows(
        self, open_console: Open
    ) -> None:
        gone = Refused("orchestrator_unreachable", "main does not answer", "curl it")
        path = "/api/v1/history?limit=100&package=media-video%2Fmpv"
        async with open_console(failing(), **{path: gone}) as stage:
            screen = await opened(stage, MPV)
            assert [cells[1] for cells in rows(screen, AttemptsPane)] == ["✗ failed"]
            assert screen.dossier.past.trouble == "main does not answer"


class TestChange:
    async def test_version_slot_size_and_each_flag_against_production(self, open_console: Open) -> None:
        async with open_console(staged(), **CURL_OFFER) as stage:
            screen = await opened(stage, CURL)
            said = {line.split()[0]: line for line in text_of(screen, ChangePane).splitlines()}
            assert said["version"].split() == ["version", "8.13.0", "→", "8.14.1"]
            assert said["slot"].split()[1:4] == ["0", "as", "in"]
            assert said["switched"].split() == ["switched", "+http2", "-idn"]
            assert said["new"].split() == ["new", "flags", "+openssl", "+zstd"]
            assert said["gone"].split() == ["gone", "flags", "+gnutls"]
            assert said["same"].split() == ["same", "+ssl", "-static-libs"]
            assert said["size"].split()[-1] == "+12%"
            assert "5 Change  8.13.0 → 8.14.1" in stage.text()

    async def test_what_production_lacks_is_new(self, open_console: Open) -> None:
        async with open_console(failing()) as stage:
            screen = await opened(stage, MPV)
            assert "new: production has none of it" in text_of(screen, ChangePane)

    async def test_it_is_asked_again_once_it_answers(self, open_console: Open) -> None:
        gone = Refused("orchestrator_unreachable", "main does not answer", "curl it")
        answers = {"/api/v1/production/net-misc/curl": gone}
        async with open_console(staged(), **answers) as stage:
            screen = await opened(stage, CURL)
            assert "main does not answer" in text_of(screen, ChangePane)
            stage.operator.answers.update(CURL_OFFER)
            stage.story.now += 6
            stage.app.feed.draw()
            await until(stage, lambda: screen.dossier.offer.answer is not None)
            assert "8.13.0" in text_of(screen, ChangePane)


class TestCost:
    async def test_predicted_against_measured_on_each_node(self, open_console: Open) -> None:
        async with open_console(staged(), size=(200, 60)) as stage:
            screen = await opened(stage, CURL)
            found = rows(screen, CostPane)
            assert [cells[0] for cells in found] == ["drone-Tarn", "drone-Izar", "drone-Meridian"]
            assert found[0][1:5] == ("≈2:10", "2:11", "2.18", "300.0 MiB")
            assert found[1][2:] == ("", "", "", "")
            assert "from 1 build" in stage.text()
            assert "300.0 MiB of memory with 8 jobs" in stage.text()

    async def test_enter_goes_to_the_node(self, open_console: Open) -> None:
        async with open_console(staged()) as stage:
            await opened(stage, CURL)
            await stage.press("6", "enter")
            assert isinstance(stage.app.screen, NodeScreen)
            assert stage.app.screen.node == "drone-Tarn"


async def test_o_goes_over_to_its_node_and_back(open_console: Open) -> None:
    async with open_console(listened()) as stage:
        await opened(stage, "dev-lang/rust-1.88.0")
        await stage.press("o")
        assert isinstance(stage.app.screen, NodeScreen)
        assert stage.app.screen.node == "drone-Izar"
        await stage.press("o")
        assert isinstance(stage.app.screen, PackageScreen)
        await stage.press("escape", "backspace", "escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_escape_undoes_the_zoom_then_the_filter_then_leaves(open_console: Open) -> None:
    async with open_console(planned()) as stage:
        screen = await opened(stage, "net-misc/curl-8.14.1")
        await stage.press("3", "slash", *"zlib", "enter", "z")
        assert screen.maximized is screen.query_one(NeedsPane)
        assert screen.query_one(NeedsPane).table.counts == (1, 3)
        await stage.press("escape")
        assert screen.maximized is None
        await stage.press("escape")
        assert screen.query_one(NeedsPane).table.counts == (3, 3)
        assert stage.app.screen is screen
        await stage.press("escape")
        assert isinstance(stage.app.screen, Dashboard)


@pytest.mark.parametrize("size", [(200, 60), (120, 36), (80, 24), (60, 16)], ids=str)
async def test_hostile_words_are_harmless_in_every_frame(size: tuple[int, int], open_console: Open) -> None:
    offer = {"release": 1, "packages": [{**OLD_CURL["packages"][0], "repository": "[/x]\x1b[2J"}]}  # type: ignore[index]
    async with open_console(
        hostile(), size=size, **{"/api/v1/production/dev-libs/foo%5Bbar%2C-baz%5D": offer}
    ) as stage:
        screen = await opened(stage, HOSTILE)
        assert screen.dossier.offer.answer is not None
        for pane in PackageScreen.PANES:
            await stage.press(pane.DIGIT)
            text = stage.text()
            assert "\x1b" not in text
            assert "\x07" not in text
            assert "\u202e" not in text
        await stage.press("5")
        assert "[bold]" in stage.text()
        await stage.press("1")
        assert "[/x]" in stage.text()
        assert REPLACEMENT in stage.text()


async def test_a_stale_picture_asks_for_nothing(open_console: Open) -> None:
    story = failing()
    async with open_console(story) as stage:
        story.vanish()
        await stage.settle()
        doors.package(stage.app, MPV)
        await stage.settle()
        screen = stage.app.screen
        assert isinstance(screen, PackageScreen)
        assert screen.dossier.offer.waiting
        story.return_()
        await until(stage, lambda: not screen.dossier.offer.waiting)


async def test_resizing_changes_between_one_and_all(open_console: Open) -> None:
    async with open_console(failing()) as stage:
        screen = await opened(stage, MPV)
        await stage.pilot.resize_terminal(70, 20)
        await stage.settle()
        assert [type(frame) for frame in frames(screen)] == [WhyPane]
        await stage.pilot.resize_terminal(220, 66)
        await stage.settle()
        assert all(frame.size for frame in screen.query(Frame))
