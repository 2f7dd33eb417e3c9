"""Every key and every flow of the dashboard."""

import pytest

from swarm_console.actions.registry import ACTIONS
from swarm_console.keyboard.keybook import bindings
from swarm_console.panes.blocked import BlockedPane
from swarm_console.panes.pane import Pane
from swarm_console.panes.queue import QueuePane
from swarm_console.panes.table import Table
from swarm_console.screens.confirm import Confirm
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.node import NodeScreen
from swarm_console.screens.package import PackageScreen
from swarm_node.model.refusal import Refused
from tests.tui.conftest import Open, Stage
from tests.tui.story import blocked, building, empty

Toasts = list[tuple[str, str]]
PREPARED = {
    "session": 1,
    "totals": {"needed": 10, "building": 0, "complete": 0, "blocked": 0},
    "lost": {"staged": 0, "building": 0},
    "synced": [],
}


def toasts(stage: Stage) -> Toasts:
    return [(note.message, note.severity) for note in stage.app._notifications]


async def act(stage: Stage, *keys: str) -> None:
    """Press keys and wait until every action that they began has ended."""
    await stage.press(*keys)
    await stage.settle()


def focused(stage: Stage) -> str:
    """The pane with the focus."""
    widget = stage.app.focused
    assert widget is not None
    return next(type(each).__name__ for each in widget.ancestors_with_self if isinstance(each, Pane))


@pytest.mark.parametrize("pane", Dashboard.PANES, ids=lambda pane: pane.NAME)
@pytest.mark.parametrize("size", [(120, 36), (60, 16)], ids=["wide", "small"])
async def test_digits_bring_a_pane_to_the_front(
    pane: type[Pane[object]], size: tuple[int, int], open_console: Open
) -> None:
    async with open_console(building(), size=size) as stage:
        await stage.press(pane.DIGIT)
        assert focused(stage) == pane.__name__
        shown = [type(each).__name__ for each in stage.app.query(Pane) if each.display and each.size]
        assert pane.__name__ in shown
        assert len(shown) == (len(Dashboard.PANES) if size[0] == 120 else 1)


async def test_keys_come_from_the_registry(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        bound = {binding.action: key for key, (_, binding, *_) in stage.app.screen.active_bindings.items()}
        for action in ACTIONS.values():
            if action.key:
                assert bound[f"do('{action.name}')"] == action.key


def test_every_key_has_a_name_by_which_it_can_be_remapped() -> None:
    nameless = [f"{place.__name__}: {key.key}" for place, key in bindings() if key.id is None]
    assert not nameless, "give the Binding an id; the same id wherever it means the same"
    homeless = {place.__name__ for place, _ in bindings() if "BINDING_GROUP_TITLE" not in vars(place)}
    assert not homeless, "give the class a BINDING_GROUP_TITLE: where these keys work, in words"


async def test_balance(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "b")
        assert stage.operator.acted == [("balance", {})]
        (text, severity) = toasts(stage)[-1]
        assert "ranked" in text
        assert text.endswith("$ build-swarm balance   c copies it")
        assert severity == "information"


async def test_next_does_what_the_top_says(open_console: Open) -> None:
    async with open_console(empty(), fresh=PREPARED) as stage:
        assert " n  build-swarm fresh" in stage.text()
        await act(stage, "n")
        assert stage.operator.acted == [("fresh", {})], "nothing is lost: nobody is asked"
        assert "$ build-swarm fresh --yes" in toasts(stage)[-1][0]
    async with open_console(building()) as stage:
        await act(stage, "n")
        assert "nothing to do but watch" in toasts(stage)[-1][0]


async def test_unblock_puts_everything_back(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        assert stage.app.picture().totals.blocked == 2
        await act(stage, "u")
        assert stage.app.picture().totals.blocked == 0
        assert stage.app.picture().totals.needed == 2


async def test_reset_asks_with_no_in_front(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "R")
        assert isinstance(stage.app.screen, Confirm)
        assert stage.app.focused is not None
        assert stage.app.focused.id == "no"
        text = stage.text()
        assert "2 staged packages and 3 builds under way" in text
        assert "$ build-swarm reset --yes" in text
        await act(stage, "enter")
        assert stage.operator.acted == []
        assert stage.story.state.builds


@pytest.mark.parametrize("keys", [("n",), ("escape",), ("tab", "shift+tab", "enter")])
async def test_reset_can_be_declined(keys: tuple[str, ...], open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "R")
        await act(stage, *keys)
        assert stage.operator.acted == []
        assert not stage.app.orders.busy


@pytest.mark.parametrize("keys", [("y",), ("tab", "enter"), ("right", "enter")])
async def test_reset_can_be_meant(keys: tuple[str, ...], open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "R")
        await act(stage, *keys)
        assert stage.operator.acted == [("reset", {})]
        assert not stage.app.mirror.state.builds


async def test_verify_and_finalize(open_console: Open) -> None:
    released = {"release": 3, "packages": 8, "added": 8, "size": 1, "risk": 0, "findings": []}
    async with open_console(blocked(), finalize=released) as stage:
        await act(stage, "v")
        assert stage.app.mirror.state.verified is not None
        await act(stage, "F")
        assert isinstance(stage.app.screen, Confirm)
        assert "clients see 8 packages of this session at once" in stage.text()
        await act(stage, "y")
        assert [name for name, _ in stage.operator.acted] == ["verify", "finalize"]
        assert any("release 3 is live" in text for text, _ in toasts(stage))


async def test_a_refusal_is_told_with_its_next_step(open_console: Open) -> None:
    no = Refused("too_risky", "risk score 14 is not below 10 [/x]", "mend [b]the findings")
    async with open_console(blocked(), finalize=no) as stage:
        await act(stage, "F")
        await act(stage, "y")
        assert toasts(stage)[-1] == ("risk score 14 is not below 10 [/x]\n→ mend [b]the findings", "error")


async def test_fix_blocked_offers_the_cures(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        await act(stage, "f")
        text = stage.text()
        assert "build-swarm sync-overlays" in text
        assert "www-client/brave-browser-1.86.139" in text
        await act(stage, "down")
        assert "build-swarm build-local =x11-drivers/nvidia-drivers-570.153" in stage.text()
        await act(stage, "up")
        await act(stage, "enter")
        assert stage.operator.acted == [("sync-overlays", {"overlays": ["guru"]})]
        assert [build.row.cpv for build in stage.app.picture().blocked] == [
            "x11-drivers/nvidia-drivers-570.153"
        ]


async def test_fix_blocked_with_nothing_blocked(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        await act(stage, "f")
        assert toasts(stage) == [("nothing is blocked", "warning")]


async def test_read_only_refuses_what_changes(open_console: Open) -> None:
    async with open_console(blocked(), readonly=True) as stage:
        for key in ("b", "u", "R", "v", "F"):
            await act(stage, key)
        assert stage.operator.acted == []
        assert {severity for _, severity in toasts(stage)} == {"warning"}
        assert "read only" in stage.text()


async def test_enter_goes_deeper_and_escape_back(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        await act(stage, "3", "enter")
        assert isinstance(stage.app.screen, PackageScreen)
        assert "Why  missing-overlay" in stage.text()
        await act(stage, "escape", "1", "enter")
        assert isinstance(stage.app.screen, NodeScreen)
        assert "16 cores" in stage.text()
        await act(stage, "escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_a_package_is_cured_from_its_screen(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        await act(stage, "3", "down", "enter", "u")
        assert [name for name, _ in stage.operator.acted] == ["unblock"]
        await act(stage, "escape", "3", "enter", "x")
        assert stage.operator.acted[-1][0] == "sync-overlays"


async def test_a_node_is_drained_and_resumed_from_its_screen(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "1", "enter", "d")
        assert stage.operator.acted == [("drain", {"node": "drone-Izar", "reason": ""})]
        assert "drained" in stage.text()
        await act(stage, "d")
        assert stage.operator.acted[-1] == ("resume", {"node": "drone-Izar"})


async def test_a_node_leads_to_its_package(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "1", "enter", "enter")
        assert isinstance(stage.app.screen, PackageScreen)
        assert stage.app.screen.build == "dev-lang/rust-1.88.0"


async def test_the_filter(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("2", "slash", *"^ready", "enter")
        pane = stage.app.query_one(QueuePane)
        assert pane.table.counts == (0, 10)
        assert "nothing matches" in stage.text()
        await stage.press("escape", "slash", *"!libs", "enter")
        assert pane.table.counts == (8, 10)
        assert "⌕ !libs (8 of 10)" in stage.text()
        await stage.press("escape")
        assert pane.table.counts == (10, 10)
        assert focused(stage) == "QueuePane"


@pytest.mark.parametrize("moves", [(), ("enter",), ("enter", "down"), ("enter", "down", "up")])
async def test_what_a_filter_found_stays_marked_when_it_is_cleared(
    moves: tuple[str, ...], open_console: Open
) -> None:
    async with open_console(building()) as stage:
        table = stage.app.query_one(QueuePane).table
        await stage.press("2", "slash", *"git|firefox", *moves)
        found = table.marked
        assert found is not None
        assert found.id == ("www-client/firefox-140.0" if moves[-1:] == ("down",) else "dev-vcs/git-2.50.0")
        await stage.press("escape")
        assert table.counts == (10, 10)
        assert table.marked is found
        await stage.press("home")
        stage.story.stage("drone-Izar")
        await stage.settle()
        assert table.cursor == 0, "the first row is still where one sees the newest"


async def test_a_bad_filter_keeps_the_last_good_one(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("2", "slash", *"rust", *"(((")
        assert stage.app.query_one(QueuePane).table.counts == (1, 10)
        assert stage.app.query_one("QueuePane Input").has_class("-wrong")
        assert "✗ missing ), unterminated subpattern" in stage.text(), "what is wrong with it is said"
        await stage.press("enter", "escape")
        assert "✗ missing" not in stage.text()
        assert stage.app.query_one(QueuePane).table.counts == (10, 10)


async def test_keys_typed_into_the_filter_are_no_actions(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "2", "slash", *"buRFvq")
        assert stage.operator.acted == []
        assert isinstance(stage.app.screen, Dashboard)


async def test_the_cursor_stays_on_its_package(open_console: Open) -> None:
    async with open_console(building()) as stage:
        table = stage.app.query_one(QueuePane).table
        await stage.press("2", "down", "down", "down", "down")
        marked = table.marked
        assert marked is not None
        stage.story.stage("drone-Izar")
        stage.story.stage("drone-Tarn")
        await stage.settle()
        assert table.marked is not None
        assert table.marked.id == marked.id


async def test_moving_by_leaves_and_to_the_ends(open_console: Open) -> None:
    async with open_console(building(), size=(60, 16)) as stage:
        table: Table[object] = stage.app.query_one(QueuePane).table
        await stage.press("2", "end")
        assert table.cursor == 9
        assert table.scroll_offset.y > 0
        await stage.press("pageup")
        assert 0 < table.cursor < 9
        await stage.press("home", "up", "k")
        assert table.cursor == 0
        await stage.press("j", "j", "G", "g")
        assert table.cursor == 0


async def test_mouse_marks_and_opens(open_console: Open) -> None:
    async with open_console(building()) as stage:
        table = stage.app.query_one(QueuePane).table
        await stage.pilot.click(table, offset=(5, 3))
        assert table.cursor == 2
        await stage.pilot.click(table, offset=(5, 3), times=2)
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, PackageScreen)


async def test_zoom_and_back(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("3", "z")
        assert stage.app.screen.maximized is stage.app.query_one(BlockedPane)
        await stage.press("escape")
        assert stage.app.screen.maximized is None


async def test_the_palette_knows_every_action(open_console: Open) -> None:
    async with open_console(building()) as stage:
        titles = {command.title for command in stage.app.get_system_commands(stage.app.screen)}
        for action in ACTIONS.values():
            assert (f"{action.title} ({action.name})" in titles) is (action.name != "monitor")


async def test_an_action_of_the_palette_asks_for_what_it_needs(open_console: Open) -> None:
    async with open_console(building()) as stage:
        stage.app.action_do("drain")
        await stage.settle()
        assert "node: its name" in stage.text()
        await act(stage, "enter")
        assert stage.operator.acted == [("drain", {"node": "drone-Izar", "reason": ""})]


async def test_a_parameter_can_be_given_up(open_console: Open) -> None:
    async with open_console(building()) as stage:
        stage.app.action_do("drain")
        await stage.settle()
        await act(stage, "escape")
        assert stage.operator.acted == []
        assert not stage.app.orders.busy


async def test_the_light_theme(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("t")
        assert not stage.app.current_theme.dark
        await stage.press("t")
        assert stage.app.current_theme.dark


async def test_refresh_takes_a_new_snapshot(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("f5")
        await stage.settle()
        assert stage.story.connections == [(None, None), (None, None)]


async def test_quit(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.pilot.press("q")
        await stage.pilot.pause()
        assert stage.app._exit


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (99, 30), (300, 100), (60, 60), (200, 16)])
async def test_resizing_while_live(size: tuple[int, int], open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.pilot.resize_terminal(*size)
        stage.story.stage("drone-Izar")
        await stage.settle()
        assert stage.app.size == size
        assert "net-misc/curl" in stage.text()
        for key in "15":
            await stage.press(key)
            assert stage.app.focused is not None
            assert stage.app.focused.region.height > 2


async def test_every_screen_has_the_styles_of_screens(open_console: Open) -> None:
    async with open_console(building()) as stage:
        ground = stage.app.screen.styles.background
        assert ground.hex.lower() == stage.app.get_css_variables()["background"].lower()
        await act(stage, "R")
        assert stage.app.screen.styles.align == ("center", "middle")
