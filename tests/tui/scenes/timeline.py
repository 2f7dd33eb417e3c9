"""The timeline: early, full, with failures, zoomed, in every size."""

from random import Random

from swarm_node.model import commands as c
from swarm_node.model.work import Diagnosis
from tests.tui.conftest import Stage
from tests.tui.scenes.dashboard import hostile
from tests.tui.scenes.scene import SIZES, Scene, every_size, keys
from tests.tui.story import KERNEL, Story, building, empty, facts, row

FLAKY = Diagnosis("transient-network", "unblock", "a download failed", transient=True)
CATEGORIES = ("dev-libs", "net-misc", "app-editors", "media-libs", "dev-lang", "sys-apps")
NAMES = ("amber", "basalt", "cobalt", "dune", "ember", "flint", "garnet", "heath", "iris", "jade", "kelp")


def crowd(packages: int = 60, seed: int = 7) -> Story:
    """A long queue with needs, six drones of different speed, and a drone that joins late."""
    story, chance = empty(), Random(seed)
    story.tell(c.SeeNode(name="drone-Tau", facts=facts(6)), c.SeeNode(name="drone-Vega", facts=facts(12)))
    names: list[str] = []
    rows = []
    for number in range(packages):
        name = f"{chance.choice(CATEGORIES)}/{chance.choice(NAMES)}{number}-{number % 7}.{number % 9}"
        needs = chance.sample(names[-14:], min(len(names), chance.choice((0, 1, 1, 2))))
        rows.append(row(name, *needs))
        names.append(name)
    story.tell(c.OpenSession(clear=True))
    story.tell(c.PlanQueue(rows=tuple(rows)), c.EnterPhase(phase="building"), after=70.0)
    return story


def work(story: Story, until: float, seed: int = 3, failures: bool = False) -> Story:
    """The drones of a story work for so many seconds; with failures some of it goes wrong."""
    chance, began = Random(seed), story.now
    ends: dict[str, tuple[float, float]] = {}
    """When each drone's build ends, and how long it takes."""
    while story.now - began < until:
        for name, node in story.state.nodes.items():
            if node.up and node.attempt is None and story.state.queue.ready:
                story.tell(c.RequestWork(node=name))
                if (number := story.state.nodes[name].attempt) is not None:
                    story.tell(c.StartAttempt(node=name, attempt=number))
                    takes = chance.uniform(20.0, 400.0) / node.facts.cores**0.5
                    ends[name] = story.now + takes, takes
        if not ends:
            break
        name = min(ends, key=lambda each: ends[each])
        end, took = ends.pop(name)
        story.now = end - took
        if failures and chance.random() < 0.18:
            story.fail(name, FLAKY if chance.random() < 0.6 else KERNEL, took)
        else:
            story.stage(name, took)
    return story


def early() -> Story:
    """Three drones that have just begun."""
    story = building()
    story.now += 20.0
    return story


def full() -> Story:
    """A session in its middle."""
    return work(crowd(), 900.0)


def finished() -> Story:
    """A session that is over."""
    return work(crowd(), 1e9)


def troubled() -> Story:
    """Failures, a retry, a lost drone, a drained one, one that joined late, a recalled attempt."""
    story = work(crowd(), 420.0, failures=True)
    story.tell(c.SeeNode(name="drone-Wezen", facts=facts(16)))
    work(story, 240.0, seed=5, failures=True)
    story.tell(c.Sweep(silent={"drone-Tarn": 120.0}), c.HoldNode(name="drone-Tau", held=True))
    work(story, 120.0, seed=6)
    story.tell(c.RequestWork(node="drone-Izar"))
    story.tell(c.Balance(), after=5.0)
    return story


async def zoom(stage: Stage) -> None:
    """Closer, and back along the path."""
    await stage.press("T", "left_square_bracket", "left_square_bracket", *["plus"] * 3)
    await stage.settle()


async def sixteen_colours(stage: Stage) -> None:
    """In the terminal's own colours."""
    stage.app.theme = "ansi-dark"
    await stage.press("T")
    await stage.settle()


T = keys("T")
PICTURES: dict[str, Scene] = {
    "timeline-early": Scene(early, T),
    **every_size("timeline", Scene(full, T), ("60x16", "60x20", "120x36", "200x60")),
    "timeline-troubled": Scene(troubled, T),
    "timeline-finished": Scene(finished, T),
    "timeline-zoomed": Scene(full, zoom),
    "timeline-ansi": Scene(troubled, sixteen_colours),
    "timeline-light": Scene(troubled, keys("t", "T")),
    "timeline-empty": Scene(empty, T),
    "timeline-hostile": Scene(hostile, T, SIZES["80x24"]),
}
