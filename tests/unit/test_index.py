"""The index in memory and on disk: one entry at a time, always whole, always newer than the last."""

import gzip
import io
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from portage.getbinpkg import PackageIndex

from swarm_node.portage.entry import Entry, Key, parse, render
from swarm_node.portage.index import BadIndex, Index

HEADER = {"ARCH": "amd64", "URI": "http://127.0.0.1/packages/releases/7"}


def entry(name: str, build_id: int = 1, **values: str) -> Entry:
    """An entry of few values."""
    cpv = f"dev-libs/{name}-1.0"
    path = f"dev-libs/{name}/{name}-1.0-{build_id}.gpkg.tar"
    fields = {"BUILD_ID": str(build_id), "CPV": cpv, "PATH": path, "SIZE": "30720", **values, "MTIME": "17"}
    return Entry(Key(cpv, build_id), path, 30720, render(fields))


def filled(*entries: Entry) -> Index:
    index = Index()
    for each in entries:
        index.add(each)
    return index


def by_portage(data: bytes) -> PackageIndex:
    """The second opinion: Portage's own reader of the same bytes."""
    index = PackageIndex(translated_keys=(("_mtime_", "MTIME"), ("repository", "REPO")))
    index.read(io.StringIO(data.decode()))
    return index


def test_entries_come_in_order_whatever_order_they_went_in() -> None:
    index = filled(entry("b", 10), entry("c"), entry("b", 9), entry("a"))
    assert [(each.key.cpv, each.key.build_id) for each in index] == [
        ("dev-libs/a-1.0", 1),
        ("dev-libs/b-1.0", 9),
        ("dev-libs/b-1.0", 10),
        ("dev-libs/c-1.0", 1),
    ]


def test_same_build_replaces_and_removal_takes_one_out() -> None:
    index = filled(entry("a"), entry("a", USE="nls"), entry("a", 2))
    assert len(index) == 2
    found = index.get(Key("dev-libs/a-1.0", 1))
    assert found is not None and found.fields()["USE"] == "nls"
    index.remove(Key("dev-libs/a-1.0", 1))
    assert [each.key.build_id for each in index] == [2]
    assert Key("dev-libs/a-1.0", 1) not in index
    with pytest.raises(KeyError):
        index.remove(Key("dev-libs/a-1.0", 1))


def test_portage_reads_what_is_rendered() -> None:
    data = filled(entry("a", USE="nls", SLOT="0/1"), entry("b", REPO="demo")).render(
        {**HEADER, "TIMESTAMP": "5"}
    )
    read = by_portage(data)
    assert read.header == {**HEADER, "TIMESTAMP": "5", "PACKAGES": "2", "VERSION": "0"}
    assert [package["CPV"] for package in read.packages] == ["dev-libs/a-1.0", "dev-libs/b-1.0"]
    assert (read.packages[0]["SLOT"], read.packages[1]["repository"]) == ("0/1", "demo")


def test_written_file_reads_back_the_same(tmp_path: Path) -> None:
    index = filled(entry("a"), entry("b"))
    stamp = index.write(tmp_path, HEADER, now=1000)
    again = Index.load(tmp_path / "Packages")
    assert (stamp, again.timestamp, list(again)) == (1000, 1000, list(index))
    assert again.header["URI"] == HEADER["URI"]
    assert again.render(again.header) == (tmp_path / "Packages").read_bytes()
    assert int((tmp_path / "Packages").stat().st_mtime) == 1000
    assert [path.name for path in tmp_path.iterdir()] == ["Packages"]


def test_timestamp_grows_by_six_seconds_at_least_also_after_a_restart(tmp_path: Path) -> None:
    index = filled(entry("a"))
    assert [index.write(tmp_path, HEADER, now=now) for now in (1000, 1000, 990, 1500)] == [
        1000,
        1006,
        1012,
        1500,
    ]
    assert Index.load(tmp_path / "Packages").write(tmp_path, HEADER, now=0) == 1506
    assert Index().write(tmp_path, HEADER, now=1400, after=1506) == 1512


def test_packed_copy_is_the_same_and_goes_when_it_would_be_stale(tmp_path: Path) -> None:
    index = filled(entry("a"))
    index.write(tmp_path, HEADER, packed=True)
    plain, packed = tmp_path / "Packages", tmp_path / "Packages.gz"
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()
    assert packed.stat().st_mtime == plain.stat().st_mtime
    index.write(tmp_path, HEADER)
    assert not packed.exists()


def test_missing_file_is_an_empty_index(tmp_path: Path) -> None:
    index = Index.load(tmp_path / "Packages")
    assert (len(index), index.timestamp) == (0, 0)
    assert index.write(tmp_path, HEADER) > 0
    assert len(Index.load(tmp_path / "Packages")) == 0


def test_entries_that_leave_values_to_the_header_keep_them_under_another_header(tmp_path: Path) -> None:
    text = "CHOST: x86_64-pc-linux-gnu\nPACKAGES: 1\nTIMESTAMP: 1\nVERSION: 0\nrepository: gentoo\n\n"
    (tmp_path / "Packages").write_bytes(text.encode() + entry("a").text)
    (found,) = Index.load(tmp_path / "Packages")
    assert (found.fields()["CHOST"], found.fields()["REPO"]) == ("x86_64-pc-linux-gnu", "gentoo")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("VERSION: 1\nTIMESTAMP: 1\n\n", "newer build-swarm"),
        ("VERSION: 0\nTIMESTAMP: soon\n\n", "TIMESTAMP"),
        ("no header\n\n", "the header"),
        ("PACKAGES: 2\nVERSION: 0\n\n" + entry("a").text.decode(), "PACKAGES"),
        ("VERSION: 0\n\nCPV: a/b-1\nSIZE: 1\n\n", "PATH is missing"),
        ("VERSION: 0\n\nCPV: a/b-1\nSIZE: big\nPATH: x\n\n", "big"),
        ("VERSION: 0\n\nCPV: a/b-1\nCPV: a/c-1\n\n", "CPV"),
        ("VERSION: 0\n\n\0\n\n", "x00"),
    ],
)
def test_damaged_file_is_refused_by_name_and_with_a_next_step(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "Packages"
    path.write_text(text)
    with pytest.raises(BadIndex, match=named) as caught:
        Index.load(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).isprintable()


def test_binary_rubbish_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Packages").write_bytes(b"\xff\xfe\0")
    with pytest.raises(BadIndex):
        Index.load(tmp_path / "Packages")


@pytest.mark.parametrize("header", [{"URI": "http://x\nCPV: a/b-1"}, {"A\nB": "c"}, {"ARCH": "amd64\r"}])
def test_header_that_would_break_a_line_is_refused(header: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="control character"):
        Index().render(header)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    index = filled(entry("a"))
    index.write(tmp_path, HEADER, now=5)
    before = (tmp_path / "Packages").read_bytes()
    for number in range(1000):
        index.add(entry(f"n{number}"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            index.write(tmp_path, HEADER, now=6)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "Packages").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["Packages"]
    assert index.timestamp == 5


WRITER = """
import sys
from swarm_node.portage.entry import Entry, Key, render
from swarm_node.portage.index import Index
index = Index.load(sys.argv[1] + "/Packages")
number = len(index)
while True:
    cpv = f"dev-libs/n{number}-1.0"
    index.add(Entry(Key(cpv, 1), cpv, 1, render({"CPV": cpv, "PATH": cpv, "SIZE": "1", "BUILD_ID": "1"})))
    index.write(sys.argv[1], {})
    print(number, flush=True)
    number += 1
"""


def test_killed_writer_leaves_a_whole_file_with_all_that_it_reported(tmp_path: Path) -> None:
    reported = -1
    for round_ in range(8):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(3 + round_):
                reported = int(writer.stdout.readline())
            os.kill(writer.pid, signal.SIGKILL)
        names = {each.key.cpv for each in Index.load(tmp_path / "Packages")}
        assert {f"dev-libs/n{number}-1.0" for number in range(reported + 1)} <= names
        assert len(list(tmp_path.iterdir())) <= 2


LINES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).map(
    str.strip
)
NAMES = st.sampled_from("abcdef")
MOVES = st.lists(st.tuples(st.sampled_from(["add", "remove"]), NAMES, st.integers(1, 12), LINES), max_size=40)


@given(moves=MOVES)
def test_index_behaves_like_a_dictionary_and_survives_its_own_file(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[str, str, int, str]]
) -> None:
    index, model = Index(), dict[Key, Entry]()
    for move, name, build_id, use in moves:
        changed = entry(name, build_id, USE=use)
        if move == "add":
            index.add(changed)
            model[changed.key] = changed
        elif model.pop(changed.key, None):
            index.remove(changed.key)
    assert list(index) == [model[key] for key in sorted(model)]
    path = tmp_path_factory.mktemp("index")
    index.write(path, HEADER)
    again = Index.load(path / "Packages")
    assert list(again) == list(index)
    read = by_portage((path / "Packages").read_bytes())
    assert [package.get("USE", "") for package in read.packages] == [
        each.fields().get("USE", "") for each in index
    ]


@given(values=st.dictionaries(st.from_regex(r"[A-Z_]{1,12}", fullmatch=True), LINES, min_size=1))
def test_a_block_reads_back_as_it_was_rendered(values: dict[str, str]) -> None:
    assert parse(render(values).decode()) == {name: value for name, value in values.items() if value}
