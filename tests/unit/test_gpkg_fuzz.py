"""Random damage: a refusal with a code, or a reading that is right in all; Portage takes what we take."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.portage import gpkg
from swarm_node.portage.limits import BadPackage
from tests.unit import gpkgs

WHOLE = gpkgs.container()
OFFSETS = st.integers(0, len(WHOLE) - 1)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A file that each example overwrites."""
    directory = Path(tempfile.mkdtemp(prefix="swarm-"))
    yield directory / "hello-1.0-3.gpkg.tar"
    shutil.rmtree(directory)


def judge(place: Path, data: bytes) -> None:
    """Refused, or the same package as the undamaged one."""
    place.write_bytes(WHOLE)
    undamaged = gpkg.read(place)
    place.write_bytes(data)
    try:
        found = gpkg.read(place)
    except BadPackage as error:
        assert error.code
        assert error.message.isprintable()
        return
    assert (found.metadata, found.image_bytes, found.cpv) == (
        undamaged.metadata,
        undamaged.image_bytes,
        undamaged.cpv,
    )
    assert gpkgs.portage_accepts(place)


@given(size=OFFSETS)
def test_truncated_anywhere(place: Path, size: int) -> None:
    place.write_bytes(WHOLE[:size])
    with pytest.raises(BadPackage):
        gpkg.read(place)


@given(offset=OFFSETS, bit=st.integers(0, 7))
def test_one_bit_flipped(place: Path, offset: int, bit: int) -> None:
    judge(place, WHOLE[:offset] + bytes([WHOLE[offset] ^ 1 << bit]) + WHOLE[offset + 1 :])


@given(offset=OFFSETS, noise=st.binary(min_size=1, max_size=600))
def test_bytes_overwritten(place: Path, offset: int, noise: bytes) -> None:
    judge(place, WHOLE[:offset] + noise + WHOLE[offset + len(noise) :])


@given(offset=OFFSETS, noise=st.binary(min_size=1, max_size=600))
def test_bytes_inserted(place: Path, offset: int, noise: bytes) -> None:
    judge(place, WHOLE[:offset] + noise + WHOLE[offset:])


@given(first=OFFSETS, second=OFFSETS)
def test_a_stretch_cut_out(place: Path, first: int, second: int) -> None:
    start, end = sorted((first, second))
    judge(place, WHOLE[:start] + WHOLE[end:])


@given(noise=st.binary(max_size=3000))
def test_inner_archives_of_noise_under_a_right_manifest(place: Path, noise: bytes) -> None:
    for name in ("metadata_tar", "image_tar"):
        for suffix in ("", "_zst", "_xz", "_gz", "_bz2"):
            content = gpkgs.parts(**{name: None, name + suffix: noise})
            place.write_bytes(gpkgs.container(content))
            with pytest.raises(BadPackage):
                gpkg.read(place)


@given(offset=st.integers(0, len(gpkgs.image_tar()) - 1), noise=st.binary(min_size=1, max_size=40))
def test_image_damaged_under_a_right_manifest(place: Path, offset: int, noise: bytes) -> None:
    image = gpkgs.image_tar()
    damaged = image[:offset] + noise + image[offset + len(noise) :]
    place.write_bytes(gpkgs.container(gpkgs.parts(image_tar=damaged)))
    try:
        assert gpkg.read(place).cpv == "app-misc/hello-1.0"
    except BadPackage as error:
        assert error.message.isprintable()


@given(name=st.text(min_size=1, max_size=40), value=st.text(max_size=200))
def test_any_metadata_ends_as_one_line_a_value(place: Path, name: str, value: str) -> None:
    try:
        archive = gpkgs.metadata_tar(
            {name: value.encode("utf-8", "replace"), "DESCRIPTION": value.encode("utf-8", "replace")}
        )
    except ValueError:
        return
    place.write_bytes(gpkgs.container(gpkgs.parts(metadata_tar=archive)))
    try:
        found = gpkg.read(place).metadata
    except BadPackage as error:
        assert error.message.isprintable()
        return
    assert all(len(text.splitlines()) <= 1 for text in found.values())
