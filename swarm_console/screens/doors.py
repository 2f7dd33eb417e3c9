"""The ways into screens that are imported when one goes there; the first picture waits for none of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole
    from swarm_console.screens.depth import DepthScreen

PACKAGE, NODE = "PackageScreen", "NodeScreen"


def package(app: "SwarmConsole", build: str) -> None:
    """A package in depth."""
    from swarm_console.screens.package import PackageScreen

    _depth(app, PackageScreen, build)


def foresee_package(app: "SwarmConsole", build: str) -> Iterator[None]:
    """Have a package in depth ready, step by step."""
    return _foresee(app, PACKAGE, build)


def node(app: "SwarmConsole", name: str) -> None:
    """A node in depth."""
    from swarm_console.screens.node import NodeScreen

    _depth(app, NodeScreen, name)


def foresee_node(app: "SwarmConsole", name: str) -> Iterator[None]:
    """Have a node in depth ready, step by step."""
    return _foresee(app, NODE, name)


def _depth(app: "SwarmConsole", kind: "type[DepthScreen]", subject: str) -> None:
    """Show the one that was left last again; a new one where there is none, or it lies open below."""
    name = kind.__name__
    if (kept := _kept(app, name)) is not None:
        kept.turn_to(subject)
        app.push_screen(kept)
    elif app.is_screen_installed(name):
        app.push_screen(kind(subject))
    else:
        first = kind(subject)
        app.install_screen(first, name)
        app.push_screen(first)


def _foresee(app: "SwarmConsole", name: str, subject: str) -> Iterator[None]:
    kept = _kept(app, name)
    return kept.be_ready_for(subject) if kept is not None and subject else iter(())


def _kept(app: "SwarmConsole", name: str) -> "DepthScreen | None":
    """A screen in depth that is there and does not lie open."""
    if not app.is_screen_installed(name):
        return None
    from swarm_console.screens.depth import DepthScreen

    kept = app.get_screen(name, DepthScreen)
    return kept if kept.is_mounted and kept not in app.screen_stack else None


def make_ready(app: "SwarmConsole") -> None:
    """Make the screens in depth that there are not, before anybody goes there.

    The first of each takes a tenth of a second.
    """
    from swarm_console.screens.node import NodeScreen
    from swarm_console.screens.package import PackageScreen

    kinds: tuple[type[DepthScreen], ...] = (PackageScreen, NodeScreen)
    for kind in kinds:
        if not app.is_screen_installed(kind.__name__):
            app.install_screen(kind(""), kind.__name__)
            app._get_screen(kind.__name__)  # Textual 8.2 has no other way to mount one that shows later


def put_away(app: "SwarmConsole") -> None:
    """Let go of what nobody came for: it would hold on to the queue of which it was worked out."""
    for name in (PACKAGE, NODE):
        if (kept := _kept(app, name)) is not None:
            kept.put_away()


def cluster(app: "SwarmConsole", cause: str) -> None:
    """A cause of blocked builds in depth."""
    from swarm_console.screens.cluster import ClusterScreen

    app.push_screen(ClusterScreen(cause))


def log(app: "SwarmConsole", attempt: int, place: int | None = None) -> None:
    """The log of an attempt, at an offset or at its end."""
    from swarm_console.screens.log import LogScreen

    app.push_screen(LogScreen(attempt, place))


def timeline(app: "SwarmConsole") -> None:
    """The session drone by drone."""
    from swarm_console.screens.timeline import TimelineScreen

    app.push_screen(TimelineScreen())


def sessions(app: "SwarmConsole") -> None:
    """Every session of the log."""
    from swarm_console.screens.sessions import SessionsScreen

    app.push_screen(SessionsScreen())


def help_(app: "SwarmConsole") -> None:
    """What the present screen shows, and every key; once."""
    from swarm_console.screens.help import HelpScreen, help_of

    if not isinstance(app.screen, HelpScreen):
        app.push_screen(HelpScreen(help_of(app, app.screen)))


def cures(app: "SwarmConsole") -> None:
    """Offer the cures of what is blocked."""
    from swarm_console.screens.cures import offer_cures

    offer_cures(app)


def logs(app: "SwarmConsole") -> None:
    """Open the log of what is marked, or ask whose."""
    from swarm_console.screens.whose import open_logs

    open_logs(app)


def releases(app: "SwarmConsole") -> None:
    """Show what was released."""
    from swarm_console.screens.releases import open_releases

    open_releases(app)


def contents(app: "SwarmConsole") -> None:
    """Show what clients have."""
    from swarm_console.panes.contents import ContentsPane
    from swarm_console.screens.release import open_live

    open_live(app, ContentsPane)


def difference(app: "SwarmConsole") -> None:
    """Show what the last release changed."""
    from swarm_console.panes.changes import ChangesPane
    from swarm_console.screens.release import open_live

    open_live(app, ChangesPane)


def away(app: "SwarmConsole", seen: Any) -> None:
    """What happened while nobody looked."""
    from swarm_console.screens.away import AwayDialog

    app.push_screen(AwayDialog(seen, app.clock(), app.key_names.get("away", "")))
