"""The queue as a graph: which builds are ready, and what each of the others still waits for."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from swarm_node.model.schedule import ReadyQueue


class Queue:
    """An index over the builds of a session, kept in step by `apply`; it holds no truth of its own."""

    def __init__(self) -> None:
        self.ready = ReadyQueue()
        self.needs: dict[str, tuple[str, ...]] = {}
        self.dependents: dict[str, tuple[str, ...]] = {}
        self.waiting: dict[str, int] = {}
        self._needed: dict[str, float] = {}
        self._done: set[str] = set()

    def rebuild(
        self, needs: Mapping[str, Sequence[str]], *, done: Collection[str], needed: Mapping[str, float]
    ) -> None:
        """Start over. A need that is not in the queue counts as met: it lies in production already."""
        self.needs = {build: among(needs, wanted) for build, wanted in needs.items()}
        dependents: dict[str, list[str]] = {}
        for build, wanted in self.needs.items():
            for need in wanted:
                dependents.setdefault(need, []).append(build)
        self.dependents = {need: tuple(waiting) for need, waiting in dependents.items()}
        self.settle(done, needed)

    def settle(self, done: Collection[str], needed: Mapping[str, float]) -> None:
        """Of all builds, which are done and which are to be handed out, each with its rank."""
        self._done = set(done)
        met = self._done.__contains__
        self.waiting = {build: len(wanted) - sum(map(met, wanted)) for build, wanted in self.needs.items()}
        self._needed = dict(needed)
        waiting = self.waiting
        self.ready = ReadyQueue({build: rank for build, rank in needed.items() if not waiting.get(build)})

    def copy(self) -> "Queue":
        """Another queue that stands as this one does."""
        made = Queue()
        made.ready = self.ready.copy()
        made.needs, made.dependents = self.needs, self.dependents  # made anew by `rebuild`, never changed
        made.waiting, made._needed, made._done = self.waiting.copy(), self._needed.copy(), self._done.copy()
        return made

    def need(self, build: str, rank: float) -> None:
        """The build is to be built: ready at once, or as soon as what it needs is done."""
        self._needed[build] = rank
        if not self.waiting.get(build):
            self.ready.add(build, rank)

    def take(self, build: str) -> None:
        """The build is no longer waiting to be handed out: assigned or blocked."""
        self._needed.pop(build, None)
        self.ready.discard(build)

    def finish(self, build: str) -> None:
        """The build is staged: what waited only for it becomes ready."""
        self.take(build)
        if build in self._done:
            return
        self._done.add(build)
        for dependent in self.dependents.get(build, ()):
            self.waiting[dependent] -= 1
            if not self.waiting[dependent] and dependent in self._needed:
                self.ready.add(dependent, self._needed[dependent])

    def put(self, build: str, rank: float | None, done: bool) -> None:
        """Have the index say this of one build: it is needed at a rank, or it is done, or neither."""
        self.take(build)
        if done:
            self.finish(build)
        elif build in self._done:
            self._done.remove(build)
            for dependent in self.dependents.get(build, ()):
                self.waiting[dependent] += 1
                self.ready.discard(dependent)
        if rank is not None:
            self.need(build, rank)

    def held_up(self, builds: Iterable[str], most: int) -> list[str]:
        """What is not done and waits for any of these, near or far; no more than `most`, the nearest."""
        frontier: Collection[str] = set(builds)
        seen, found = set(frontier), list[str]()
        while frontier and len(found) < most:
            waiting = [self.dependents[build] for build in frontier if build in self.dependents]
            frontier = sorted(set().union(*waiting) - seen - self._done)
            seen.update(frontier)
            found += frontier
        return found[:most]

    def unmet(self, build: str) -> list[str]:
        """What the build still waits for, in the order that the resolver gave."""
        return [need for need in self.needs.get(build, ()) if need not in self._done]


def among(builds: Mapping[str, object], wanted: Sequence[str]) -> tuple[str, ...]:
    """Those of the wanted that are builds; the same object where all are, as a queue may be long."""
    if isinstance(wanted, tuple) and all(map(builds.__contains__, wanted)):
        return wanted
    return tuple(filter(builds.__contains__, wanted))
