"""A production directory that was there before the log: what clients have stays, as release 0."""

import logging
from collections.abc import Iterator
from typing import Final

from swarm_node.orchestrator.content import Manifest, Packed
from swarm_node.orchestrator.production import Production, digest_of
from swarm_node.portage.entry import PATH, Entry
from swarm_node.portage.index import FILE, BadIndex, Index

log = logging.getLogger(__name__)

FIRST: Final = 0


def adopt(production: Production) -> None:
    """Turn a plain binhost, or the live release of a log that is lost, into release 0.

    A binhost's own files are left where they are, for whoever is served from there. Every byte is read once,
    so a large one delays the first start.
    """
    live = production.live()
    root = live if live is not None else production.directory
    if production.current() == FIRST or not (root / FILE).is_file():
        return
    try:
        index = Index.load(root / FILE)
        packed = dict(_packed(production, index)) if live is None else _known(production, index)
        manifest = Manifest(FIRST, tuple(packed.values()))
        production.make(FIRST, dict.fromkeys(packed, root), manifest, after=index.timestamp)
        production.publish(FIRST)
        log.info("%s: %d packages that were there already are release 0", root, len(packed))
    except (BadIndex, OSError) as error:
        log.warning("%s holds packages that cannot be taken over: %s", root, error)


def _packed(production: Production, index: Index) -> Iterator[tuple[Entry, Packed]]:
    """The packages that are really there."""
    for entry in index:
        path = production.directory / entry.path
        try:
            if PATH.fullmatch(entry.path) and path.is_file() and path.stat().st_size == entry.size:
                yield entry, Packed(entry.path, entry.size, digest_of(path))
        except OSError as error:
            log.warning("%s is left behind: %s", path, error)


def _known(production: Production, index: Index) -> dict[Entry, Packed]:
    number = production.current()
    packages = production.manifest(number).packages if number is not None else ()
    known = {packed.path: packed for packed in packages}
    return {entry: known[entry.path] for entry in index}
