"""Small files that unpack to much, or that want much memory: refused early, with the memory hardly moving."""

import bz2
import gzip
import lzma
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from swarm_node.portage import gpkg
from swarm_node.portage.limits import MIB, BadPackage, Limits
from tests.unit import gpkgs
from tests.unit.gpkgs import container, member, parts

ZEROS = 128 * MIB
ALLOWED_GROWTH = 64 * MIB

Compress = Callable[[bytes], bytes]
COMPRESS: dict[str, Compress] = {
    "zst": lambda data: zstandard.ZstdCompressor().compress(data),
    "xz": lambda data: lzma.compress(data, preset=0),
    "gz": lambda data: gzip.compress(data, 9),
    "bz2": lambda data: bz2.compress(data, 1),
}

MEASURE = """
import sys
from swarm_node.portage import gpkg
from swarm_node.portage.limits import BadPackage
def peak():
    lines = open("/proc/self/status").read().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
good, *others = sys.argv[1:]
gpkg.read(good)
open("/proc/self/clear_refs", "w").write("5")
before = peak()
codes = []
for path in others:
    try:
        gpkg.read(path)
        codes.append("good")
    except BadPackage as error:
        codes.append(error.code)
print(peak() - before, *codes)
"""


def bomb(suffix: str) -> bytes:
    """A container whose image is one file of zeros."""
    image = gpkgs.tar([member("image/zeros", bytes(ZEROS))])
    return packed(suffix, COMPRESS[suffix](image))


def packed(suffix: str, image: bytes) -> bytes:
    """A container with an image that is compressed already."""
    return container(parts(**{"image_tar": None, f"image_tar_{suffix}": image}))


def wide(data: bytes) -> bytes:
    """zstd with a window of 128 MiB."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    return zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(data)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_bombs_are_refused_and_honest_packages_of_that_kind_are_not(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "x.gpkg.tar"
    path.write_bytes(bomb(suffix))
    with pytest.raises(BadPackage) as caught:
        gpkg.read(path)
    assert caught.value.code == "ratio"

    path.write_bytes(packed(suffix, COMPRESS[suffix](gpkgs.image_tar(member("image/zeros", bytes(8 * MIB))))))
    assert gpkg.read(path).image_bytes > 8 * MIB


def test_many_streams_after_one_another_are_read(tmp_path: Path) -> None:
    image = gpkgs.image_tar()
    middle = len(image) // 2
    path = tmp_path / "x.gpkg.tar"
    for suffix, compress in COMPRESS.items():
        path.write_bytes(
            packed(suffix, compress(image[:middle]) + compress(b"") * 2000 + compress(image[middle:]))
        )
        assert gpkg.read(path).image_files == len(gpkgs.FILES), suffix


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_cut_stream_is_refused_even_under_a_right_digest(tmp_path: Path, suffix: str) -> None:
    image = COMPRESS[suffix](gpkgs.image_tar())
    path = tmp_path / "x.gpkg.tar"
    for size in range(0, len(image) - 30, 7):
        path.write_bytes(packed(suffix, image[:size]))
        with pytest.raises(BadPackage) as caught:
            gpkg.read(path)
        assert caught.value.code in ("truncated", "corrupt")


def test_decompressors_that_want_much_memory_are_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg.tar"
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 256 * MIB}]
    for suffix, image in (
        ("xz", lzma.compress(gpkgs.image_tar(), filters=filters)),
        ("zst", wide(bytes(64 * MIB))),
    ):
        path.write_bytes(packed(suffix, image))
        with pytest.raises(BadPackage) as caught:
            gpkg.read(path)
        assert caught.value.code == "window"
        assert "BINPKG_COMPRESS_FLAGS" in caught.value.hint


def test_a_million_tiny_members_are_refused(tmp_path: Path) -> None:
    one = gpkgs.tar([member("image/x")])[:512]
    path = tmp_path / "x.gpkg.tar"
    path.write_bytes(packed("zst", COMPRESS["zst"](one * 200_000)))
    with pytest.raises(BadPackage) as caught:
        gpkg.read(path)
    assert caught.value.code in ("ratio", "duplicate", "count")
    names = b"".join(gpkgs.tar([member(f"image/{number}")])[:512] for number in range(3000))
    path.write_bytes(packed("zst", COMPRESS["zst"](names)))
    with pytest.raises(BadPackage) as caught:
        gpkg.read(path, limits=Limits(image_members=2000))
    assert caught.value.code == "count"


def test_memory_stays_within_64_mib_of_its_baseline(tmp_path: Path) -> None:
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("needs /proc/self/clear_refs")
    big = gpkgs.tar([member("image/noise", random.Random(2).randbytes(96 * MIB))])
    files = {
        "good": container(),
        "big": packed("zst", COMPRESS["zst"](big)),
        "zst": bomb("zst"),
        "xz": bomb("xz"),
        "bz2": bomb("bz2"),
        "pax": container(parts(image_tar=gpkgs.tar([member("x", type=b"x", size=10**9)]) + bytes(10**8))),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-c", MEASURE, *(str(tmp_path / name) for name in files)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600, cwd=Path.cwd())
    growth, *codes = done.stdout.split()
    assert codes == ["good", "ratio", "ratio", "ratio", "header"]
    assert int(growth) < ALLOWED_GROWTH, f"{int(growth) / MIB:.0f} MiB"
