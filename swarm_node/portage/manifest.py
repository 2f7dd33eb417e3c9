"""The Manifest of a GPKG: `DATA name size HASH value …` lines (GLEP 74), perhaps clear-signed."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import msgspec

from swarm_node.portage.limits import BadPackage, printable


class Running(Protocol):
    """A digest that is being computed."""

    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


HASHES: Final[dict[str, Callable[[], Running]]] = {
    "SHA512": hashlib.sha512,
    "BLAKE2B": hashlib.blake2b,
}
SIGNED: Final = "-----BEGIN PGP SIGNED MESSAGE-----"
SIGNATURE: Final = "-----BEGIN PGP SIGNATURE-----"


class Record(msgspec.Struct, frozen=True):
    """A member's size in bytes and its hex digests by name of hash."""

    size: int
    digests: dict[str, str]


def parse(text: str) -> dict[str, Record]:
    """The records by member name; raises BadPackage `manifest`, or `digest` when no hash is strong enough."""
    records: dict[str, Record] = {}
    for line in _payload(text):
        name, record = _record(line)
        if name in records:
            raise BadPackage("manifest", f"the Manifest names {printable(name)} twice")
        records[name] = record
    return records


def is_signed(text: str) -> bool:
    """Whether the text is clear-signed; says nothing about the signature's worth."""
    return text.startswith(SIGNED)


def compare(records: Mapping[str, Record], found: Mapping[str, Record]) -> None:
    """Raise BadPackage `manifest` or `digest` unless both name the same members, sizes and digests."""
    for name in found.keys() - records.keys():
        raise BadPackage("manifest", f"{printable(name)} is not in the Manifest")
    for name, record in records.items():
        if name not in found:
            raise BadPackage("manifest", f"the Manifest names {printable(name)}, which the package lacks")
        if record.size != found[name].size:
            raise BadPackage(
                "digest", f"{name} has {found[name].size} bytes, the Manifest says {record.size}"
            )
        for algorithm, digest in record.digests.items():
            if digest != found[name].digests[algorithm]:
                raise BadPackage("digest", f"{name} does not match its {algorithm} in the Manifest")


def _payload(text: str) -> list[str]:
    """The lines that the signature covers, dash-escaping undone (RFC 4880, section 7)."""
    lines = text.split("\n")
    if not is_signed(text):
        return [line for line in lines if line]
    try:
        start, end = lines.index("") + 1, lines.index(SIGNATURE)
    except ValueError:
        raise BadPackage("manifest", "the Manifest's clear signature is incomplete") from None
    return [line.removeprefix("- ").rstrip("\r") for line in lines[start:end] if line]


def _record(line: str) -> tuple[str, Record]:
    tag, *words = line.split()
    if tag != "DATA" or len(words) < 2 or len(words) % 2:
        raise BadPackage(
            "manifest", f"a Manifest line is not of the form DATA NAME SIZE HASH VALUE: {printable(line)}"
        )
    name, size, *pairs = words
    if not (size.isascii() and size.isdigit() and len(size) < 16):
        raise BadPackage("manifest", f"the Manifest gives {printable(name)} the size {printable(size)}")
    digests = {hash_name: value.lower() for hash_name, value in zip(pairs[::2], pairs[1::2], strict=True)}
    if not digests or len(digests) * 2 != len(pairs) or not digests.keys() <= HASHES.keys():
        known = " or ".join(HASHES)
        raise BadPackage(
            "digest", f"the Manifest gives {printable(name)} no digest, or one that is not {known}"
        )
    return name, Record(int(size), digests)
