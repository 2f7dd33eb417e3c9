"""Progress folded from lines of output."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.drone.progress import LINE_BYTES, PHASES, Counter, Phase, Progress, advance, split_lines

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


NINJA = """\
ninja: Entering directory `/var/tmp/portage/app-misc/bb-1.0/work/bb-1.0_build'
[1/6] Building C object CMakeFiles/y.dir/f2.c.o
[2/6] /usr/bin/cc    -MD -MT CMakeFiles/y.dir/f3.c.o -MF CMakeFiles/y.dir/f3.c.o.d -o f3.c.o -c f3.c
[5/6] Linking C static library liby.a
"""
MESON = """\
ninja -v -j8 -l0
[12/340] x86_64-pc-linux-gnu-gcc -Isrc/libfoo.so.p -MD -MQ src/libfoo.so.p/foo.c.o -c ../src/foo.c
[13/340] x86_64-pc-linux-gnu-g++ -o src/libfoo.so src/libfoo.so.p/foo.c.o -Wl,--as-needed
[85/340] Generating docs/foo.1 with a custom command
"""
CMAKE = """\
make[2]: Entering directory '/var/tmp/portage/app-misc/bb-1.0/work/build'
[ 16%] Building C object CMakeFiles/y.dir/f1.c.o
[ 33%] \x1b[32mBuilding C object CMakeFiles/y.dir/f2.c.o\x1b[0m
make[2]: Leaving directory '/var/tmp/portage/app-misc/bb-1.0/work/build'
[ 66%] Built target y
"""
CARGO = (
    "   Compiling bb v0.1.0 (/build/bb)\n"
    "    Building [                             ] 0/6: bb                          \r"
    "     Running `/usr/bin/rustc --crate-name bb --edition=2021 src/lib.rs`\n"
    "    Building [===>                         ] 1/6: dd                          \r"
    "   Compiling dd v0.1.0 (/build/dd)\n"
    "    Building [=============>               ] 3/6: ee, aa                      \r"
)
"""As cargo 1.95 says it with CARGO_TERM_PROGRESS_WHEN=always."""
CARGO_ALONE = """\
   Compiling serde v1.0.219
     Running `/usr/bin/rustc --crate-name serde --edition=2018 src/lib.rs --crate-type lib`
   Compiling ripgrep v14.1.1 (/var/tmp/portage/sys-apps/ripgrep-14.1.1/work/ripgrep-14.1.1)
    Finished `release` profile [optimized + debuginfo] target(s) in 2m 10s
"""
WAF = """\
Waf: Entering directory `/var/tmp/portage/media-video/mpv-0.35/work/mpv-0.35/build'
[ 34/340] Compiling audio/aframe.c
[170/340] Linking build/mpv
"""
SCONS = """\
scons: Building targets ...
[ 12%] Compiling core/io/json.cpp ...
[ 75%] Linking Static Library modules/libmodules.a ...
"""
BAZEL = """\
INFO: Analyzed target //tensorflow:lib (412 packages loaded, 31,337 targets configured).
[1,200 / 4,800] Compiling tensorflow/core/framework/op.cc; 12s local
"""
MAKE = """\
make -j8
make  all-recursive
  CC       src/libfoo_la-foo.lo
  CCLD     libfoo.la
libtool: compile:  x86_64-pc-linux-gnu-gcc -DHAVE_CONFIG_H -c foo.c -o .libs/foo.o
"""
GO = """\
go build -mod=vendor -v -work -x -ldflags -linkmode=external ./cmd/foo
github.com/foo/bar/internal/baz
# github.com/foo/bar
"""
NPM = """\
npm run build
> foo@1.0.0 build
vite v5.4.1 building for production...
dist/assets/index-B1tQ9rT2.js   143.42 kB
"""
CTEST = """\
Test project /var/tmp/portage/app-misc/bb-1.0/work/build
    Start 1: one
1/4 Test #1: one ..............................   Passed    0.00 sec
    Start 2: two
2/4 Test #2: two ..............................***Failed    0.01 sec
"""
MESON_TEST = """\
 1/10 foo:unit / allocator      OK              0.05s
 7/10 foo:unit / network        SKIP            0.01s   exit status 77
"""
PYTEST = """\
============================= test session starts ==============================
tests/test_address.py ........s..                                         [ 15%]
tests/test_graph.py ..F.....                                              [ 40%]
"""
OUTPUTS: list[tuple[str, Phase, str, float | None]] = [
    ("ninja", "compile", NINJA, 5 / 6),
    ("meson", "compile", MESON, 0.25),
    ("cmake", "compile", CMAKE, 0.66),
    ("cargo", "compile", CARGO, 0.5),
    ("cargo without its bar", "compile", CARGO_ALONE, None),
    ("waf", "compile", WAF, 0.5),
    ("scons", "compile", SCONS, 0.75),
    ("bazel", "compile", BAZEL, 0.25),
    ("make", "compile", MAKE, None),
    ("go", "compile", GO, None),
    ("npm", "compile", NPM, None),
    ("ctest", "test", CTEST, 0.5),
    ("meson test", "test", MESON_TEST, 0.7),
    ("pytest", "test", PYTEST, 0.4),
    ("install", "install", "[0/1] Install the project...\n", 0.0),
    ("nonsense", "compile", "[12/0] a\n[3/999999999999] b\n[/] c\n[5%\n", None),
]


@pytest.mark.parametrize(("tool", "phase", "output", "fraction"), OUTPUTS, ids=[each[0] for each in OUTPUTS])
def test_build_systems_count(tool: str, phase: Phase, output: str, fraction: float | None) -> None:
    lines, _ = split_lines(b"", output.encode())
    assert reduce(advance, lines, Progress(phase)).fraction == fraction


def counted(*lines: str) -> list[tuple[float | None, int]]:
    """Fraction and round after each line."""
    progress, seen = Progress("compile"), []
    for line in lines:
        progress = advance(progress, line)
        seen.append((progress.fraction, progress.round))
    return seen


def test_a_counter_never_goes_back() -> None:
    assert counted("[5/10] a", "[3/10] b", "[6/10] c") == [(0.5, 1), (0.5, 1), (0.6, 1)]


def test_ninja_that_finds_more_to_do_goes_on() -> None:
    assert counted("[50/100] a", "[51/110] b", "[66/110] c") == [(0.5, 1), (0.5, 1), (0.6, 1)]


def test_the_next_architecture_is_another_round() -> None:
    assert counted("[8/8] linked", "[1/8] a", "[4/8] b") == [(1.0, 1), (0.125, 2), (0.5, 2)]


def test_a_small_counter_inside_a_large_one_is_not_listened_to() -> None:
    assert counted("[50/200] a", "[3/4] inner", "[4/4] inner", "[60/200] b") == [*[(0.25, 1)] * 3, (0.3, 1)]


def test_a_large_one_that_comes_after_a_small_one_is_the_one() -> None:
    seen = counted("[1/2] Generating", "[1/200] a", "[2/2] Generating", "[100/200] b")
    assert seen == [(0.5, 1), (0.005, 2), (0.005, 2), (0.5, 2)]


def test_counts_mean_nothing_outside_the_phases_that_run_build_systems() -> None:
    assert advance(Progress("unpack"), "[3/12] whatever").fraction is None


def test_a_new_phase_starts_without_a_fraction() -> None:
    progress = Progress("compile", Counter(9, 10))
    assert advance(progress, ">>> Install app-misc/bb-1.0 into /x") == Progress("install")


def test_dependencies_count_as_binaries_arrive() -> None:
    progress = advance(Progress(), ">>> Emerging binary (2 of 4) dev-libs/libaa-1.0::trial")
    assert progress == Progress("deps", Counter(1, 4))
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


@given(st.lists(st.one_of(st.text(), st.from_regex(r"\[ ?\d+/\d+\] \w*", fullmatch=True))))
def test_no_line_is_too_strange(lines: list[str]) -> None:
    for phase in PHASES:
        before = Progress(phase)
        for line in lines:
            after = advance(before, line)
            assert after.fraction is None or 0 <= after.fraction <= 1
            if (after.phase, after.round) == (before.phase, before.round):
                assert (after.fraction or 0.0) >= (before.fraction or 0.0)
            before = after
