"""Causes and cures: the Blocked pane, one cause in depth, the dialog, all first remedies at once."""

import pytest
from textual.widgets import OptionList

from swarm_console.panes.blocked import BlockedPane
from swarm_console.panes.diff import Diff
from swarm_console.screens.cluster import ClusterScreen, PackagesPane
from swarm_console.screens.confirm import Confirm
from swarm_console.screens.cures import CuresDialog
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.package import PackageScreen
from swarm_console.screens.report import Report
from swarm_node.model import commands as c
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Diagnosis
from tests.tui.conftest import Open, Stage
from tests.tui.scenes.cures import ANSWERS, CLUSTERS, DRIVERS, MAP, PLUGINS, USE, fourteen, trial, unfit
from tests.tui.story import Story, blocked, empty, row
from tests.tui.watching import until

NODES = ["drone-Izar", "drone-Meridian", "drone-Tarn"]
SYNC_FIX = ("sync-fix", {"nodes": NODES})
LOCAL = ("build-local", {"package": "kernel-specific-d719"})
TRIED = {
    "change": 1,
    "build": MAP,
    "profile": "desktop",
    "lines": [[USE.file, USE.text]],
    "node": "drone-Izar",
    "builds": [MAP],
    "diff": "",
}


async def act(stage: Stage, *keys: str) -> None:
    """Press keys and wait until every action that they began has ended."""
    await stage.press(*keys)
    await stage.settle()


def person() -> Story:
    """A package that only a person can help."""
    story = empty()
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=(row("app-misc/broken-1"),)))
    story.tell(c.EnterPhase(phase="building"))
    story.work("drone-Izar")
    story.fail("drone-Izar", Diagnosis("file-collision", "human", "[b]it[/b] has \x1b[31mtwo owners [/x]"))
    return story


async def test_fourteen_packages_with_two_causes_are_two_rows(open_console: Open) -> None:
    async with open_console(fourteen()) as stage:
        pane = stage.app.query_one(BlockedPane)
        assert pane.table.counts == (2, 2)
        text = stage.text()
        assert "14 packages, 2 causes" in text
        assert "12: media-plug" in text
        assert "18 min" in text, "with all that waits for them"
        assert "x → build-swarm sync-fix drone-Izar" in text
        assert "log 1:214  !!! Digest verification failed:" in text


async def test_a_cause_opens_its_packages_and_a_package_itself(open_console: Open) -> None:
    async with open_console(fourteen()) as stage:
        await act(stage, "3", "enter")
        assert isinstance(stage.app.screen, ClusterScreen)
        assert stage.app.screen.query_one(PackagesPane).table.counts == (12, 12)
        assert all(name in stage.text() for name in PLUGINS)
        await act(stage, "down", "enter")
        assert isinstance(stage.app.screen, PackageScreen)
        assert stage.app.screen.build == PLUGINS[1]
        await act(stage, "escape", "slash", *"opus", "enter", "enter")
        assert isinstance(stage.app.screen, PackageScreen)
        assert stage.app.screen.build == PLUGINS[8]
        await act(stage, "escape", "escape", "escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_a_cause_with_one_package_opens_that(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        await act(stage, "3", "enter")
        assert isinstance(stage.app.screen, PackageScreen)


async def test_the_first_remedy_from_the_pane_requeues_the_whole_cluster(open_console: Open) -> None:
    async with open_console(fourteen()) as stage:
        await act(stage, "3", "x")
        assert stage.operator.acted == [SYNC_FIX]
        assert {build.id for build in stage.app.picture().blocked} == set(DRIVERS)
        await act(stage, "x")
        assert stage.operator.acted[1:] == [LOCAL]
        assert not stage.app.picture().blocked
        assert "✓ nothing is blocked" in stage.text()


@pytest.mark.parametrize(("key", "nodes"), [("x", NODES), ("1", NODES), ("2", [])])
async def test_every_remedy_has_its_key_in_depth(key: str, nodes: list[str], open_console: Open) -> None:
    async with open_console(fourteen()) as stage:
        await act(stage, "3", "enter", key)
        assert stage.operator.acted == [("sync-fix", {"nodes": nodes})]
        assert "it blocks nothing any more" in stage.text()
        await act(stage, key, "9")
        assert len(stage.operator.acted) == 1, "what is cured has no remedies"


async def test_the_dialog_shows_proof_and_remedies_of_the_marked_cause(open_console: Open) -> None:
    async with open_console(fourteen()) as stage:
        await act(stage, "f")
        assert isinstance(stage.app.screen, CuresDialog)
        text = stage.text()
        assert "Fix blocked: 14 packages, 2 causes" in text
        assert "│ log 1:216  !!! Reason: Filesize does not match recorded size" in text
        assert "… and 9 more" in text and "95% sure" in text
        assert "1  build-swarm sync-fix drone-Izar drone-Meridian drone-Tarn" in text
        await act(stage, "down")
        assert "1  build-swarm build-local kernel-specific-d719" in stage.text()
        assert "sync-fix drone-Izar" not in stage.text()
        await act(stage, "enter")
        assert stage.operator.acted == [LOCAL]


@pytest.mark.parametrize(
    "keys", [("2",), ("tab", "down", "enter")], ids=["by its digit", "from the list below"]
)
async def test_every_remedy_of_a_cause_can_be_chosen(keys: tuple[str, ...], open_console: Open) -> None:
    async with open_console(fourteen()) as stage:
        await act(stage, "f", *keys)
        assert stage.operator.acted == [("sync-fix", {"nodes": []})]


async def test_remedies_can_be_clicked(open_console: Open) -> None:
    async with open_console(fourteen()) as stage:
        await act(stage, "f")
        await stage.pilot.click(stage.app.screen.query_one("#remedies", OptionList), offset=(4, 2))
        await stage.settle()
        assert stage.operator.acted == [("sync-fix", {"nodes": []})]


@pytest.mark.parametrize("keys", [("escape",), ("q",), ("9",)])
async def test_the_dialog_can_be_left(keys: tuple[str, ...], open_console: Open) -> None:
    async with open_console(fourteen()) as stage:
        await act(stage, "f", *keys)
        assert stage.operator.acted == []
        assert isinstance(stage.app.screen, CuresDialog) == (keys == ("9",))


async def test_all_first_remedies_are_done_after_one_question_that_lists_them(open_console: Open) -> None:
    async with open_console(fourteen()) as stage:
        await act(stage, "f", "a")
        assert isinstance(stage.app.screen, Confirm)
        assert stage.app.focused is not None and stage.app.focused.id == "no"
        text = stage.text()
        assert "Do the first remedies of 2 causes?" in text
        assert "build-swarm sync-fix drone-Izar drone-Meridian" in text
        assert "build-swarm build-local kernel-specific-d719" in text
        assert "$ build-swarm fix-blocked --apply" in text
        await act(stage, "n")
        assert stage.operator.acted == []
        await act(stage, "f", "a", "y")
        assert stage.operator.acted == [SYNC_FIX, LOCAL]
        assert isinstance(stage.app.screen, Report)
        assert "✓ tree-out-of-sync-6670: 12 packages" in stage.text()
        assert not stage.app.picture().blocked


async def test_one_that_is_refused_is_told_with_the_rest(open_console: Open) -> None:
    no = Refused("node_unreachable", "drone-Izar does not answer", "start it")
    busy = Refused("nothing_to_do", "the local builder takes nothing: it is paused", "build-swarm resume")
    async with open_console(fourteen(), **{"build-local": busy}) as stage:
        await act(stage, "f", "a", "y")
        assert "the local builder takes nothing: it is paused" in stage.text()
        assert "✗ kernel-specific-d719: 2 packages" in stage.text()
    async with open_console(fourteen(), **{"sync-fix": no}) as stage:
        await act(stage, "f", "a", "y")
        assert isinstance(stage.app.screen, Dashboard)
        assert any("drone-Izar does not answer" in note.message for note in stage.app._notifications)


async def test_a_line_is_shown_as_a_diff_as_soon_as_the_orchestrator_answers(open_console: Open) -> None:
    async with open_console(unfit(), **ANSWERS) as stage:
        await act(stage, "f")
        await until(stage, lambda: stage.app.screen.query_one(Diff).display)
        text = stage.text()
        assert "+app-misc/planisphere north" in text
        assert "+++ desktop/etc/portage/package.use/zz-swarm" in text
        await stage.press("tab", "down")
        assert not stage.app.screen.query_one(Diff).display, "another remedy has no diff"


async def test_without_an_answer_there_is_only_no_diff(open_console: Open) -> None:
    gone = Refused("gateway_unreachable", "nobody there", "start it")
    async with open_console(unfit(), configure=TRIED, **{CLUSTERS: gone}) as stage:
        await act(stage, "f")
        assert not stage.app.screen.query_one(Diff).display
        await act(stage, "enter")
        assert stage.operator.acted == [("configure", {"package": f"={MAP}", "lines": [USE.file, USE.text]})]


async def test_what_only_a_person_can_do_is_said_as_such(open_console: Open) -> None:
    async with open_console(person()) as stage:
        await act(stage, "3", "x")
        assert stage.operator.acted == []
        assert any("a person must mend" in note.message for note in stage.app._notifications)
        await act(stage, "f")
        text = stage.text()
        assert "[b]it[/b] has" in text and "\x1b" not in text
        await act(stage, "a")
        assert "file-collision, 1 package: left to you" in stage.text()
        await act(stage, "n", "f", "2")
        assert stage.operator.acted == [("unblock", {"packages": ["=app-misc/broken-1"]})]


async def test_a_console_that_only_looks_cures_nothing(open_console: Open) -> None:
    async with open_console(fourteen(), readonly=True) as stage:
        await act(stage, "3", "x")
        await act(stage, "f", "enter")
        await act(stage, "f", "a", "y")
        assert stage.operator.acted == []
        assert {note.severity for note in stage.app._notifications} == {"warning"}


async def test_a_trial_is_seen_everywhere(open_console: Open) -> None:
    async with open_console(trial()) as stage:
        text = stage.text()
        assert "1 package, 1 cause, 1 on trial" in text
        assert "? on trial" in text and "? trying" in text
        await act(stage, "2", "enter")
        assert "on trial on drone-Izar: 'app-misc" in stage.text()
        await act(stage, "escape")
        stage.story.stage("drone-Izar", 4.0)
        await stage.settle()
        assert "✓ kept" in stage.text() and "on trial" not in stage.text()


async def test_a_trial_that_fails_is_told_and_the_package_is_blocked_again(open_console: Open) -> None:
    async with open_console(trial()) as stage:
        stage.story.fail("drone-Izar", Diagnosis("compile-error", "human", "it does not compile"))
        await stage.settle()
        assert "← reverted" in stage.text()
        assert MAP in {build.id for build in stage.app.picture().blocked}
        await act(stage, "f")
        assert "2  build-swarm configure" in stage.text(), "it is no longer the first remedy"
