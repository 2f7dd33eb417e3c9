"""The scheduler's choice: rank first, the earliest end, waiting only on what is known."""

from collections.abc import Callable, Mapping
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.estimate import Estimate
from swarm_node.model.outlook import Outlook, heaviest, ready_at
from swarm_node.model.schedule import Choice, Drone, ReadyQueue, by_speed, choose, offers

NOW = 1000.0
Refuses = Callable[[str, str], str | None]


def known(seconds: Mapping[str, float]) -> Callable[[str], Estimate]:
    return lambda build: Estimate(seconds[build], True, 0.5)


def guessed(seconds: Mapping[str, float]) -> Callable[[str], Estimate]:
    return lambda build: Estimate(seconds[build], False, 1.1)


def nobody_refuses(drone: str, build: str) -> None:
    return None


def refusing(reason: str, drone: str = "", build: str = "") -> Refuses:
    """Says the reason to that drone, or for that build, and lets all else pass."""
    return lambda name, wanted: reason if drone == name or build == wanted else None


def busy(name: str, speed: float, remaining: float) -> Drone:
    return Drone(name, speed, since=NOW - 10, expected=10 + remaining)


def ask(
    drone: Drone,
    seconds: dict[str, float],
    *others: Drone,
    refuses: Refuses = nobody_refuses,
    sure: bool = True,
) -> Choice:
    """The choice when the builds rank in the order in which they are given."""
    estimate = known(seconds) if sure else guessed(seconds)
    return choose(drone, list(seconds), [drone, *others], NOW, estimate, refuses)


def test_queue_is_ordered_by_rank_then_by_name() -> None:
    queue = ReadyQueue({"b": 5.0, "a": 5.0, "c": 9.0})
    queue.add("d", 7.0)
    assert list(queue) == ["c", "d", "a", "b"]
    queue.add("b", 100.0)
    queue.discard("c")
    queue.discard("never there")
    assert queue.top(2) == ["b", "d"]
    queue.rerank({"a": 200.0, "gone": 1.0})
    assert list(queue) == ["a", "b", "d"]
    assert len(queue) == 3
    assert "b" in queue
    assert "c" not in queue


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.one_of(st.none(), st.integers(0, 3)))))
def test_queue_agrees_with_sorting(steps: list[tuple[str, int | None]]) -> None:
    queue, ranks = ReadyQueue(), dict[str, int]()
    for build, rank in steps:
        if rank is None:
            queue.discard(build)
            ranks.pop(build, None)
        else:
            queue.add(build, float(rank))
            ranks[build] = rank
        assert list(queue) == sorted(ranks, key=lambda name: (-ranks[name], name))


def test_a_lone_drone_takes_the_first() -> None:
    assert ask(Drone("only"), {"a": 10.0, "b": 99.0}).build == "a"


def test_nothing_ready_is_nothing_to_do() -> None:
    assert ask(Drone("only"), {}) == Choice(None)


def test_what_is_refused_is_skipped() -> None:
    refuses = refusing("pinned to other", build="a")
    assert ask(Drone("only"), {"a": 10.0, "b": 10.0}, refuses=refuses).build == "b"


def test_equal_drones_never_wait_for_each_other() -> None:
    assert ask(Drone("x"), {"a": 5000.0}, Drone("y"), busy("z", 1.1, 1.0)).build == "a"


def test_a_long_known_build_waits_for_the_fast_drone() -> None:
    choice = ask(Drone("slow", 0.5), {"chromium": 10_000.0, "sed": 10.0}, busy("fast", 2.0, 100.0))
    assert choice.build == "sed"
    (left,) = choice.left
    assert (left.build, left.drone) == ("chromium", "fast")
    assert left.finish == pytest.approx(NOW + 100 + 5000)
    assert left.reason == "fast is faster and ends it sooner"


def test_a_guess_is_never_waited_on() -> None:
    choice = ask(Drone("slow", 0.5), {"chromium": 10_000.0}, busy("fast", 2.0, 100.0), sure=False)
    assert choice == Choice("chromium")


def test_what_is_left_adds_up_on_the_fast_drone() -> None:
    """Each takes 100 s on the fast drone and 400 s here: the fast one ends three sooner, not the fourth."""
    builds = dict.fromkeys("abcde", 200.0)
    choice = ask(Drone("slow", 0.5), builds, busy("fast", 2.0, 60.0))
    assert [left.finish - NOW for left in choice.left] == pytest.approx([160, 260, 360])
    assert choice.build == "d"


def test_nothing_is_left_for_a_fast_drone_that_refuses_it_or_is_gone() -> None:
    fast = busy("fast", 2.0, 1.0)
    refuses = refusing("failed there just now", drone="fast")
    assert ask(Drone("slow", 0.5), {"a": 1000.0}, fast, refuses=refuses).build == "a"
    fast.up = False
    assert ask(Drone("slow", 0.5), {"a": 1000.0}, fast).build == "a"


def test_of_two_fast_drones_the_one_that_may_is_waited_for() -> None:
    refuses = refusing("low memory", drone="fastest")
    choice = ask(
        Drone("slow", 0.5), {"a": 1000.0}, busy("fastest", 4.0, 1.0), busy("fast", 2.0, 1.0), refuses=refuses
    )
    assert choice.build is None
    assert choice.left[0].drone == "fast"


def test_a_drone_that_is_overdue_is_trusted_ever_less() -> None:
    late = Drone("fast", 2.0, since=NOW - 9000, expected=100.0)
    assert late.free_at(NOW) == pytest.approx(NOW + 3000)
    assert ask(Drone("slow", 0.5), {"a": 1000.0}, late).build == "a"


def test_idle_drones_are_served_fastest_first() -> None:
    assert [drone.name for drone in by_speed([Drone("b"), Drone("a"), Drone("c", 2.0)])] == ["c", "a", "b"]


def test_offers_say_why_a_build_is_not_running() -> None:
    refuses = refusing("arch is arm64", drone="arm")
    fleet = [Drone("arm", 3.0), Drone("idle", 0.5), busy("fast", 2.0, 100.0), Drone("down", up=False)]
    found = offers("a", fleet, NOW, known({"a": 1000.0}), refuses)
    assert [(offer.drone, offer.refusal) for offer in found] == [
        ("fast", None),
        ("idle", None),
        ("arm", "arch is arm64"),
    ]
    assert found[0].start == pytest.approx(NOW + 100)
    assert found[0].finish == pytest.approx(NOW + 600)


# The fast drone asks; chromium waits for qt, which `other` builds for another 300 s.
SECONDS = {"gcc": 4000.0, "make": 100.0, "sed": 50.0, "chromium": 40_000.0, "webengine": 6000.0, "qt": 1000.0}
NEEDS = {"chromium": ["qt"], "webengine": ["qt"], "qt": []}


def look_ahead(
    ready: list[str],
    ends: dict[str, float | None],
    heavy: str = "chromium",
    sure: bool = True,
    rank: float = 0.0,
) -> str | None:
    """What the fast drone gets; heavier builds have the higher rank, and gcc `rank` more than its seconds."""
    fast, slow, other = Drone("fast", 2.0), busy("slow", 0.5, 5000.0), busy("other", 1.0, 300.0)
    ranks = {**SECONDS, "gcc": SECONDS["gcc"] + rank}
    outlook = Outlook([heavy], ranks.__getitem__, NEEDS, ends.get)
    estimate = known(SECONDS) if sure else guessed(SECONDS)
    return choose(fast, ready, [fast, slow, other], NOW, estimate, nobody_refuses, outlook).build


def test_a_fast_drone_is_kept_free_for_a_heavy_build_about_to_become_ready() -> None:
    assert look_ahead(["gcc"], {"qt": NOW + 300}) is None
    fast = Drone("fast", 2.0)
    outlook = Outlook(["chromium"], SECONDS.__getitem__, NEEDS, {"qt": NOW + 300}.get)
    choice = choose(fast, ["gcc"], [busy("slow", 1.0, 0.0)], NOW, known(SECONDS), nobody_refuses, outlook)
    assert choice.left[0].reason == "fast is kept free for chromium"


def test_meanwhile_it_builds_what_ends_before_or_is_brief() -> None:
    assert look_ahead(["gcc", "sed"], {"qt": NOW + 300}) == "sed"
    assert look_ahead(["gcc", "make"], {"qt": NOW + 20}) == "make", "50 s are brief"


@pytest.mark.parametrize(
    "ends",
    [
        {"qt": NOW + 9000},
        {"qt": NOW + 1500},
        {"qt": inf},
        {"qt": None},
        {"qt": NOW - 5},
        {"qt": NOW + 300, "chromium": NOW + 7000},
    ],
    ids=[
        "after gcc",
        "longer idle than delayed",
        "blocked",
        "nobody knows when",
        "ready now",
        "begun elsewhere",
    ],
)
def test_it_is_not_kept_free_for_nothing(ends: dict[str, float | None]) -> None:
    assert look_ahead(["gcc"], ends) == "gcc"


def test_it_is_not_kept_free_on_a_guess_nor_for_what_is_about_as_long() -> None:
    assert look_ahead(["gcc"], {"qt": NOW + 300}, sure=False) == "gcc"
    assert look_ahead(["gcc"], {"qt": NOW + 300}, heavy="webengine") == "gcc"


def test_what_more_depends_on_goes_first_however_short() -> None:
    assert look_ahead(["gcc"], {"qt": NOW + 300}, rank=99_000.0) == "gcc"


def test_ready_at_follows_the_longest_open_chain() -> None:
    needs = {"top": ["x", "y"], "x": ["z"], "y": ["z"], "z": []}
    outlook = Outlook([], lambda _: 0.0, needs, {"z": NOW + 7}.get)
    seconds = {"x": 10.0, "y": 30.0}
    assert ready_at("top", outlook, seconds.__getitem__, NOW, inf) == NOW + 37
    assert ready_at("top", outlook, seconds.__getitem__, NOW, NOW + 37) == inf
    needs["y"] = ["x", "z"]
    assert ready_at("top", outlook, seconds.__getitem__, NOW, inf) == NOW + 47


def test_what_too_much_lies_before_is_not_foreseen() -> None:
    needs = {f"p{n}": [f"p{n - 1}"] if n else [] for n in range(5000)}
    outlook = Outlook([], lambda _: 0.0, needs, {"p0": NOW + 1}.get)
    assert ready_at("p4999", outlook, lambda _: 0.001, NOW, inf) == inf


def test_heaviest_first() -> None:
    assert heaviest({"a": 1.0, "c": 9.0, "b": 9.0}, 2) == ["b", "c"]


fleets = st.lists(
    st.builds(
        Drone,
        name=st.uuids().map(str),
        speed=st.sampled_from([0.25, 0.5, 1.0, 2.0, 4.0]),
        up=st.booleans(),
        since=st.none() | st.floats(0, NOW),
        expected=st.floats(0, 1e5),
    ),
    max_size=6,
)
builds = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.tuples(st.floats(0, 1e5), st.booleans()))


@given(st.sampled_from([0.5, 1.0, 2.0]), fleets, builds)
def test_no_choice_is_beaten_by_a_drone_that_would_end_it_sooner(
    speed: float, others: list[Drone], work: dict[str, tuple[float, bool]]
) -> None:
    asking = Drone("asking", speed)

    def estimate(build: str) -> Estimate:
        return Estimate(*work[build], 0.5)

    choice = choose(asking, list(work), [asking, *others], NOW, estimate, nobody_refuses)
    seen = [left.build for left in choice.left] + ([choice.build] if choice.build else [])
    assert seen == list(work)[: len(seen)], "in the order of rank, none skipped"
    fleet = {drone.name: drone for drone in others}
    for left in choice.left:
        assert work[left.build][1], "only the known is waited for"
        assert fleet[left.drone].up
        assert fleet[left.drone].speed > speed
        assert left.finish < NOW + work[left.build][0] / speed
    if choice.build is None:
        assert len(seen) == len(work) or len(choice.left) == 128
