"""The cause of a failure as a short text: the same for every build that fails for the same reason."""

import re
from hashlib import sha256
from typing import Final

from swarm_node.model.estimate import cp_of
from swarm_node.model.work import Diagnosis, PlanRow

LONGEST: Final = 120
SHARED: Final = frozenset({"out-of-memory", "disk-full", "tree-out-of-sync", "kernel-specific", "stuck"})
"""Kinds whose cause lies in the machines, whatever the package: one cause each, for each remedy."""
TELLING: Final = ("overlay", "host", "dependency", "patch", "line", "atom", "use", "license", "mask", "file")
"""Facts of a diagnosis that name a cause by themselves, the most telling first."""

_PLACE: Final = re.compile(r"(?:/[\w.+@-]+)+/")
_HEX: Final = re.compile(r"\b(?:0x)?[0-9a-f]{8,}\b")
_NUMBER: Final = re.compile(r"\d+")
_SPACE: Final = re.compile(r"\s+")


def cause_of(row: PlanRow, diagnosis: Diagnosis) -> str:
    """The cause of a build's failure; it starts with the kind."""
    return f"{diagnosis.kind}: {_key(row, diagnosis)}".removesuffix(": ")[:LONGEST]


def short_name(cause: str) -> str:
    """A name for a cause that can be typed: its kind and four hexadecimal digits."""
    return f"{cause.partition(':')[0]}-{sha256(cause.encode()).hexdigest()[:4]}"


def _key(row: PlanRow, diagnosis: Diagnosis) -> str:
    if diagnosis.kind in SHARED:
        return diagnosis.remedy
    named = [diagnosis.params[fact] for fact in TELLING if diagnosis.params.get(fact)]
    if named:
        return named[0]
    if diagnosis.kind == "missing-overlay":
        return row.repository
    return _plain(diagnosis.evidence[0] if diagnosis.evidence else diagnosis.summary, row.cpv)


def _plain(line: str, cpv: str) -> str:
    """A line without all that differs between two packages or two attempts."""
    cp = cp_of(cpv)
    own = "|".join(map(re.escape, (cpv, cpv.rpartition("/")[2], cp, cp.rpartition("/")[2])))
    line = re.sub(rf"(?<![\w.])(?:{own})(?![\w.])", "·", _PLACE.sub("", line))
    return _SPACE.sub(" ", _NUMBER.sub("0", _HEX.sub("#", line))).strip()
