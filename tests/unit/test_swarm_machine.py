"""Anything that drones, operators and time can do, in any order: the invariants hold after every step."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.decide import decide
from swarm_node.model.refusal import CODES, Refused
from swarm_node.model.work import Line, Measures, NodeFacts, PlanRow
from tests.unit.stories import (
    LASTING,
    PASSING,
    Story,
    artifact,
    assert_sound,
    encoded,
    row,
)

NODES = ("izar", "mizar", "local")
PACKAGES = tuple(f"app-misc/p{number}-1" for number in range(6))

LINE = Line("package.use", "app-misc/p0 ssl")

node_names = st.sampled_from(NODES)
package_names = st.sampled_from(PACKAGES)


@st.composite
def plans(draw: st.DrawFn) -> tuple[PlanRow, ...]:
    """Rows of some packages, each with needs among all of them (cycles too), some refused by the resolver."""
    chosen = draw(st.lists(package_names, unique=True, min_size=3, max_size=6))
    return tuple(
        row(
            name,
            *draw(st.lists(package_names, unique=True, max_size=1)),
            use=draw(st.sampled_from([(), (), ("ssl",)])),
            problem=draw(st.sampled_from([None, None, None, None, LASTING])),
            simulated=draw(st.sampled_from([False, False, False, True])),
        )
        for name in chosen
    )


class Swarm(RuleBasedStateMachine):
    """Drones here forget, repeat and contradict themselves; the swarm must not."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(e.Policy(max_attempts=2, max_deaths=2, simulated=True))
        self.accepted: dict[tuple[int, str], int] = {}
        self.last_attempt = 0
        self.before: dict[int, dict[str, PlanRow]] = {}
        """What the queue held when each change was tried."""

    def try_(self, command: c.Command) -> list[e.Event]:
        """Give a command; refused or granted, `decide` itself changes nothing and says the same twice."""
        before, state = encoded(self.story.state), self.story.state
        try:
            first = decide(state, command, self.story.now)
        except Refused as no:
            assert CODES[no.code].status < 500
            assert encoded(state) == before
            return []
        assert encoded(state) == before
        events = self.story.do(command)
        assert events == first
        self._follow(events)
        return events

    def _follow(self, events: list[e.Event]) -> None:
        for event in events:
            match event:
                case e.BuildAssigned():
                    assert event.attempt == self.last_attempt + 1
                    self.last_attempt = event.attempt
                case e.BuildStaged():
                    key = (event.attempt, event.build)
                    assert key not in self.accepted
                    self.accepted[key] = event.attempt

    @initialize(rows=plans())
    def begin(self, rows: tuple[PlanRow, ...]) -> None:
        for name in NODES[:2]:
            self.try_(c.SeeNode(name=name, facts=NodeFacts(cores=8)))
        self.try_(c.OpenSession(clear=True))
        self.try_(c.PlanQueue(rows=rows))
        self.try_(c.EnterPhase(phase="building"))

    @rule(name=node_names, cores=st.sampled_from([2, 8]), full=st.booleans())
    def register(self, name: str, cores: int, full: bool) -> None:
        role: Any = "local" if name == "local" else "drone"
        self.try_(c.SeeNode(name=name, facts=NodeFacts(role=role, cores=cores, disk_free=full * 1000)))

    @rule(name=node_names, holds=st.booleans())
    def ask(self, name: str, holds: bool) -> None:
        """Drones ask, remembering or having forgotten what they hold."""
        node = self.story.state.nodes.get(name)
        holding = node.attempt if node is not None and holds else None
        for event in self.try_(c.RequestWork(node=name, holding=holding)):
            if isinstance(event, e.BuildAssigned):
                self._assert_ready(event)

    def _assert_ready(self, event: e.BuildAssigned) -> None:
        state = self.story.state
        build = state.builds[event.build]
        for need in build.needs:
            assert state.builds[need].status in ("staged", "released")
        assert build.pinned in (None, event.node)
        assert not state.held
        assert not state.nodes[event.node].held
        assert not 0 < build.not_before - self.story.now <= state.policy.backoff

    def _numbers(self) -> list[int]:
        """Attempts to speak of: mostly the open ones, also old ones and one that never was."""
        attempts = self.story.state.attempts.values()
        opened = [attempt.number for attempt in attempts if attempt.outcome == "open"]
        return opened * 4 + list(range(max(self.last_attempt - 3, 0), self.last_attempt + 2))

    @rule(name=node_names, how=st.sampled_from(["stage", "fail", "pass", "die", "vanish"]))
    def work(self, name: str, how: str) -> None:
        """What a drone mostly does: take a build, begin it, and end it in one of the usual ways."""
        self.try_(c.RequestWork(node=name))
        node = self.story.state.nodes.get(name)
        if node is None or node.attempt is None:
            return
        number = node.attempt
        self.try_(c.StartAttempt(node=name, attempt=number))
        build = self.story.build(self.story.state.attempts[number].build)
        match how:
            case "stage":
                made = artifact(build, number)
                self.try_(c.StageBuild(node=name, attempt=number, artifact=made, measures=Measures(3.0)))
            case "fail" | "pass":
                why = LASTING if how == "fail" else PASSING
                self.try_(c.FailBuild(node=name, attempt=number, phase="compile", diagnosis=why))
            case "die":
                assert any(isinstance(event, e.AttemptLost) for event in self.try_(c.RequestWork(node=name)))
            case "vanish":
                self.try_(c.Sweep(silent={name: 500.0}))
                assert not self.story.state.nodes[name].up

    @rule(name=node_names, data=st.data())
    def start(self, name: str, data: st.DataObject) -> None:
        self.try_(c.StartAttempt(node=name, attempt=data.draw(st.sampled_from(self._numbers()))))

    @rule(data=st.data(), content=st.sampled_from(["", "", "other"]), bare=st.booleans())
    def complete(self, data: st.DataObject, content: str, bare: bool) -> None:
        """A result of any attempt, on time or late, once or twice, the same or another."""
        number = data.draw(st.sampled_from(self._numbers()))
        attempt = self.story.state.attempts.get(number)
        name = data.draw(node_names) if attempt is None else attempt.node
        made = None
        if attempt is not None and attempt.build in self.story.state.builds and not bare:
            made = artifact(self.story.build(attempt.build), number, content)
        measures = Measures(data.draw(st.sampled_from([0.0, 1.0, 5000.0])))
        command = c.StageBuild(node=name, attempt=number, artifact=made, measures=measures)
        was = attempt.outcome if attempt is not None else None
        events = self.try_(command)
        if was != "open":
            assert not any(isinstance(event, e.BuildStaged) for event in events)

    @rule(data=st.data(), diagnosis=st.sampled_from([LASTING, PASSING]), stranger=st.booleans())
    def fail(self, data: st.DataObject, diagnosis: Any, stranger: bool) -> None:
        number = data.draw(st.sampled_from(self._numbers()))
        attempt = self.story.state.attempts.get(number)
        name = data.draw(node_names) if attempt is None or stranger else attempt.node
        self.try_(c.FailBuild(node=name, attempt=number, phase="compile", diagnosis=diagnosis))

    @rule(name=node_names, data=st.data())
    def stop(self, name: str, data: st.DataObject) -> None:
        self.try_(c.GiveBack(node=name, attempt=data.draw(st.sampled_from(self._numbers()))))

    @rule(silent=st.dictionaries(node_names, st.sampled_from([10.0, 200.0])), seconds=st.floats(0, 300))
    def sweep(self, silent: dict[str, float], seconds: float) -> None:
        self.story.now += seconds
        self.try_(c.Sweep(silent=silent))

    @rule(back=st.floats(0, 10_000))
    def clock_jumps_back(self, back: float) -> None:
        self.story.now -= back

    @rule(rows=plans(), clear=st.sampled_from([False, False, True]))
    def plan(self, rows: tuple[PlanRow, ...], clear: bool) -> None:
        if self.try_(c.OpenSession(clear=clear)):
            self.try_(c.PlanQueue(rows=rows))
            self.try_(c.EnterPhase(phase="building" if rows else "idle"))

    @rule(sure=st.sampled_from([False, False, False, True]))
    def reset(self, sure: bool) -> None:
        if sure and self.try_(c.OpenSession(clear=True)):
            self.try_(c.EnterPhase(phase="idle"))

    @rule(
        builds=st.lists(package_names, max_size=2).map(tuple),
        jobs=st.sampled_from([None, 1, 0]),
        node=st.sampled_from([None, None, *NODES]),
    )
    def unblock(self, builds: tuple[str, ...], jobs: int | None, node: str | None) -> None:
        self.try_(c.Unblock(builds=builds, jobs=jobs, node=node))

    @rule(name=package_names, rows=plans(), node=st.sampled_from([None, None, *NODES]))
    def try_change(self, name: str, rows: tuple[PlanRow, ...], node: str | None) -> None:
        """A change of the configuration, with whatever the resolver answers to it."""
        before = self._standing()
        if self.try_(c.TryChange(build=name, lines=(LINE,), rows=rows, node=node)):
            change = max(self.story.state.changes)
            assert change not in self.before
            self.before[change] = before

    def _standing(self) -> dict[str, PlanRow]:
        return {build.id: build.row for build in self.story.state.builds.values()}

    @rule(data=st.data(), name=package_names)
    def end_trial(self, data: st.DataObject, name: str) -> None:
        """Taken back at once, the queue holds what it held before the trial."""
        trials = self.story.state.trials()
        change = data.draw(st.sampled_from(trials)) if trials else None
        was = {build for build in change.builds if build in self.story.state.builds} if change else set()
        self.try_(c.TakeBackChange(build=change.build if change is not None else name))
        if change is None:
            return
        assert change not in self.story.state.trials()
        now, before = self._standing(), self.before[change.number]
        assert all(now.get(build) == before.get(build) for build in was)

    @rule(number=st.integers(0, 4))
    def settle(self, number: int) -> None:
        self.try_(c.SettleChange(change=number))

    @rule()
    def balance(self) -> None:
        self.try_(c.Balance())

    @rule(held=st.booleans(), name=st.sampled_from([None, *NODES]))
    def hold(self, held: bool, name: str | None) -> None:
        self.try_(c.HoldSwarm(held=held) if name is None else c.HoldNode(name=name, held=held))

    @rule(names=st.lists(node_names, max_size=2, unique=True).map(tuple))
    def direct(self, names: tuple[str, ...]) -> None:
        self.try_(c.IssueDirective(name="sync_trees", nodes=names))

    @rule(name=node_names, number=st.integers(-1, 8))
    def answer(self, name: str, number: int) -> None:
        self.try_(c.FinishDirective(node=name, id=number, ok=True))

    @rule(score=st.sampled_from([0, 9, 10]), name=st.sampled_from(["v1", "v2"]))
    def verify(self, score: int, name: str) -> None:
        self.try_(c.RecordVerify(verify_id=name, score=score, findings=(), packages=1))

    @rule(force=st.sampled_from(["", " ", "because"]), name=st.sampled_from(["v1", "v2"]))
    def prepare(self, force: str, name: str) -> None:
        score = self.story.state.verified.score if self.story.state.verified else 0
        if self.try_(c.PrepareRelease(verify_id=name, force=force)):
            assert score < 10 or force.strip()

    @rule(done=st.sampled_from([True, True, False]))
    def finalize(self, done: bool) -> None:
        """The usual order; in between, other rules may come."""
        self.try_(c.RecordVerify(verify_id="v1", score=3, findings=(), packages=1))
        self.prepare("", "v1")
        for release in tuple(self.story.state.releases.values()):
            if release.status == "prepared" and done:
                self.publish(release.number)

    @rule(number=st.integers(0, 4))
    def publish(self, number: int) -> None:
        staged = {build.id for build in self.story.state.by_status("staged")}
        prepared = self.story.state.releases.get(number)
        builds = set(prepared.builds) if prepared is not None else set()
        for event in self.try_(c.PublishRelease(release=number, packages=1, size=1)):
            assert isinstance(event, e.ReleasePublished)
            released = staged - {build.id for build in self.story.state.by_status("staged")}
            assert released <= builds

    @rule(number=st.integers(0, 4))
    def abandon(self, number: int) -> None:
        self.try_(c.AbandonRelease(release=number, reason="a full disk"))

    @rule(number=st.sampled_from([None, 0, 1, 2, 3]))
    def roll_back(self, number: int | None) -> None:
        self.try_(c.RollBack(release=number))

    @rule(number=st.integers(0, 4))
    def forget(self, number: int) -> None:
        self.try_(c.ForgetRelease(release=number))

    @invariant()
    def sound(self) -> None:
        assert_sound(self.story)

    @precondition(lambda self: self.story.state.builds)
    @rule()
    def faults_end(self) -> None:
        """Once drones behave and operators let them, everything reaches a terminal status."""
        self.story.now += 100_000
        self.try_(c.HoldSwarm(held=False))
        for name in NODES:
            self.register(name, 8, False)
            self.try_(c.HoldNode(name=name, held=False))
        for _ in range(40):
            for name in NODES:
                self._behave(name)
            self.story.now += 5_000
        assert {build.status for build in self.story.state.by_status("needed", "assigned", "building")} <= {
            "needed"
        }
        for build in self.story.state.by_status("needed"):
            assert self._waits_for_blocked(build.id)

    def _behave(self, name: str) -> None:
        for _ in range(2):
            self.try_(c.RequestWork(node=name))
        number = self.story.state.nodes[name].attempt
        if number is None:
            return
        self.try_(c.StartAttempt(node=name, attempt=number))
        build = self.story.build(self.story.state.attempts[number].build)
        self.try_(
            c.StageBuild(node=name, attempt=number, artifact=artifact(build, number), measures=Measures(1.0))
        )

    def _waits_for_blocked(self, name: str) -> bool:
        unmet, seen = [name], set()
        while unmet:
            need = unmet.pop()
            if self.story.status(need) == "blocked":
                return True
            if need not in seen:
                seen.add(need)
                unmet += self.story.state.queue.unmet(need)
        return False


TestSwarm = Swarm.TestCase
TestSwarm.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
