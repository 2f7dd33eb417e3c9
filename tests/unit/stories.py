"""A swarm without I/O for the tests of its rules: commands in, events out, and the log that they make."""

from collections.abc import Iterable

import msgspec

from swarm_node.model import commands as c
from swarm_node.model.apply import apply, fold
from swarm_node.model.decide import decide
from swarm_node.model.events import BuildAssigned, Event, Policy
from swarm_node.model.refusal import Refused
from swarm_node.model.state import Build, State
from swarm_node.model.work import Artifact, Diagnosis, Measures, NodeFacts, PlanRow, Role

BEGIN = 1_700_000_000.0
LASTING = Diagnosis("compile-error", "human", "it does not compile")
PASSING = Diagnosis("transient-network", "unblock", "a download failed", transient=True)
POLICY = Policy(build_mode="delegate_only", simulated=True)


def row(cpv: str, *needs: str, **more: object) -> PlanRow:
    """A row of the plan for `cat/pkg-1`, which needs builds to be staged before it."""
    fields = {"slot": "0", "repository": "demo", "reason": "new", **more}
    return msgspec.convert({"id": cpv, "cpv": cpv, "needs": needs, **fields}, PlanRow)


def artifact(build: Build, attempt: int, content: str = "") -> Artifact:
    """What an attempt uploads; another `content` is another package."""
    digest = f"{attempt:x}{content}".encode().hex()
    return Artifact(f"{build.row.cpv}-{attempt}.gpkg.tar", digest, 100, attempt)


class Story:
    """A state, a clock that the test moves, and everything that happened."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.state = State()
        self.now = BEGIN
        self.log: list[Event] = []
        self.do(c.SetPolicy(policy=policy))

    def do(self, command: c.Command) -> list[Event]:
        """Grant a command. Raises: Refused; the state is then as it was."""
        events = decide(self.state, command, self.now)
        for event in events:
            apply(self.state, event)
        self.log += events
        return events

    def refused(self, command: c.Command) -> str:
        """The code with which a command is refused; a refusal names the next step."""
        try:
            self.do(command)
        except Refused as no:
            assert no.message
            assert no.hint
            return no.code
        raise AssertionError(f"{command} was granted")

    def nodes(self, *names: str, cores: int = 8, role: Role = "drone") -> None:
        for name in names:
            self.do(c.SeeNode(name=name, facts=NodeFacts(role=role, cores=cores)))

    def plan(self, *rows: PlanRow, clear: bool = True) -> None:
        self.do(c.OpenSession(clear=clear))
        self.do(c.PlanQueue(rows=rows))
        self.do(c.EnterPhase(phase="building"))

    def ask(self, node: str, holding: int | None = None) -> int | None:
        """Ask for work: the new attempt's number; None when there is none."""
        events = self.do(c.RequestWork(node=node, holding=holding))
        return next((e.attempt for e in events if isinstance(e, BuildAssigned)), None)

    def take(self, node: str) -> int:
        """Ask for work and begin it."""
        attempt = self.ask(node)
        assert attempt is not None
        self.do(c.StartAttempt(node=node, attempt=attempt))
        return attempt

    def stage(self, node: str, attempt: int, seconds: float = 10.0, content: str = "") -> list[Event]:
        known = self.state.attempts.get(attempt)
        build = self.state.builds.get(known.build) if known else None
        made = artifact(build or Build(row("gone/away-1")), attempt, content)
        return self.do(c.StageBuild(node=node, attempt=attempt, artifact=made, measures=Measures(seconds)))

    def fail(self, node: str, attempt: int, diagnosis: Diagnosis = LASTING) -> list[Event]:
        return self.do(c.FailBuild(node=node, attempt=attempt, phase="compile", diagnosis=diagnosis))

    def silent(self, *nodes: str, seconds: float = 100.0) -> list[Event]:
        """Time goes by without a word of these nodes."""
        self.now += seconds
        return self.do(c.Sweep(silent=dict.fromkeys(nodes, seconds)))

    def build(self, name: str) -> Build:
        return self.state.builds[name]

    def status(self, name: str) -> str:
        return self.state.builds[name].status


def kinds(events: Iterable[Event]) -> list[str]:
    """The events' names."""
    return [type(event).__name__ for event in events]


def refold(log: Iterable[Event]) -> State:
    """The state that a log tells of."""
    return fold(State(), log)


def encoded(state: State) -> bytes:
    return msgspec.json.encode(state)


def reread(state: State) -> State:
    """The state as a snapshot brings it back."""
    return msgspec.json.decode(encoded(state), type=State)


def assert_sound(story: Story) -> None:
    """What must be true of every state, whatever happened before."""
    state = story.state
    _one_status_each(state)
    _attempts_and_nodes_agree(state)
    _numbers_are_dense(state)
    _index_is_true(state)
    assert encoded(refold(story.log)) == encoded(state)
    assert encoded(reread(state)) == encoded(state)


def _one_status_each(state: State) -> None:
    for name, build in state.builds.items():
        assert name == build.id
        assert build.status in ("needed", "assigned", "building", "staged", "blocked", "released")
        opened = [a for a in state.attempts.values() if a.build == name and a.outcome == "open"]
        if build.status in ("assigned", "building"):
            assert [a.number for a in opened] == [build.attempt]
            assert (opened[0].started is not None) == (build.status == "building")
        else:
            assert not opened
        assert (build.diagnosis is not None) == (build.status == "blocked")
        assert build.tries <= state.policy.max_attempts
        assert build.deaths <= state.policy.max_deaths


def _attempts_and_nodes_agree(state: State) -> None:
    for attempt in state.attempts.values():
        assert attempt.number < state.next_attempt
        if attempt.outcome == "open":
            assert state.nodes[attempt.node].attempt == attempt.number
            assert state.nodes[attempt.node].up
            assert attempt.build in state.builds
    for node in state.nodes.values():
        if node.attempt is not None:
            assert state.attempts[node.attempt].node == node.name
            assert state.attempts[node.attempt].outcome == "open"


def _numbers_are_dense(state: State) -> None:
    assert sorted(state.releases) == list(range(1, len(state.releases) + 1))
    if state.current is not None:
        assert state.releases[state.current].status == "published"
    assert sum(release.status == "prepared" for release in state.releases.values()) <= 1


def _index_is_true(state: State) -> None:
    """Queue and fleet, kept in step event by event, equal what is derived anew."""
    fresh = reread(state)
    assert list(state.queue.ready) == list(fresh.queue.ready)
    for name in state.builds:
        assert state.queue.unmet(name) == fresh.queue.unmet(name)
        assert state.queue.waiting[name] == len(fresh.queue.unmet(name))
    assert state.fleet == fresh.fleet
    for name in state.queue.ready:
        assert state.builds[name].status == "needed"
        assert not state.queue.unmet(name)
