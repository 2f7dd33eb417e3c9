"""Progress folded from lines of output."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.drone.progress import LINE_BYTES, PHASES, Progress, advance, split_lines

BUILD = [
    (">>> Verifying ebuild manifests", "pretend"),
    (">>> Emerging (1 of 1) app-misc/bb-1.0::trial", "setup"),
    (">>> Fetching (1 of 1) app-misc/bb-1.0::trial", "fetch"),
    (">>> Unpacking source...", "unpack"),
    (">>> Source unpacked in /var/tmp/portage/app-misc/bb-1.0/work", "unpack"),
    (">>> Preparing source in /var/tmp/portage/app-misc/bb-1.0/work ...", "prepare"),
    (">>> Configuring source in /var/tmp/portage/app-misc/bb-1.0/work ...", "configure"),
    (">>> Compiling source in /var/tmp/portage/app-misc/bb-1.0/work ...", "compile"),
    (">>> Test phase [not enabled]: app-misc/bb-1.0", "test"),
    (">>> Install app-misc/bb-1.0 into /var/tmp/portage/app-misc/bb-1.0/image", "install"),
    (">>> Completed installing app-misc/bb-1.0 into /var/tmp/portage/app-misc/bb-1.0/image", "install"),
    (">>> Creating binpkg", "package"),
    (">>> Done.", "package"),
]


def test_the_phases_of_a_build_follow_its_markers() -> None:
    progress = Progress("pretend")
    for line, phase in BUILD:
        progress = advance(progress, line)
        assert progress.phase == phase, line
    assert [phase for phase in PHASES if phase in dict(BUILD).values()] == list(
        dict.fromkeys(dict(BUILD).values())
    )


@pytest.mark.parametrize(
    ("line", "fraction"),
    [
        ("[3/12] Compiling C object foo.c.o", 0.25),
        ("[ 50%] Building CXX object main.cc.o", 0.5),
        ("    Building [=====>      ] 30/120: serde", 0.25),
        ("[12/0] nonsense", None),
        ("gcc -O2 -c foo.c", None),
    ],
)
def test_build_systems_count(line: str, fraction: float | None) -> None:
    assert advance(Progress("compile"), line).fraction == fraction


def test_counts_mean_nothing_outside_the_phases_that_run_build_systems() -> None:
    assert advance(Progress("unpack"), "[3/12] whatever").fraction is None


def test_a_new_phase_starts_without_a_fraction() -> None:
    assert advance(Progress("compile", 0.9), ">>> Install app-misc/bb-1.0 into /x") == Progress("install")


def test_dependencies_count_as_binaries_arrive() -> None:
    progress = advance(Progress(), ">>> Emerging binary (2 of 4) dev-libs/libaa-1.0::trial")
    assert progress == Progress("deps", 0.25)
    assert advance(progress, ">>> Unpacking source...") == progress


@pytest.mark.parametrize(
    ("named", "phase"),
    [("compile", "compile"), ("setup", "setup"), ("nofetch", "fetch"), ("depend", "pretend")],
)
def test_the_phase_that_failed_is_final(named: str, phase: str) -> None:
    lines = [
        f" * ERROR: app-misc/bb-1.0::trial failed ({named} phase):",
        ">>> Install app-misc/bb-1.0 into /x",
    ]
    last = reduce(advance, lines, Progress("pretend"))
    assert (last.phase, last.failed) == (phase, True)


@pytest.mark.parametrize(
    "line",
    ["!!! Couldn't download 'bb-1.0.tar.gz'. Aborting.", " * Fetch failed for 'app-misc/bb-1.0', Log file:"],
)
def test_a_failed_download_is_a_failure_of_fetch(line: str) -> None:
    assert advance(Progress("setup"), line) == Progress("fetch", failed=True)


@given(st.lists(st.binary(max_size=200)))
def test_lines_do_not_depend_on_how_output_is_cut(chunks: list[bytes]) -> None:
    lines: list[str] = []
    rest = b""
    for chunk in chunks:
        more, rest = split_lines(rest, chunk)
        lines += more
    whole, end = split_lines(b"", b"".join(chunks))
    if len(b"".join(chunks)) < LINE_BYTES:
        assert (lines, rest) == (whole, end)


def test_a_line_without_an_end_takes_no_memory() -> None:
    rest = b""
    for _ in range(100):
        _, rest = split_lines(rest, b"x" * 65_536)
    assert len(rest) == LINE_BYTES


@given(st.text())
def test_no_line_is_too_strange(line: str) -> None:
    for phase in PHASES:
        after = advance(Progress(phase), line)
        assert after.fraction is None or 0 <= after.fraction <= 1
