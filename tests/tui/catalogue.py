"""A swarm that has made releases: what each holds is told here, what differs is really compared."""

from collections.abc import Iterable
from hashlib import sha512
from itertools import permutations
from typing import Any

import msgspec

from swarm_node.model import commands as c
from swarm_node.model.catalogue import Contents, Package
from swarm_node.model.events import Finding
from swarm_node.orchestrator.comparison import compare
from swarm_node.orchestrator.content import highest_first
from tests.tui.story import Story, empty, row

MIB = 1 << 20
DAY = 86_400.0
RISKY = (
    Finding("needed-blocked", "x11-drivers/nvidia-drivers-570.153 is blocked, and @world needs it", 10),
    Finding("shrunk", "dev-vcs/git-2.50.0 shrank from 9100 to 3100 KiB", 2),
)
SMALL = (Finding("blocked", "www-client/brave-browser-1.86.139 is blocked and left out", 1),)


def package(cpv: str, mib: float, *use: str, slot: str = "0", build_id: int = 1) -> Package:
    """A package of so many MiB."""
    path = f"{cpv}-{build_id}.gpkg.tar"
    digest = sha512(path.encode()).hexdigest()
    return Package(cpv, slot, "gentoo", build_id, int(mib * MIB), path, digest, use)


FIRST = (
    package("app-editors/neovim-0.11.1", 11.2, "-lua", "nls"),
    package("dev-lang/python-3.12.10", 38.0, "-debug", "ssl", slot="3.12"),
    package("dev-lang/rust-1.86.0", 214.0, "clippy", "-doc"),
    package("dev-libs/openssl-3.3.2", 6.1, "asm", "-fips", slot="0/3"),
    package("dev-vcs/git-2.49.0", 8.9, "curl", "-gtk", "nls"),
    package("media-video/mpv-0.40.0", 4.4, "X", "lua", "-wayland"),
    package("net-misc/curl-8.13.0", 1.9, "http2", "-http3"),
    package("sys-libs/zlib-1.3.1-r1", 0.2, "-minizip"),
    package("www-client/firefox-139.0", 71.5, "dbus", "-wifi"),
)
SECOND = (
    package("dev-libs/openssl-3.4.1", 6.4, "asm", "-fips", slot="0/3", build_id=12),
    package("net-misc/curl-8.14.1", 2.0, "http2", "http3", build_id=13),
    package("sys-libs/zlib-1.3.1-r1", 0.2, "minizip", build_id=14),
)
THIRD = (
    package("app-editors/neovim-0.11.2", 11.3, "-lua", "nls", build_id=31),
    package("dev-lang/python-3.13.5", 39.5, "-debug", "ssl", slot="3.13", build_id=32),
    package("dev-lang/rust-1.88.0", 221.0, "clippy", "-doc", build_id=33),
    package("dev-vcs/git-2.50.0", 3.1, "curl", "-gtk", "nls", build_id=34),
    package("media-video/mpv-0.40.0", 4.3, "X", "-lua", "wayland", build_id=35),
    package("www-client/firefox-140.0", 72.0, "dbus", "-wifi", build_id=36),
)


def contents(number: int, *layers: Iterable[Package]) -> Contents:
    """A release of these layers."""
    packages = tuple(highest_first(package for layer in layers for package in layer))
    return Contents(number, packages, sum(package.size for package in packages))


KEPT = {3: contents(3, FIRST), 4: contents(4, FIRST, SECOND), 6: contents(6, FIRST, SECOND, THIRD)}


def released(kept: dict[int, Contents] = KEPT) -> Story:
    """Six releases in six days: two forgotten, three kept, one given up; the last is live."""
    story = empty()
    last = max(kept)
    for number in range(1, last + 1):
        forced = {4: "CVE-2026-4242 cannot wait"}.get(number, "")
        _release(story, number, RISKY if number == 4 else SMALL if number == 6 else (), forced, kept)
    for number in range(1, last):
        if number not in kept and story.state.releases[number].status == "published":
            story.tell(c.ForgetRelease(release=number))
    return story


def _release(
    story: Story, number: int, found: tuple[Finding, ...], forced: str, kept: dict[int, Contents]
) -> None:
    story.now += DAY
    rows = tuple(row(f"app-misc/made{number}-{place}") for place in range(2))
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building"))
    while story.state.queue.ready:
        story.work("drone-Izar")
        story.stage("drone-Izar", 600.0)
    story.verify(*found)
    story.tell(c.PrepareRelease(verify_id="v1", force=forced))
    if number == 5:
        story.tell(c.AbandonRelease(release=number, reason="the disk is full"))
        return
    held = kept.get(number, contents(number, FIRST))
    added = {1: 9, 4: 3, 6: 6}.get(number, 2)
    story.tell(
        c.PublishRelease(release=number, packages=len(held.packages), size=held.size, added=added),
        c.EnterPhase(phase="idle"),
    )


def answers(kept: dict[int, Contents] = KEPT) -> dict[str, Any]:
    """What the orchestrator says of these, by path."""
    told: dict[str, Any] = {
        f"/api/v1/releases/{number}": {**msgspec.to_builtins(held), "about": None, "current": False}
        for number, held in kept.items()
    }
    sides = {0: Contents(0, (), 0), **kept}
    for older, newer in permutations(sides, 2):
        found = compare(sides[older], sides[newer])
        path = f"/api/v1/releases/{older}/difference/{newer}"
        told[path] = {**msgspec.to_builtins(found), "counts": found.counts()}
    return told
