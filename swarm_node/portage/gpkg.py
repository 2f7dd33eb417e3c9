"""Binary packages in the GPKG format (GLEP 78), read and judged without extracting anything.

A container is a tar of a few members behind one directory name: `gpkg-1`, `metadata.tar.*`, `image.tar.*`,
signatures, and a `Manifest` over all of them. Neither the directory's name nor the file's is signed, so the
names that count are CATEGORY, PF and BUILD_ID inside the metadata.
"""

import os
import re
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec

from swarm_node.portage import archive, manifest
from swarm_node.portage.image import Image, Suspicious, survey
from swarm_node.portage.limits import DEFAULT, BadPackage, Limits, printable
from swarm_node.portage.metadata import collect

RECORD: Final = 10_240
"""Portage pads a container to whole tar records of this many bytes."""
MARKER: Final = "gpkg-1"
MANIFEST: Final = "Manifest"
MEMBER: Final = re.compile(r"(gpkg-1|Manifest|(metadata|image)\.tar(\.[a-z0-9]{2,4})?(\.sig)?)")
PREFIX: Final = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9_+.-]{0,254}")
PLAIN: Final = (tarfile.REGTYPE, tarfile.AREGTYPE)
SMALL: Final = 1_000_000
"""Cap in bytes of the Manifest, a signature and the marker."""


class Gpkg(msgspec.Struct, frozen=True, kw_only=True):
    """One readable package: who it says it is, what it declares, and what it would install."""

    category: str
    pf: str
    build_id: int
    basename: str
    """The container's directory: PF-BUILD_ID, or PF where Portage keeps one instance."""
    metadata: dict[str, str]
    """Values as the index shows them (white space collapsed); keys are the metadata's file names."""
    members: tuple[str, ...]
    signed: bool
    """Whether the Manifest carries a signature; it is not verified here."""
    image_files: int
    image_bytes: int
    suspicious: tuple[Suspicious, ...]
    suspicious_count: int

    @property
    def cpv(self) -> str:
        """Category, package name and version: `app-misc/hello-1.0`."""
        return f"{self.category}/{self.pf}"


class Reading(NamedTuple):
    """An open container, and how much may be spent on it; `deadline` in monotonic seconds."""

    file: BinaryIO
    limits: Limits
    deadline: float


class Place(NamedTuple):
    """Where a member's content lies in the container, in bytes."""

    start: int
    size: int


class Container(NamedTuple):
    """The outer archive: its directory name, where each member lies, and what each one hashes to."""

    prefix: str
    places: dict[str, Place]
    records: dict[str, manifest.Record]


def read(path: str | os.PathLike[str], *, limits: Limits = DEFAULT, image: bool = True) -> Gpkg:
    """Read a package and check it against itself: structure, Manifest, metadata and, with `image`, its files.

    Raises BadPackage; its `code` says what is wrong.
    """
    with _opened(Path(path)) as file:
        reading = Reading(file, limits, time.monotonic() + limits.seconds)
        container = _container(reading)
        text = _manifest(reading, container)
        manifest.compare(manifest.parse(text), container.records)
        values = collect(_inner(reading, container, "metadata"), limits)
        content = survey(_inner(reading, container, "image"), limits) if image else Image()
    return Gpkg(
        category=values["CATEGORY"],
        pf=values["PF"],
        build_id=int(values["BUILD_ID"]),
        basename=container.prefix,
        metadata=values,
        members=tuple(container.places),
        signed=manifest.is_signed(text),
        image_files=content.files,
        image_bytes=content.bytes,
        suspicious=content.suspicious,
        suspicious_count=content.suspicious_count,
    )


def check(
    path: str | os.PathLike[str],
    *,
    category: str,
    pf: str,
    build_id: int | None,
    chost: str | None = None,
    repository: str | None = None,
    slot: str | None = None,
    limits: Limits = DEFAULT,
) -> Gpkg:
    """Read a package and hold it against what was assigned; None means that any value will do.

    Raises BadPackage as `read` does, and `name_binding` when the package is another one.
    """
    package = read(path, limits=limits)
    for name, wanted in (
        ("CATEGORY", category),
        ("PF", pf),
        ("BUILD_ID", None if build_id is None else str(build_id)),
        ("CHOST", chost),
        ("repository", repository),
        ("SLOT", slot),
    ):
        found = package.metadata.get(name, "")
        if wanted is not None and found != wanted and not (name == "SLOT" and _same_slot(found, wanted)):
            raise BadPackage(
                "name_binding", f"{name} is {printable(found)} in the package, {wanted!r} was assigned"
            )
    if package.basename not in (package.pf, f"{package.pf}-{package.build_id}"):
        raise BadPackage("name_binding", f"the container's directory {package.basename} is another package's")
    return package


def _same_slot(one: str, other: str) -> bool:
    """A slot without a sub-slot is its own sub-slot (PMS 7.2)."""
    return {one, other} == {one.partition("/")[0], f"{one.partition('/')[0]}/{one.partition('/')[0]}"}


def _opened(path: Path) -> BinaryIO:
    try:
        if not path.is_file():
            raise BadPackage("unreadable", f"{printable(path.name)} is not a file")
        return path.open("rb")
    except (OSError, ValueError) as error:
        raise BadPackage("unreadable", f"{printable(path.name)} cannot be read: {error}") from None


def _container(reading: Reading) -> Container:
    size = os.fstat(reading.file.fileno()).st_size
    _plausible(reading, size)
    stream = archive.Stream(archive.Slice(reading.file, 0, size, reading.deadline), size, "container")
    prefixes: set[str] = set()
    places: dict[str, Place] = {}
    records: dict[str, manifest.Record] = {}
    for member in archive.members(stream, reading.limits.members):
        prefix, name = _member_name(member)
        if name in places:
            raise BadPackage("duplicate", f"{name} comes twice in the container")
        prefixes.add(prefix)
        places[name] = Place(stream.tell(), member.size)
        records[name] = _hashed(stream.pieces(member.size), member.size, name)
    if size % RECORD:
        raise BadPackage("truncated", f"the file has {size} bytes, not a whole number of tar records")
    if len(prefixes) > 1:
        raise BadPackage("bad_name", "the container has more than one directory")
    _complete(places)
    del records[MANIFEST]
    return Container(prefixes.pop(), places, records)


def _plausible(reading: Reading, size: int) -> None:
    if size == 0:
        raise BadPackage("not_gpkg", "the file is empty, as a failed build leaves it")
    if size > reading.limits.file:
        raise BadPackage("too_large", f"the file has {size} bytes; {reading.limits.file} are allowed")
    head = reading.file.read(tarfile.BLOCKSIZE)
    if len(head) == tarfile.BLOCKSIZE and head[257:262] != b"ustar":
        raise BadPackage("not_gpkg", "the file is not a GPKG container (GLEP 78)")


def _member_name(member: tarfile.TarInfo) -> tuple[str, str]:
    """The directory and the name of a container's member, which must be one plain file of the allowed set."""
    shown = printable(member.name)
    if member.name.startswith("/"):
        raise BadPackage("abs_path", f"the container's member {shown} is an absolute path")
    if ".." in member.name.replace("\\", "/").split("/"):
        raise BadPackage("traversal", f"the container's member {shown} leaves its directory")
    if member.type not in PLAIN or member.sparse is not None or member.pax_headers:
        raise BadPackage("not_regular", f"the container's member {shown} is not a plain file")
    prefix, _, name = member.name.partition("/")
    if not PREFIX.fullmatch(prefix):
        raise BadPackage("bad_name", f"the container's directory {printable(prefix)} is no package name")
    if not MEMBER.fullmatch(name):
        raise BadPackage("unexpected_member", f"the container's member {shown} is not of a GPKG")
    return prefix, name


def _hashed(pieces: Iterator[bytes], size: int, name: str) -> manifest.Record:
    hashes = {algorithm: start() for algorithm, start in manifest.HASHES.items()}
    seen = 0
    for piece in pieces:
        seen += len(piece)
        for running in hashes.values():
            running.update(piece)
    if seen != size:
        raise BadPackage("truncated", f"{name} should have {size} bytes, the file ends after {seen}")
    return manifest.Record(size, {algorithm: running.hexdigest() for algorithm, running in hashes.items()})


def _complete(places: dict[str, Place]) -> None:
    if MARKER not in places:
        raise BadPackage("not_gpkg", f"the container has no {MARKER}")
    if MANIFEST not in places:
        raise BadPackage("manifest", "the container has no Manifest")
    for stem in ("metadata", "image"):
        if len(_archives(places, stem)) != 1:
            raise BadPackage("unexpected_member", f"the container must have exactly one {stem} archive")
    for name, place in places.items():
        if name in (MARKER, MANIFEST) or name.endswith(".sig"):
            if place.size > SMALL:
                raise BadPackage("too_large", f"{name} has {place.size} bytes; {SMALL} are allowed")
            if name.endswith(".sig") and name.removesuffix(".sig") not in places:
                raise BadPackage("unexpected_member", f"{name} signs a member that is not there")


def _archives(places: dict[str, Place], stem: str) -> list[str]:
    return [name for name in places if name.startswith(stem + ".tar") and not name.endswith(".sig")]


def _manifest(reading: Reading, container: Container) -> str:
    content = archive.Slice(reading.file, *container.places[MANIFEST]).read()
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise BadPackage("manifest", "the Manifest is not ASCII text") from None


def _inner(reading: Reading, container: Container, stem: str) -> archive.Stream:
    """The unpacked metadata or image archive, capped."""
    limits = reading.limits
    (name,) = _archives(container.places, stem)
    place = container.places[name]
    most = {"metadata": limits.metadata, "image": limits.image}[stem]
    if place.size > most:
        raise BadPackage("too_large", f"{name} has {place.size} bytes; {most} are allowed")
    packed = archive.Slice(reading.file, *place, reading.deadline)
    source = archive.unpacked(packed, name.removeprefix(stem + ".tar"), limits)
    return archive.Stream(source, min(most, limits.allowance + limits.ratio * place.size), stem)
