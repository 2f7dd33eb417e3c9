"""Packages over HTTP: production for everybody, staging for drones by the token in the path."""

import os
from pathlib import Path
from typing import Final

from aiohttp import web

from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.parts import PARTS
from swarm_node.orchestrator.production import CURRENT, RELEASES
from swarm_node.portage.index import FILE, PACKED

FOREVER: Final = "public, max-age=31536000, immutable"
BRIEFLY: Final = "no-cache"
SUFFIX: Final = ".gpkg.tar"


async def production(request: web.Request) -> web.FileResponse:
    """GET /packages/…: the live release; below /packages/releases/N/ one that never changes."""
    root, path = request.app[PARTS].settings.production_dir, request.match_info["path"]
    if path.startswith(f"{RELEASES}/"):
        return _serve(root, path, FOREVER)
    return _serve(_live(root), path, BRIEFLY)


async def staging(request: web.Request) -> web.FileResponse:
    """GET /staging/{token}/…: what is staged, for the node that holds the token.

    A package that was released after the node had read the index comes from production: it has the same path.
    """
    parts, path = request.app[PARTS], request.match_info["path"]
    node = parts.contacts.holder(request.match_info["token"])
    if node is None:
        raise Refused("forbidden", "staging is for drones only", "clients use /packages")
    parts.contacts.hear(node)
    try:
        return _serve(parts.staging.directory, path, BRIEFLY)
    except Refused:
        if not path.endswith(SUFFIX):
            raise
        return _serve(_live(parts.settings.production_dir), path, BRIEFLY)


def _live(root: Path) -> Path:
    """The live release's own directory, looked up once: no request sees two releases."""
    try:
        return root / (root / CURRENT).readlink()
    except OSError:
        raise Refused("unknown_path", "nothing has been released yet", "build-swarm finalize") from None


def _serve(root: Path, path: str, cache: str) -> web.FileResponse:
    """A regular file below `root`; hidden ones, and whatever leads out of it, are not there."""
    found = root / path
    hidden = any(part.startswith(".") or part == "" for part in path.split("/"))
    # pathlib's is_file() lets out what the kernel thinks of a name that is too long
    if hidden or not os.path.isfile(found) or not _inside(root, found):  # noqa: PTH113
        raise Refused("unknown_path", f"there is no file {path!r:.200}", f"see the index: /packages/{FILE}")
    headers = {"Cache-Control": cache, "Content-Type": _content_type(found.name)}
    return web.FileResponse(found, headers=headers)


def _inside(root: Path, found: Path) -> bool:
    return os.path.realpath(found).startswith(os.path.realpath(root) + os.sep)


def _content_type(name: str) -> str:
    if name.endswith(SUFFIX):
        return "application/x-tar"
    return {FILE: "text/plain; charset=utf-8", PACKED: "application/gzip"}.get(
        name, "application/octet-stream"
    )


ROUTES = (
    web.get("/packages/{path:.+}", production),
    web.get("/staging/{token}/{path:.+}", staging),
)
