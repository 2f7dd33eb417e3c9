"""The metadata of a GPKG: one small file a value, in an archive of its own."""

import re
from typing import Final

from swarm_node.portage.archive import Stream, members
from swarm_node.portage.limits import CONTROL, BadPackage, Limits, printable

NAMES: Final = """
    BDEPEND BUILD_ID BUILD_TIME CATEGORY CBUILD CFLAGS CHOST CXXFLAGS DEFINED_PHASES DEPEND DESCRIPTION
    EAPI EPREFIX FEATURES HOMEPAGE IDEPEND INHERITED IUSE IUSE_EFFECTIVE KEYWORDS LDFLAGS LICENSE
    PDEPEND PF PROPERTIES PROVIDES RDEPEND repository REQUIRES RESTRICT SIZE SLOT USE USER_PATCHES
"""
KEPT: Final = frozenset(NAMES.split())
"""The values worth keeping; the rest (environment, ebuild, logs) is only counted."""
REQUIRED: Final = ("CATEGORY", "PF", "SLOT", "BUILD_ID")
FORMS: Final = {
    "CATEGORY": re.compile(r"[A-Za-z0-9_][A-Za-z0-9+_.-]*"),
    "PF": re.compile(r"[A-Za-z0-9_][A-Za-z0-9+_.-]*-[0-9][A-Za-z0-9+_.-]*"),
    "SLOT": re.compile(r"[A-Za-z0-9_][A-Za-z0-9+_.-]*(/[A-Za-z0-9_][A-Za-z0-9+_.-]*)?"),
    "BUILD_ID": re.compile(r"[1-9][0-9]{0,8}"),
    "BUILD_TIME": re.compile(r"[0-9]{1,12}"),
    "CHOST": re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*"),
    "repository": re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*"),
    "EAPI": re.compile(r"[A-Za-z0-9_][A-Za-z0-9+_.-]*"),
}
"""Forms of the names, from PMS section 3.1; the whole value must match."""


def collect(stream: Stream, limits: Limits) -> dict[str, str]:
    """The kept values by file name, white space collapsed.

    Raises BadPackage `not_regular`, `bad_name`, `duplicate`, `injection`, `metadata` (missing or malformed).
    """
    values: dict[str, str] = {}
    names: set[str] = set()
    for member in members(stream, limits.metadata_members):
        directory, _, name = member.name.partition("/")
        if not member.isreg() or member.sparse is not None:
            raise BadPackage("not_regular", f"metadata: {printable(member.name)} is not a plain file")
        if directory != "metadata" or not name or "/" in name or CONTROL.search(name):
            raise BadPackage("bad_name", f"metadata: {printable(member.name)} is not metadata/NAME")
        if name in names:
            raise BadPackage("duplicate", f"metadata: {printable(name)} comes twice")
        names.add(name)
        if name in KEPT:
            values[name] = _value(name, member.size, stream, limits)
    _demand(values)
    return values


def _value(name: str, size: int, stream: Stream, limits: Limits) -> str:
    if size > limits.value:
        raise BadPackage("metadata", f"metadata: {name} has {size} bytes; {limits.value} are allowed")
    content = b"".join(stream.pieces(size))
    if len(content) != size:
        raise BadPackage("truncated", f"metadata: {name} ends early")
    try:
        text = content.decode("utf-8").strip(" \t\n")
    except UnicodeDecodeError:
        raise BadPackage("metadata", f"metadata: {name} is not UTF-8 text") from None
    if CONTROL.search(text.replace("\t", " ")):
        raise BadPackage(
            "injection", f"metadata: {name} has a line break or control character: {printable(text)}"
        )
    return " ".join(text.split())


def _demand(values: dict[str, str]) -> None:
    for name in REQUIRED:
        if not values.get(name):
            raise BadPackage("metadata", f"metadata: {name} is missing")
    for name, form in FORMS.items():
        if values.get(name) and not form.fullmatch(values[name]):
            raise BadPackage("metadata", f"metadata: {name} is malformed: {printable(values[name])}")
