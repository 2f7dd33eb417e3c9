"""A client in a prefix of its own: its etc/portage, our repositories, nothing installed, chosen binhosts.

Here the resolver looks at the world through a client's eyes; nothing is ever merged into such a prefix.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from swarm_node.model.refusal import Refused
from swarm_node.portage.install import Portage
from swarm_node.portage.prefix import Binrepo, Prefix, Repository, make_prefix
from swarm_node.portage.profile import ClientProfile, make_profile

OURS: Final = frozenset({"binrepos.conf", "make.conf", "make.profile", "repos.conf"})
"""What of etc/portage is not the client's here."""

SETTINGS: Final = {"PORTAGE_BINHOST": "", "EMERGE_DEFAULT_OPTS": ""}

INDEX_CACHE: Final = "var/cache/edb/binhost"
"""Portage keeps a newer index over an older one, which after a rollback is the wrong one."""


def furnish(
    root: Path,
    profile: ClientProfile,
    repositories: Sequence[Repository],
    binhosts: Sequence[Path],
    portage: Portage,
) -> Prefix:
    """Make or refresh the prefix of a client at `root`; the first of `binhosts` (directories) wins.

    What Portage learned of the trees at an earlier time stays in it. A binhost without an index is left out.
    Raises: Refused (bad_request, unresolvable) when the profile or the place cannot be used.
    """
    if not repositories:
        raise Refused("unresolvable", "there is no ebuild repository", "name one in etc/portage/repos.conf")
    try:
        return _furnish(root, profile, repositories, binhosts, portage)
    except OSError as error:
        raise Refused(
            "unresolvable", f"{error.filename or root}: {error.strerror}", "make it writable, with space left"
        ) from None


def _furnish(
    root: Path,
    profile: ClientProfile,
    repositories: Sequence[Repository],
    binhosts: Sequence[Path],
    portage: Portage,
) -> Prefix:
    prefix = make_prefix(
        root,
        repositories=repositories,
        profile=make_profile(profile, repositories),
        binrepos=_binrepos(binhosts),
        make_conf=SETTINGS,
        portage=portage,
    )
    shutil.rmtree(prefix.root / INDEX_CACHE, ignore_errors=True)
    _source(prefix.configuration / "make.conf", _make_conf(profile.portage / "make.conf"))
    _adopt(prefix.configuration, profile.portage)
    return prefix


def _binrepos(binhosts: Sequence[Path]) -> Iterator[Binrepo]:
    for rank, binhost in enumerate(binhosts):
        place = binhost.resolve()
        if (place / "Packages").is_file():
            yield Binrepo(f"binhost{rank}", f"file://{place}", priority=100 - rank)


def _make_conf(own: Path) -> list[Path]:
    """The client's make.conf: a file, or a directory whose files Portage reads in order."""
    if own.is_dir():
        return sorted(path for path in own.rglob("*") if path.is_file() and not path.name.startswith("."))
    return [own] if own.is_file() else []


def _source(make_conf: Path, own: Sequence[Path]) -> None:
    """Read the client's settings first, so that ours decide where builds, packages and logs are."""
    text = make_conf.read_text()
    make_conf.write_text("".join(f'source "{path.absolute()}"\n' for path in own) + text)


def _adopt(configuration: Path, own: Path) -> None:
    """Show everything else in the client's etc/portage, and nothing that is no longer there."""
    for path in configuration.iterdir():
        if path.is_symlink() and path.name not in OURS:
            path.unlink()
    for path in own.iterdir():
        if path.name not in OURS:
            (configuration / path.name).symlink_to(path.absolute())
