"""Change: what a package becomes against what clients have now: version, slot, USE flag by flag, size."""

from collections.abc import Iterator, Sequence

from swarm_console.known.dossier import PackageDossier
from swarm_console.known.inquiry import pending
from swarm_console.known.picture import Picture
from swarm_console.panes.prose import Page, fact
from swarm_console.words.pen import size
from swarm_console.words.spans import Lines, Span
from swarm_node.model.change import Change, change
from swarm_node.model.state import Build
from swarm_node.model.use import Compared

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
            head += list(_told(change(build, offer.answer), build))
        else:
            head.append(fact("production", (pending(offer, picture), "dim")))
            head += list(_as_it_is(build))
        return head

    def summary(self, picture: Picture) -> str:
        build, offer = self.dossier.build(picture), self.dossier.offer.answer
        if build is None or offer is None:
            return ""
        found = change(build, offer)
        return f"{found.before.version if found.before is not None else 'new'} → {found.after.version}"


def _told(found: Change, build: Build) -> Iterator[list[Span]]:
    before, after = found.before, found.after
    if before is None:
        has = "production has it in other slots only" if found.others else "production has none of it"
        yield fact("version", (after.version, "ok"), (f"   new: {has}", "dim"))
        yield from _as_it_is(build)
    else:
        yield _became("version", before.version, after.version)
        yield _became("slot", before.slot, after.slot)
        if before.repository != after.repository:
            yield _became("repository", before.repository, after.repository)
        yield from _switched(found.use)
        yield _size(before.size or 0, after.size)
    for package in found.others[:OTHERS]:
        told = f"{package.version}:{package.slot}, build {package.build_id}, {size(package.size)}"
        yield fact("also there", (told, "dim"))
    if len(found.others) > OTHERS:
        yield fact("", (f"… and {len(found.others) - OTHERS} more", "dim"))


def _became(name: str, before: str, after: str) -> list[Span]:
    if before == after:
        return fact(name, (after, ""), ("   as in production", "dim"))
    return fact(name, (before, "dim"), (" → ", ""), (after, "accent"))


def _switched(use: Compared) -> Iterator[list[Span]]:
    if not use.changed and not use.added and not use.removed:
        yield fact("USE", ("as in production", "dim"))
    for name, listed in (("switched", use.changed), ("new flags", use.added), ("gone flags", use.removed)):
        if listed:
            yield fact(name, *_toned(listed))
    if use.same:
        yield fact("same", (" ".join(use.same), "dim"))


def _toned(listed: Sequence[str]) -> Iterator[Span]:
    for flag in listed:
        yield f"{flag} ", "ok" if flag.startswith("+") else "wait"


def _size(before: int, after: int | None) -> list[Span]:
    if after is None:
        return fact("size", (size(before), "dim"), (" → known once it is built", "dim"))
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
