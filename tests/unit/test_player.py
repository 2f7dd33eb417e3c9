"""The player: time that passes when it is told, and every way to go elsewhere."""

from hypothesis import given
from hypothesis import strategies as st

from swarm_console.replay.player import LULL, SPEEDS, Mark, Player

TIMES = (10.0, 10.0, 10.0, 40.0, 100.0, 1000.0, 1001.0)
MARKS = (Mark(4, "failure"), Mark(6, "release"))


def player() -> Player:
    return Player(0.0, TIMES, MARKS)


def test_it_begins_standing_at_the_opening() -> None:
    made = player()
    assert (made.index, made.at, made.playing, made.share, made.over) == (0, 0.0, False, 0.0, False)
    made.pass_time(100.0)
    assert made.at == 0.0, "nothing passes while it stands"


def test_time_passes_at_its_speed() -> None:
    made = player()
    made.shift(-9)
    assert made.speed == 1
    made.toggle()
    made.at = 8.0
    made.pass_time(1.5)
    assert (made.at, made.index) == (9.5, 0)
    made.pass_time(0.5)
    assert (made.at, made.index) == (10.0, 3), "what happened at once is seen at once"


def test_a_lull_is_cut_short() -> None:
    made = player()
    made.shift(-9)
    made.go_to_event(5)
    made.toggle()
    made.pass_time(0.5)
    assert made.at == 1000.0 - LULL + 0.5
    made.pass_time(LULL)
    assert made.index == 6


def test_it_stops_at_the_end_and_begins_again() -> None:
    made = player()
    made.shift(9)
    made.toggle()
    made.pass_time(1.0)
    assert (made.over, made.playing, made.at, made.share) == (True, False, 1001.0, 1.0)
    made.toggle()
    assert (made.index, made.playing) == (0, True)


def test_speeds_have_ends() -> None:
    made = player()
    for _ in range(9):
        made.shift(1)
    assert made.speed == SPEEDS[-1]
    for _ in range(9):
        made.shift(-1)
    assert made.speed == SPEEDS[0]


def test_events_are_gone_through_one_by_one() -> None:
    made = player()
    made.toggle()
    for index in range(1, len(TIMES) + 1):
        made.step(1)
        assert (made.index, made.at, made.playing) == (index, TIMES[index - 1], False)
    made.step(1)
    assert made.index == len(TIMES)
    made.step(-5)
    assert (made.index, made.at) == (2, 10.0)
    made.step(-9)
    assert (made.index, made.at) == (0, 0.0)


def test_marks_are_gone_to() -> None:
    made = player()
    seen = []
    for by in (1, 1, 1, -1, -1, -1):
        made.go_to_mark(by)
        seen.append(made.index)
    assert seen == [4, 6, 7, 6, 4, 0]


def test_strides_are_a_hundredth_of_the_session() -> None:
    hours = Player(0.0, [36_000.0])
    assert hours.stride == 300
    hours.skip(2)
    assert hours.at == 600.0
    hours.skip(-9)
    assert hours.at == 0.0
    assert Player(0.0, [7.0]).stride == 1


def test_a_session_begins_at_a_speed_that_shows_it_in_two_minutes() -> None:
    assert Player(0.0, [100.0]).speed == 1
    assert Player(0.0, [3600.0]).speed == 60
    assert Player(0.0, [1e9]).speed == SPEEDS[-1]


def test_a_session_without_events() -> None:
    empty = Player(5.0, [])
    for do in (empty.toggle, lambda: empty.step(1), lambda: empty.skip(-1), lambda: empty.go_to_mark(1)):
        do()
        empty.pass_time(1.0)
        assert (empty.index, empty.at, empty.share, empty.playing) == (0, 5.0, 1.0, False)


moves = st.one_of(
    st.tuples(st.just("pass_time"), st.floats(0, 50)),
    st.tuples(st.just("step"), st.integers(-9, 9)),
    st.tuples(st.just("skip"), st.integers(-30, 30)),
    st.tuples(st.just("shift"), st.integers(-1, 1)),
    st.tuples(st.just("go_to_mark"), st.sampled_from((-1, 1))),
    st.tuples(st.just("go_to"), st.floats(-100, 2000)),
)


@given(st.lists(st.floats(0, 1000), max_size=30).map(sorted), st.lists(moves, max_size=30), st.booleans())
def test_index_and_moment_always_agree(
    times: list[float], ways: list[tuple[str, float]], playing: bool
) -> None:
    made = Player(0.0, times, [Mark(n, "failure") for n in range(1, len(times) + 1, 3)])
    if playing:
        made.toggle()
    for name, by in ways:
        getattr(made, name)(by)
        assert 0 <= made.index <= len(times)
        assert made.time(made.index) <= made.at <= made.end
        assert made.index == len(times) or made.at <= times[made.index] or not made.playing
        assert 0.0 <= made.share <= 1.0
