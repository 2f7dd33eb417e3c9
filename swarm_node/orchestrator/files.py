"""Packages over HTTP: production for everybody, staging for drones by the token in the path."""

import os
from pathlib import Path

from aiohttp import web

from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.parts import PARTS
from swarm_node.orchestrator.production import CURRENT, RELEASES

FOREVER = "public, max-age=31536000, immutable"
BRIEFLY = "no-cache"


async def production(request: web.Request) -> web.FileResponse:
    """GET /packages/…: the live release; below /packages/releases/N/ one that never changes."""
    root, path = request.app[PARTS].settings.production_dir, request.match_info["path"]
    if path.startswith(f"{RELEASES}/"):
        return _file(root, path, FOREVER)
    return _file(_live(root), path, BRIEFLY)


async def staging(request: web.Request) -> web.FileResponse:
    """GET /staging/{token}/…: what is staged, for the node that holds the token."""
    parts = request.app[PARTS]
    node = parts.contacts.holder(request.match_info["token"])
    if node is None:
        raise Refused("forbidden", "staging is for drones only", "clients use /packages")
    parts.contacts.hear(node)
    return _file(parts.staging.directory, request.match_info["path"], BRIEFLY)


def _live(root: Path) -> Path:
    """The live release's own directory, looked up once: no request sees two releases."""
    try:
        return root / (root / CURRENT).readlink()
    except OSError:
        raise Refused("unknown_path", "nothing has been released yet", "build-swarm finalize") from None


def _file(root: Path, path: str, cache: str) -> web.FileResponse:
    """A regular file below `root`; hidden ones, and whatever leads out of it, are not there."""
    parts = path.split("/")
    found = root / path
    hidden = any(part.startswith(".") or part == "" for part in parts)
    if hidden or "\0" in path or not found.is_file() or not _inside(root, found):
        raise Refused("unknown_path", f"there is no file {path!r:.200}", "see the index: /packages/Packages")
    return web.FileResponse(found, headers={"Cache-Control": cache})


def _inside(root: Path, found: Path) -> bool:
    return os.path.realpath(found).startswith(os.path.realpath(root) + os.sep)


ROUTES = (
    web.get("/packages/{path:.+}", production),
    web.get("/staging/{token}/{path:.+}", staging),
)
