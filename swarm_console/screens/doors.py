"""The ways into screens that are imported when one goes there; the first picture waits for none of them."""

from typing import TYPE_CHECKING, Any

from textual.screen import Screen

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole


def package(build: str) -> Screen[None]:
    """A package in depth."""
    from swarm_console.screens.package import PackageScreen

    return PackageScreen(build)


def node(name: str) -> Screen[None]:
    """A node in depth."""
    from swarm_console.screens.node import NodeScreen

    return NodeScreen(name)


def cluster(cause: str) -> Screen[None]:
    """A cause of blocked builds in depth."""
    from swarm_console.screens.cluster import ClusterScreen

    return ClusterScreen(cause)


def log(attempt: int, place: int | None) -> Screen[None]:
    """The log of an attempt, at an offset or at its end."""
    from swarm_console.screens.log import LogScreen

    return LogScreen(attempt, place)


def timeline() -> Screen[None]:
    """The session drone by drone."""
    from swarm_console.screens.timeline import TimelineScreen

    return TimelineScreen()


def sessions() -> Screen[None]:
    """Every session of the log."""
    from swarm_console.screens.sessions import SessionsScreen

    return SessionsScreen()


def help_(app: "SwarmConsole", screen: Screen[Any]) -> None:
    """What a screen shows, and every key; once."""
    from swarm_console.screens.help import HelpScreen, help_of

    if not isinstance(screen, HelpScreen):
        app.push_screen(HelpScreen(help_of(app, screen)))


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


def away(seen: Any, now: float, again: str) -> Screen[None]:
    """What happened while nobody looked."""
    from swarm_console.screens.away import AwayDialog

    return AwayDialog(seen, now, again)
