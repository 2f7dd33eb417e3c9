"""While you were away: what a console remembers of its last look, and what it tells when it opens again."""

import pytest

from swarm_console import absence
from swarm_console.manners.memory import Look, Notebook
from swarm_console.screens.away import AwayDialog
from swarm_console.screens.confirm import Confirm
from swarm_console.screens.dashboard import Dashboard
from swarm_node.model import commands as c
from swarm_node.model.refusal import Refused
from tests.tui.conftest import Open, Stage
from tests.tui.story import KERNEL, Story, blocked, building, planned
from tests.tui.test_hostile import NAMES, check, infested
from tests.tui.test_keys import act, toasts
from tests.tui.watching import until

GATEWAY = "http://127.0.0.1:9"
"""Where a told swarm is said to be."""
NIGHT = 8 * 3600.0


async def looked(open_console: Open, story: Story) -> None:
    """Somebody looks at the swarm, then quits."""
    async with open_console(story) as stage:
        await greeted(stage)


async def greeted(stage: Stage) -> None:
    """Wait until it is decided whether there is anything to tell."""
    await until(stage, lambda: stage.app.absence._told)
    await stage.pilot.pause()


async def dialog(stage: Stage) -> None:
    """Wait until the digest is on the screen."""
    await until(stage, lambda: isinstance(stage.app.screen, AwayDialog))
    await until(stage, stage.text)


def worked(story: Story) -> Story:
    """A night's work: one built, one blocked, one lost with its node."""
    story.stage("drone-Izar", 5400.0)
    story.fail("drone-Tarn", KERNEL, 30.0)
    story.tell(c.Sweep(silent={"drone-Meridian": 120.0}), after=NIGHT)
    return story


async def test_the_first_time_nothing_is_told(open_console: Open, notebook: Notebook) -> None:
    story = building()
    async with open_console(story) as stage:
        await greeted(stage)
        assert isinstance(stage.app.screen, Dashboard)
    assert notebook.read().seen == {GATEWAY: Look(story.state.seq, story.state.at, story.now)}


async def test_who_comes_back_hears_what_happened(open_console: Open, notebook: Notebook) -> None:
    story = building()
    await looked(open_console, story)
    worked(story)
    async with open_console(story) as stage:
        await dialog(stage)
        text = stage.text()
        assert "While you were away: 9 h 30 min" in text
        assert "1 package built, 1 h 30 min of compiling" in text
        assert "Newly blocked: 1" in text
        assert "kernel-specific: it is built against a kernel" in text
        assert "1 node lost: drone-Meridian  not heard for 120 s" in text
        assert "1 build needed again, the node was gone" in text
        assert "What needs you" in text and "build-swarm fix-blocked" in text
        await act(stage, "enter")
        assert isinstance(stage.app.screen, Dashboard)
        await act(stage, "a")
        await dialog(stage)
        assert "1 package built" in stage.text()
        await act(stage, "escape")
        assert isinstance(stage.app.screen, Dashboard)
    assert notebook.read().seen[GATEWAY].seq == story.state.seq


async def test_the_digest_leads_to_what_is_next(open_console: Open) -> None:
    story = planned()
    await looked(open_console, story)
    story.tell(c.OpenSession(clear=True), c.EnterPhase(phase="idle"), after=NIGHT)
    story.tell(c.RecordAction(name="reset", params={}, by="10.0.0.3"))
    gone = Refused("gateway_unreachable", "nobody there", "start it")
    async with open_console(story, fresh=gone) as stage:
        await dialog(stage)
        assert "Asked for by people" in stage.text()
        await act(stage, "n")
        assert stage.operator.acted == [("fresh", {})]


@pytest.mark.parametrize("away", [absence.AWAY_SECONDS - 1, 0.0, -3600.0])
async def test_who_was_hardly_away_is_left_alone(away: float, open_console: Open) -> None:
    story = building()
    await looked(open_console, story)
    story.tell(c.RecordAction(name="balance", params={}), after=away)
    async with open_console(story) as stage:
        await greeted(stage)
        assert isinstance(stage.app.screen, Dashboard)


async def test_where_nothing_happened_nothing_is_told(open_console: Open) -> None:
    story = building()
    await looked(open_console, story)
    story.now += NIGHT
    async with open_console(story) as stage:
        await greeted(stage)
        assert isinstance(stage.app.screen, Dashboard)
        await act(stage, "a")
        await dialog(stage)
        assert "Nothing happened" in stage.text()


async def test_of_a_log_that_was_wiped_nothing_is_invented(open_console: Open, notebook: Notebook) -> None:
    await looked(open_console, building())
    other = blocked()
    other.now += NIGHT
    async with open_console(other) as stage:
        await greeted(stage)
        await until(stage, lambda: toasts(stage))
        assert isinstance(stage.app.screen, Dashboard)
        assert toasts(stage) == [("the swarm's log is another one than when you looked last", "information")]
        await act(stage, "a")
        await until(stage, lambda: len(toasts(stage)) == 2)
        assert toasts(stage)[-1][1] == "error"
        assert isinstance(stage.app.screen, Dashboard)
    assert notebook.read().seen[GATEWAY].seq == other.state.seq


async def test_without_a_look_a_tells_of_the_last_day(open_console: Open) -> None:
    story = worked(building())
    async with open_console(story) as stage:
        await greeted(stage)
        await act(stage, "a")
        await dialog(stage)
        assert "The last 24 h" in stage.text()
        assert "3 packages built" in stage.text()


async def test_a_gateway_that_does_not_answer_is_no_error(open_console: Open) -> None:
    story = building()
    await looked(open_console, story)
    place = story.state.seq, story.state.at
    worked(story)
    path = f"/api/v1/digest?after={place[0]}&at={place[1]!r}"
    gone = Refused("gateway_unreachable", "the gateway is gone", "start it")
    async with open_console(story, **{path: gone}) as stage:
        await greeted(stage)
        assert isinstance(stage.app.screen, Dashboard)
        assert toasts(stage) == []
        await act(stage, "a")
        await until(stage, lambda: toasts(stage))
        assert toasts(stage)[-1] == ("the gateway is gone\n→ start it", "error")


async def test_a_question_that_lies_open_is_not_covered(open_console: Open) -> None:
    story = building()
    await looked(open_console, story)
    worked(story)
    story.vanish()
    async with open_console(story) as stage:
        story.return_()
        await stage.app.push_screen(Confirm("Sure", ["everything"], "build-swarm reset --yes"))
        await greeted(stage)
        assert isinstance(stage.app.screen, Confirm)
        await until(stage, lambda: toasts(stage))
        assert toasts(stage) == [("a shows what happened", "information")]


async def test_a_console_that_is_killed_has_remembered(
    open_console: Open, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absence, "KEEP_SECONDS", 0.02)
    story = building()
    async with open_console(story) as stage:
        await until(stage, lambda: notebook.read().seen)
        story.stage("drone-Izar")
        await stage.settle()
        await until(stage, lambda: notebook.read().seen[GATEWAY].seq == story.state.seq)


async def test_what_is_stale_was_seen_when_it_broke_off(open_console: Open, notebook: Notebook) -> None:
    story = building()
    async with open_console(story) as stage:
        await greeted(stage)
        story.vanish()
        await stage.settle()
        broken = story.now
        story.now += NIGHT
    assert notebook.read().seen[GATEWAY].looked == broken


async def test_what_never_answered_was_not_looked_at(open_console: Open, notebook: Notebook) -> None:
    story = building()
    story.vanish()
    async with open_console(story):
        pass
    assert notebook.read().seen == {}


async def test_where_nothing_can_be_remembered_it_works_all_the_same(open_console: Open) -> None:
    story = building()
    async with open_console(story) as stage:
        stage.app.notebook = Notebook()
        await greeted(stage)
        await act(stage, "q")


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_hostile_text(name: str, open_console: Open, notebook: Notebook) -> None:
    story = infested(name)
    notebook.change(lambda memory: memory.having_seen(GATEWAY, Look(1, story.told[0].event.at, 1.0)))
    story.tell(c.RecordAction(name=name, params={"node": name}))
    async with open_console(story) as stage:
        await dialog(stage)
        check(stage)
        await act(stage, "end")
        check(stage)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 60)])
async def test_at_every_size(size: tuple[int, int], open_console: Open) -> None:
    story = building()
    await looked(open_console, story)
    worked(story)
    async with open_console(story, size=size) as stage:
        await dialog(stage)
        assert "1 package built" in stage.text()
        await act(stage, "end")
        assert "build-swarm fix-blocked" in stage.text()
