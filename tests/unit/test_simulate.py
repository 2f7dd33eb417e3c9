"""What if: graph documents read strictly, and the real rules driven in virtual time."""

from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from bench.graphs import generated
from swarm_node.model.simulate import Outcome, blurred, simulate, study
from swarm_node.model.workload import Workload, workload_of

MIXED = (16, 8, 8, 4, 4, 4)


def package(cpv: str, seconds: Any = 10.0, *needs: str, **more: Any) -> dict[str, Any]:
    return {"cpv": cpv, "seconds": seconds, "measured": True, "stage3_needs": list(needs), **more}


def workload(*packages: dict[str, Any]) -> Workload:
    return workload_of({"packages": list(packages)})


def test_a_document_becomes_a_graph_with_its_cycles_broken() -> None:
    work = workload(package("a/x-1", 5, "a/y-1"), package("a/y-1", 7, "a/x-1", measured=False))
    assert work.seconds == {"a/x-1": 5, "a/y-1": 7}
    assert work.measured == {"a/x-1"}
    assert len(work.graph.dropped) == 1


def test_each_kind_of_edges_is_its_own_list() -> None:
    document = {"packages": [package("a/x-1", deps=["a/y-1"]), package("a/y-1", deps=[])]}
    assert workload_of(document, "deps").graph.needs["a/x-1"] == ("a/y-1",)
    assert workload_of(document, "stage3_needs").graph.needs["a/x-1"] == ()


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (None, 'a list "packages"'),
        ([], 'a list "packages"'),
        ({}, 'a list "packages"'),
        ({"packages": {}}, 'a list "packages"'),
        ({"packages": []}, "at least one package"),
        ({"packages": ["a/x-1"]}, "package 1: Expected `object`"),
        ({"packages": [{"seconds": 1}]}, "package 1: Object missing required field `cpv`"),
        ({"packages": [{"cpv": "a/x-1"}]}, "package 1: Object missing required field `seconds`"),
        (
            {"packages": [package("a/x-1", "long")]},
            r"package 1: Expected `float`, got `str` - at `\$.seconds`",
        ),
        ({"packages": [package("a/x-1", -1)]}, "a/x-1: -1 seconds is no duration"),
        ({"packages": [package("a/x-1", float("nan"))]}, "a/x-1: nan seconds is no duration"),
        ({"packages": [{"cpv": "a/x-1", "seconds": 1}]}, "a/x-1 has no 'stage3_needs'"),
        ({"packages": [package("a/x-1", stage3_needs="a/y-1")]}, "a/x-1: stage3_needs: Expected `array`"),
        ({"packages": [package("a/x-1", 1, "a/y-1")]}, "a/x-1 needs a/y-1, which is not a package"),
        ({"packages": [package("a/x-1"), package("a/x-1")]}, "package 2: a/x-1 is in the list twice"),
    ],
)
def test_a_bad_document_is_refused_with_what_and_where(document: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        workload_of(document)


def test_unknown_edges_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no edges are called 'needs'; choose one of deps, build_needs"):
        workload_of({"packages": [package("a/x-1")]}, "needs")


@pytest.mark.parametrize(
    ("fleet", "noise", "message"),
    [
        ((), 0.0, "at least one drone"),
        ((8, 0), 0.0, "a drone with 0 cores cannot build"),
        ((8,), -0.5, "noise of -0.5 is out of range"),
        ((8,), float("nan"), "noise of nan is out of range"),
    ],
)
def test_a_bad_question_is_refused(fleet: tuple[int, ...], noise: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        simulate(workload(package("a/x-1")), fleet, noise)


def test_a_chain_takes_the_sum_and_a_fan_is_shared() -> None:
    chain = simulate(workload(package("a/x-1"), package("a/y-1", 10, "a/x-1")), (8, 8))
    assert [(ran.build, ran.start, ran.finish) for ran in chain.order] == [
        ("a/x-1", 0, 10),
        ("a/y-1", 10, 20),
    ]
    fan = simulate(workload(*(package(f"a/x{n}-1") for n in range(4))), (8, 8))
    assert (fan.makespan, fan.ratio) == (20, 1)
    assert [(share.builds, share.busy, share.idle) for share in fan.drones] == [(2, 20, 0), (2, 20, 0)]


def test_the_long_build_goes_to_the_fast_drone_although_a_slow_one_idles() -> None:
    work = workload(
        package("a/first-1", 100), package("a/long-1", 10_000, "a/first-1"), package("a/b-1", 130)
    )
    ran = {ran.build: ran for ran in simulate(work, (16, 2)).order}
    assert ran["a/first-1"].drone == ran["a/long-1"].drone == "drone-01"


def test_the_same_seed_gives_the_same_run_and_another_seed_another_history() -> None:
    work = workload_of(generated(5, 200))
    assert simulate(work, MIXED, 0.5, 3) == simulate(work, MIXED, 0.5, 3)
    assert blurred(work, 0.5, 3) != blurred(work, 0.5, 4)


def test_a_package_wanted_by_two_profiles_has_one_history() -> None:
    twice = workload(package("a/x-1@desktop", 60), package("a/x-1@server", 60))
    assert list(blurred(twice, 0.0, 0).samples) == ["a/x"]


def test_without_noise_history_is_the_truth() -> None:
    work = workload(package("a/x-1", 60), package("a/y-1", 90, measured=False))
    assert blurred(work, 0.0, 0).typical == {"a/x": pytest.approx(60)}


def every_rule_holds(work: Workload, outcome: Outcome) -> None:
    """Each build once, after its needs, and never two at a time on one drone."""
    ran = {entry.build: entry for entry in outcome.order}
    assert len(ran) == len(outcome.order) == len(work.seconds)
    for build, needs in work.graph.needs.items():
        assert all(ran[need].finish <= ran[build].start for need in needs)
    for share in outcome.drones:
        own = sorted((entry.start, entry.finish) for entry in outcome.order if entry.drone == share.drone)
        assert all(before[1] <= after[0] for before, after in pairwise(own))
        assert share.busy == pytest.approx(
            sum(work.seconds[e.build] for e in outcome.order if e.drone == share.drone) / share.speed
        )


@pytest.mark.parametrize("seed", range(6))
def test_every_run_is_a_possible_one(seed: int) -> None:
    work = workload_of(generated(seed, 300))
    outcome = simulate(work, MIXED, 0.5 * (seed % 3), seed)
    every_rule_holds(work, outcome)
    assert outcome.ratio >= 1


@pytest.mark.parametrize(
    ("fleet", "aim"), [((8,) * 2, 1.02), ((8,) * 4, 1.02), ((8,) * 8, 1.02), (MIXED, 1.05)]
)
def test_makespan_is_close_to_what_no_schedule_can_beat(fleet: tuple[int, ...], aim: float) -> None:
    """On graphs like a desktop's; with the noise of real histories the median of several draws is."""
    works = [workload_of(generated(seed)) for seed in (21, 22)]
    exact = [simulate(work, fleet).ratio for work in works]
    noisy = [ratio for work in works for ratio in study(work, fleet, 0.5, 5).ratios]
    assert max(exact) <= aim
    assert median(noisy) <= aim


def test_a_study_answers_the_median_run_and_every_ratio() -> None:
    work = workload_of(generated(2, 150))
    found = study(work, MIXED, 0.5, 5, seed=10)
    assert found.ratios == tuple(sorted(simulate(work, MIXED, 0.5, 10 + n).ratio for n in range(5)))
    assert found.median.ratio == found.ratios[2]
    assert len(study(work, MIXED, 0.0, 5).ratios) == 1, "without noise all draws are alike"
