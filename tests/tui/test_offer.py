"""What can be done to a swarm as it stands; greyed keys answer with the reason, and keys may be others."""

from collections.abc import Callable

import pytest

from swarm_console.actions.registry import ACTIONS
from swarm_console.keyboard.offer import OBSTACLES, obstacle
from swarm_console.known.mirror import Mirror
from swarm_console.known.picture import Picture
from swarm_console.screens.confirm import Confirm
from swarm_node.model import commands as c
from swarm_node.model.events import Finding
from tests.tui.conftest import Open, Stage
from tests.tui.story import Story, blocked, building, empty, facts, planned, released, row

Begin = Callable[[], Story]


def picture(story: Story, **other: object) -> Picture:
    """What a console on a story sees."""
    mirror = Mirror(story.clock)
    mirror.state, mirror.known = story.state, True
    return Picture(mirror, story.now, **other)  # type: ignore[arg-type]


def verified(score: int) -> Begin:
    def begin() -> Story:
        story = blocked()
        story.verify(Finding("needed-blocked", "nvidia-drivers is blocked", score))
        return story

    return begin


def told(begin: Begin, *commands: c.Command) -> Begin:
    return lambda: begin().tell(*commands)


def making() -> Story:
    story = verified(0)()
    return story.tell(c.PrepareRelease(verify_id="v1"))


def hopeless() -> Story:
    """All that is blocked needs another configuration."""
    from tests.tui.story import OVERLAY

    story = empty()
    rows = (row("a/b-1", problem=OVERLAY),)
    return story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows))


def local() -> Story:
    return empty().tell(c.SeeNode(name="main", facts=facts(4, role="local")))


PREPARING = told(empty, c.OpenSession(clear=True))
PAUSED = told(building, c.HoldSwarm(held=True))
DRAINED = told(building, c.HoldNode(name="drone-Tarn", held=True))
LOST = told(empty, c.Sweep(silent=dict.fromkeys(("drone-Izar", "drone-Tarn", "drone-Meridian"), 999.0)))

RELEASED = ("contents", "difference", "audit")

NOT_NOW: dict[str, list[tuple[Begin, str]]] = {
    "fresh": [(PREPARING, "session 1 is syncing already")],
    "release": [(PREPARING, "session 1 is syncing already")],
    "reset": [(PREPARING, "session 1 is syncing already")],
    "verify": [(empty, "nothing is staged"), (planned, "nothing is staged yet, 10 still to build")],
    "finalize": [
        (empty, "nothing is staged"),
        (verified(14), "risk score 14 is not below 10"),
        (making, "release 1 is being made"),
    ],
    "rollback": [
        (empty, "nothing has been released yet"),
        (lambda: released(1), "no release before 1 is kept"),
    ],
    **{name: [(empty, "nothing has been released yet")] for name in RELEASED},
    "fix-blocked": [(building, "nothing is blocked")],
    "unblock": [(building, "nothing is blocked"), (hopeless, "another configuration")],
    "build-local": [(building, "no builder of its own")],
    "balance": [(empty, "the queue is empty"), (blocked, "the queue is empty")],
    "why": [(empty, "the queue is empty")],
    "pause": [(PAUSED, "paused already")],
    "resume": [(building, "the swarm is not paused"), (DRAINED, "build-swarm resume drone-Tarn")],
    "drain": [(Story, "no node has ever registered")],
    **{
        name: [(Story, "no node has ever registered"), (LOST, "no node is up")]
        for name in ("sync-verify", "sync-fix", "sync-overlays", "sync-all")
    },
}
NOW: dict[str, Begin] = {
    "fresh": empty,
    "release": building,
    "reset": building,
    "verify": building,
    "finalize": verified(9),
    "rollback": lambda: released(2),
    **dict.fromkeys(RELEASED, lambda: released(1)),
    "fix-blocked": blocked,
    "unblock": blocked,
    "build-local": local,
    "balance": building,
    "why": building,
    "pause": building,
    "resume": PAUSED,
    **dict.fromkeys(("drain", "sync-verify", "sync-fix", "sync-overlays", "sync-all"), empty),
}


@pytest.mark.parametrize(
    ("name", "begin", "reason"), [(name, *case) for name, cases in NOT_NOW.items() for case in cases]
)
def test_what_cannot_be_done_says_why(name: str, begin: Begin, reason: str) -> None:
    assert reason in obstacle(ACTIONS[name], picture(begin()))


@pytest.mark.parametrize("name", NOW)
def test_what_can_be_done_has_nothing_in_its_way(name: str) -> None:
    assert obstacle(ACTIONS[name], picture(NOW[name]())) == ""


def test_every_obstacle_is_one_of_an_action_and_tested() -> None:
    assert set(OBSTACLES) == set(NOT_NOW) == set(NOW)
    assert set(OBSTACLES) <= set(ACTIONS)


def test_read_only_and_under_way_stand_in_every_way() -> None:
    for action in ACTIONS.values():
        looked = obstacle(action, picture(released(2), locked="look only"))
        assert (looked == "look only") is action.changes
        under_way = obstacle(action, picture(blocked(), busy={action.name: action.title}))
        assert under_way == "it is under way already"


def test_a_swarm_that_was_never_seen_is_not_judged() -> None:
    mirror = Mirror(lambda: 0.0)
    assert "not been seen" in obstacle(ACTIONS["verify"], Picture(mirror, 0.0))
    assert obstacle(ACTIONS["status"], Picture(mirror, 0.0)) == ""


# -- on the screen


def greyed(stage: Stage) -> set[str]:
    """The names of the keys that are greyed."""
    active = stage.app.screen.active_bindings.values()
    return {each.binding.id or "" for each in active if not each.enabled}


async def test_a_greyed_key_answers_with_its_reason(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        assert {"verify", "finalize", "unblock", "balance"} <= greyed(stage)
        await stage.press("b")
        (note,) = stage.app._notifications
        assert (note.message, note.severity) == ("the queue is empty: build-swarm fresh fills it", "warning")
        assert stage.operator.acted == []


async def test_keys_come_alive_with_the_swarm(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        assert "finalize" not in greyed(stage)
        stage.story.verify(Finding("needed-blocked", "nvidia-drivers is blocked", 14))
        await stage.settle()
        assert "finalize" in greyed(stage)
        await stage.press("F")
        assert "risk score 14" in [note.message for note in stage.app._notifications][-1]
        assert not isinstance(stage.app.screen, Confirm)


async def test_the_palette_says_why_not(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        commands = {each.title: each for each in stage.app.get_system_commands(stage.app.screen)}
        command = commands["Balance the queue (balance)"]
        assert command.help == "not now: the queue is empty: build-swarm fresh fills it"
        command.callback()
        await stage.settle()
        assert stage.operator.acted == []


async def test_other_keys(open_console: Open) -> None:
    other = {"balance": "B", "yes": "j", "no": "x", "back": "f9", "filter": "f3", "next": "f2", "verify": "V"}
    async with open_console(building(), keymap=other) as stage:
        await stage.press("b")
        assert stage.operator.acted == []
        await stage.press("B")
        await stage.settle()
        assert [name for name, _ in stage.operator.acted] == ["balance"]
        assert "B balance" in stage.text()
        await stage.press("R")
        await stage.settle()
        assert "No (x)" in stage.text()
        assert "Yes (j)" in stage.text()
        await stage.press("f9")
        assert not isinstance(stage.app.screen, Confirm)
        await stage.press("f3", *"zlib", "enter")
        assert "⌕ zlib" in stage.text()
    async with open_console(empty(), keymap=other) as stage:
        assert " f2  build-swarm fresh" in stage.text()
