"""Change: what a package becomes against what clients have now: version, slot, USE flag by flag, size."""

from collections.abc import Iterator, Sequence

from swarm_console.dossier import PackageDossier
from swarm_console.panes.prose import Lines, Page, fact
from swarm_console.panes.tones import Span
from swarm_console.pen import size
from swarm_console.picture import Picture
from swarm_node.model.catalogue import Offer, Package, replaced
from swarm_node.model.estimate import cp_of
from swarm_node.model.state import Build
from swarm_node.model.use import Compared, compared

OTHERS = 6
"""Further builds of production that are listed."""


class ChangePane(Page):
    """The package against production."""

    NAME = "Change"
    DIGIT = "5"
    HELP = """\
What the package becomes against what production has in its slot: the version, the slot, each USE flag that is
switched (`+on`, `-off`), that its ebuild has newly or no longer, and the size once it is built."""
    dossier: PackageDossier

    def lines(self, picture: Picture) -> Lines:
        build, offer = self.dossier.build(picture), self.dossier.offer
        if build is None:
            return [[("it is not in the queue", "dim")]]
        head = [fact("why", (build.row.reason, ""))]
        if offer.answer is not None:
            head += list(_change(build, offer.answer))
        else:
            head.append(
                [("  asking what production has …" if offer.waiting else f"  {offer.trouble}", "dim")]
            )
            head += list(_as_it_is(build))
        return head

    def summary(self, picture: Picture) -> str:
        build, offer = self.dossier.build(picture), self.dossier.offer.answer
        if build is None or offer is None:
            return ""
        old = replaced(offer.packages, build.row.slot)
        return f"{old.version if old is not None else 'new'} → {version(build)}"


def version(build: Build) -> str:
    """The version with its revision."""
    cpv = build.row.cpv
    return cpv[len(cp_of(cpv)) + 1 :]


def _change(build: Build, offer: Offer) -> Iterator[list[Span]]:
    old = replaced(offer.packages, build.row.slot)
    if old is None:
        has = "production has it in other slots only" if offer.packages else "production has none of it"
        yield fact("version", (version(build), "ok"), (f"   new: {has}", "dim"))
        yield from _as_it_is(build)
    else:
        yield _became("version", old.version, version(build))
        yield _became("slot", old.slot, build.row.slot)
        if old.repository != build.row.repository:
            yield _became("repository", old.repository, build.row.repository)
        yield from _switched(compared(old.use, build.row.use))
        yield _size(old.size, build)
    yield from _others(offer, old)


def _became(name: str, before: str, after: str) -> list[Span]:
    if before == after:
        return fact(name, (after, ""), ("   as in production", "dim"))
    return fact(name, (before, "dim"), (" → ", ""), (after, "accent"))


def _switched(found: Compared) -> Iterator[list[Span]]:
    if not found.changed and not found.added and not found.removed:
        yield fact("USE", ("as in production", "dim"))
    for name, listed in (
        ("switched", found.changed),
        ("new flags", found.added),
        ("gone flags", found.removed),
    ):
        if listed:
            yield fact(name, *_toned(listed))
    if found.same:
        yield fact("same", (" ".join(found.same), "dim"))


def _toned(listed: Sequence[str]) -> Iterator[Span]:
    for flag in listed:
        yield f"{flag} ", "ok" if flag.startswith("+") else "wait"


def _size(before: int, build: Build) -> list[Span]:
    if build.artifact is None:
        return fact("size", (size(before), "dim"), (" → known once it is built", "dim"))
    after = build.artifact.size
    share = f"   {(after - before) / before:+.0%}" if before else ""
    return fact("size", (size(before), "dim"), (" → ", ""), (size(after), "accent"), (share, "dim"))


def _as_it_is(build: Build) -> Iterator[list[Span]]:
    """The package by itself, where there is nothing to hold it against."""
    row = build.row
    yield fact("slot", (row.slot, ""), (f"   {row.repository}, profile {row.profile}", "dim"))
    if row.use:
        yield fact("USE", *_toned([flag if flag.startswith("-") else f"+{flag}" for flag in row.use]))
    if build.artifact is not None:
        yield fact("size", (size(build.artifact.size), "accent"))


def _others(offer: Offer, old: Package | None) -> Iterator[list[Span]]:
    others = [package for package in offer.packages if package is not old]
    for package in others[:OTHERS]:
        told = f"{package.version}:{package.slot}, build {package.build_id}, {size(package.size)}"
        yield fact("also there", (told, "dim"))
    if len(others) > OTHERS:
        yield fact("", (f"… and {len(others) - OTHERS} more", "dim"))
