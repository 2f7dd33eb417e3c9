"""What a package would install, listed from its image archive without extracting it."""

import posixpath
import tarfile
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from swarm_node.portage.archive import Stream, members
from swarm_node.portage.limits import CONTROL, BadPackage, Limits, printable

Kind = Literal["setuid", "setgid", "device", "fifo", "link_escape", "odd_name", "world_writable"]

SPECIAL: Final[dict[bytes, Kind]] = {
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
    tarfile.FIFOTYPE: "fifo",
}
PLAIN: Final = frozenset(
    {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE}
)
ROOT: Final = "image"


class Suspicious(msgspec.Struct, frozen=True):
    """One thing in an image that a reviewer should see; `path` is printable, below the image's root."""

    kind: Kind
    path: str
    detail: str = ""


class Image(msgspec.Struct, frozen=True):
    """An image in sum: files (no directories), their bytes unpacked, findings, and how many there were."""

    files: int = 0
    bytes: int = 0
    suspicious: tuple[Suspicious, ...] = ()
    suspicious_count: int = 0


def survey(stream: Stream, limits: Limits) -> Image:
    """Read an image archive to its end.

    Raises BadPackage `abs_path`, `traversal`, `outside`, `duplicate`, `through_link`, `link_escape`,
    `not_regular`, and what `archive.members` raises.
    """
    files = size = found = 0
    findings: list[Suspicious] = []
    names: set[int] = set()
    leaves: set[int] = set()
    for member in members(stream, limits.image_members):
        _placed(member, names, leaves)
        if not member.isdir():
            files += 1
            size += member.size if member.isreg() else 0
        for finding in _findings(member):
            found += 1
            if len(findings) < limits.suspicious:
                findings.append(finding)
    return Image(files, size, tuple(findings), found)


def _placed(member: tarfile.TarInfo, names: set[int], leaves: set[int]) -> None:
    """Hashes stand for names, so that 400,000 of them stay small."""
    _contained(member.name, "member")
    if member.type not in PLAIN and member.type not in SPECIAL:
        raise BadPackage("not_regular", f"image: {printable(member.name)} is of tar type {member.type!r}")
    if member.sparse is not None:
        raise BadPackage("not_regular", f"image: {printable(member.name)} is sparse")
    key = hash(member.name)
    if key in names:
        raise BadPackage("duplicate", f"image: {printable(member.name)} comes twice")
    if any(hash(parent) in leaves for parent in _parents(member.name)):
        raise BadPackage("through_link", f"image: {printable(member.name)} lies behind what is no directory")
    if member.islnk():
        _hard_link(member, names)
    names.add(key)
    if not member.isdir():
        leaves.add(key)


def _contained(name: str, role: str) -> None:
    if name.startswith("/"):
        raise BadPackage("abs_path", f"image: the {role} {printable(name)} is an absolute path")
    parts = name.split("/")
    if ".." in parts or "." in parts or "" in parts or "\0" in name:
        raise BadPackage("traversal", f"image: the {role} {printable(name)} is not a plain path")
    if parts[0] != ROOT:
        raise BadPackage("outside", f"image: the {role} {printable(name)} is not below {ROOT}/")


def _hard_link(member: tarfile.TarInfo, names: set[int]) -> None:
    _contained(member.linkname, "hard link target")
    if hash(member.linkname) not in names:
        target = printable(member.linkname)
        raise BadPackage(
            "link_escape", f"image: {printable(member.name)} is a hard link to {target}, not in the image"
        )


def _parents(name: str) -> Iterator[str]:
    end = name.rfind("/")
    while end > 0:
        yield name[:end]
        end = name.rfind("/", 0, end)


def _findings(member: tarfile.TarInfo) -> Iterator[Suspicious]:
    path = printable(member.name.removeprefix(ROOT) or "/", 200)[1:-1]
    if kind := SPECIAL.get(member.type):
        yield Suspicious(kind, path)
    if member.isreg() and member.mode & 0o4000:
        yield Suspicious("setuid", path, f"mode {member.mode:04o}, owner {member.uid}")
    if member.isreg() and member.mode & 0o2000:
        yield Suspicious("setgid", path, f"mode {member.mode:04o}, group {member.gid}")
    if member.isreg() and member.mode & 0o0002:
        yield Suspicious("world_writable", path, f"mode {member.mode:04o}")
    if member.issym() and _climbs_out(member):
        yield Suspicious("link_escape", path, "to " + printable(member.linkname))
    if CONTROL.search(member.name):
        yield Suspicious("odd_name", path, "control characters in the name")


def _climbs_out(link: tarfile.TarInfo) -> bool:
    """Whether a relative link leaves the image; an absolute one is meant within ROOT and is common."""
    if link.linkname.startswith("/"):
        return False
    return not posixpath.normpath(posixpath.join(posixpath.dirname(link.name), link.linkname)).startswith(
        ROOT
    )
