"""What a build changes: its package against production's, flag by flag."""

from swarm_node.model.catalogue import Offer, Package
from swarm_node.model.change import Side, change
from swarm_node.model.state import Build
from swarm_node.model.use import Compared, compared
from swarm_node.model.work import Artifact
from tests.unit.stories import row

OLD = Package("net-misc/curl-8.13.0", "0/4", "gentoo", 4, 1000, "a", use=("ssl", "-http2", "gnutls"))
LIVE = Package("net-misc/curl-8.12.0-r1", "live", "gentoo", 1, 900, "b")


def build(slot: str = "0/4", size: int | None = None) -> Build:
    made = Build(row("net-misc/curl-8.14.1", slot=slot, use=("ssl", "http2", "zstd"), repository="gentoo"))
    made.artifact = Artifact("x", "y", size, 1) if size is not None else None
    return made


def test_flags_are_told_apart_by_what_becomes_of_them() -> None:
    assert compared(("a", "-b", "c", "-d"), ("a", "b", "-c", "e", "-f")) == Compared(
        changed=("+b", "-c"), added=("+e", "-f"), removed=("-d",), same=("+a",)
    )
    assert compared((), ()) == Compared((), (), (), ())


def test_the_package_of_the_same_slot_is_replaced() -> None:
    found = change(build(), Offer(3, (OLD, LIVE)))
    assert found.before == Side("8.13.0", "0/4", "gentoo", 1000)
    assert found.after == Side("8.14.1", "0/4", "gentoo", None)
    assert found.use == Compared(("+http2",), ("+zstd",), ("+gnutls",), ("+ssl",))
    assert found.others == (LIVE,)


def test_a_subslot_may_move_and_the_size_is_known_once_built() -> None:
    found = change(build("0/5", 1234), Offer(3, (OLD,)))
    assert found.before is not None
    assert (found.before.slot, found.after.slot, found.after.size) == ("0/4", "0/5", 1234)


def test_without_any_in_that_slot_it_is_new() -> None:
    assert change(build("7"), Offer(3, (OLD,))).before is None
    assert change(build("7"), Offer(3, (OLD,))).others == (OLD,)
    found = change(build(), Offer(None, ()))
    assert (found.before, found.use.added) == (None, ("+http2", "+ssl", "+zstd"))
