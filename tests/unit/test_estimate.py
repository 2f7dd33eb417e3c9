"""Estimates: from the package's own history, its category, everything, or nothing."""

from math import exp
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.estimate import (
    FALLBACK_SECONDS,
    RATIOS_A_NODE,
    SAMPLES_A_PACKAGE,
    History,
    Sample,
    cp_of,
    estimate,
    expected,
    meet,
    observe,
    speed_of,
    speed_of_cores,
)


def history(*builds: tuple[str, str, float], **cores: int) -> History:
    made = History()
    for node, count in cores.items():
        meet(made, node, count)
    for cp, node, seconds in builds:
        observe(made, cp, node, seconds)
    return made


@pytest.mark.parametrize(
    ("cpv", "cp"),
    [
        ("dev-lang/python-3.12.7_p1-r3", "dev-lang/python"),
        ("sys-devel/llvm-13.0.0-r1", "sys-devel/llvm"),
        ("dev-qt/qtgui-5.15.2_p20241013", "dev-qt/qtgui"),
        ("media-fonts/font-adobe-100dpi-1.0.4", "media-fonts/font-adobe-100dpi"),
        ("app-misc/foo-1_alpha2_pre", "app-misc/foo"),
        ("x11-libs/libX11-9999", "x11-libs/libX11"),
        ("app-misc/a-b-2b", "app-misc/a-b"),
        ("app-misc/unversioned", "app-misc/unversioned"),
    ],
)
def test_cp_of_a_cpv(cpv: str, cp: str) -> None:
    assert cp_of(cpv) == cp


def test_a_package_built_before_is_known_whatever_the_version() -> None:
    predicted = estimate(history(("dev-lang/rust", "a", 4000.0)), cp_of("dev-lang/rust-1.82.0"))
    assert predicted.known
    assert predicted.seconds == pytest.approx(4000)


def test_one_odd_build_does_not_move_the_estimate() -> None:
    builds = [("dev-lang/rust", "a", seconds) for seconds in (100.0, 110.0, 9000.0, 105.0, 95.0)]
    assert estimate(history(*builds), "dev-lang/rust").seconds == pytest.approx(105)


def test_old_builds_are_forgotten() -> None:
    builds = [("a/b", "n", 10.0)] * 50 + [("a/b", "n", 90.0)] * SAMPLES_A_PACKAGE
    made = history(*builds)
    assert estimate(made, "a/b").seconds == pytest.approx(90)
    assert len(made.samples["a/b"]) == SAMPLES_A_PACKAGE


def test_unknown_in_a_known_category_gets_its_median_drawn_to_the_general_one() -> None:
    kde = [(f"kde-apps/k{n}", "a", 200.0) for n in range(20)]
    perl = [(f"dev-perl/p{n}", "a", 5.0) for n in range(21)]
    predicted = estimate(history(*kde, *perl), "kde-apps/new")
    assert not predicted.known
    assert 130 < predicted.seconds < 200


def test_one_giant_does_not_speak_for_its_category() -> None:
    made = history(
        ("www-client/chromium", "a", 27_000.0), *((f"dev-perl/p{n}", "a", 10.0) for n in range(50))
    )
    assert estimate(made, "www-client/lynx").seconds < 500


def test_unknown_category_gets_the_general_median_and_an_empty_history_a_constant() -> None:
    made = history(("a/a", "n", 10.0), ("a/b", "n", 20.0), ("b/c", "n", 90.0))
    assert estimate(made, "z/z").seconds == pytest.approx(20)
    assert not estimate(made, "z/z").known
    assert estimate(History(), "z/z")[:2] == (FALLBACK_SECONDS, False)


def test_spread_narrows_with_agreement_and_the_band_holds_the_estimate() -> None:
    once = estimate(history(("a/b", "n", 100.0)), "a/b")
    often = estimate(history(*[("a/b", "n", 100.0)] * 8), "a/b")
    assert often.spread < once.spread
    low, high = often.band()
    assert low < often.seconds < high
    assert high == pytest.approx(often.seconds * exp(often.spread))


def test_cores_give_the_speed_until_builds_do() -> None:
    made = history(small=4, big=16)
    assert speed_of_cores(8) == 1.0
    assert speed_of(made, "small") == pytest.approx(0.5**0.7)
    assert speed_of(made, "big") == pytest.approx(2**0.7)
    assert speed_of(made, "stranger") == 1.0


def test_seconds_on_a_slow_node_count_for_less_work() -> None:
    made = history(("a/b", "small", 100.0), small=4)
    assert estimate(made, "a/b").seconds == pytest.approx(100 * 0.5**0.7)
    assert expected(made, "a/b", "small").seconds == pytest.approx(100)


def test_a_node_slower_than_its_cores_say_is_found_out() -> None:
    """Two nodes of eight cores; one takes three times as long, with log-normal noise."""
    draw = Random(7)
    made = history(sound=8, lame=8)
    for n in range(200):
        work = exp(draw.gauss(4, 1))
        observe(made, f"a/p{n}", "sound", work * exp(draw.gauss(0, 0.3)))
        observe(made, f"a/p{n}", "lame", 3 * work * exp(draw.gauss(0, 0.3)))
    assert speed_of(made, "sound") / speed_of(made, "lame") == pytest.approx(3, rel=0.2)
    assert all(len(pace.ratios) <= RATIOS_A_NODE for pace in made.paces.values())


def test_builds_of_no_time_are_survived() -> None:
    made = history(("a/b", "n", 0.0), ("a/b", "m", 0.0))
    assert estimate(made, "a/b").seconds > 0


observations = st.lists(
    st.tuples(
        st.sampled_from(["a/x", "a/y", "b/x", "c/z"]), st.sampled_from(["n", "m", "o"]), st.floats(0, 1e6)
    ),
    max_size=60,
)


@given(observations)
def test_history_survives_the_snapshot_and_goes_on_alike(builds: list[tuple[str, str, float]]) -> None:
    made = history(*builds, n=8, m=2)
    again = msgspec.json.decode(msgspec.json.encode(made), type=History)
    assert again == made
    observe(made, "a/x", "m", 5.0)
    observe(again, "a/x", "m", 5.0)
    assert again == made


@given(observations)
def test_the_sorted_figures_are_those_of_the_packages(builds: list[tuple[str, str, float]]) -> None:
    made = history(*builds)
    assert made.overall == sorted(made.typical.values())
    for category, figures in made.categories.items():
        assert figures == sorted(v for cp, v in made.typical.items() if cp.startswith(f"{category}/"))


def test_samples_are_written_and_read_as_in_snapshots_of_before() -> None:
    text = b'["izar",60.0]'
    assert msgspec.json.decode(text, type=Sample) == Sample("izar", 60.0)
    assert msgspec.json.encode(Sample("izar", 60.0)) == text
