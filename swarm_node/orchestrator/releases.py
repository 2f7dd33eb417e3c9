"""Releases over HTTP: the list, what each holds, what differs, whether it is still what was released."""

import re
from functools import partial
from typing import Final

import msgspec
from aiohttp import web

from swarm_node.http.connection import STOPPING
from swarm_node.http.json import reply
from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.parts import PARTS, Parts, at_leisure

LISTING: Final = "build-swarm releases"
NAME: Final = re.compile(r"=?[A-Za-z0-9_][A-Za-z0-9_+./-]{0,200}(@[A-Za-z0-9_.-]{1,64})?\Z")
"""Any spelling of a package; see `model.names.spellings`."""


async def show_releases(request: web.Request) -> web.Response:
    """GET /api/v1/releases: what was released, newest first."""
    state = request.app[PARTS].swarm.state
    kept = sorted(state.releases.values(), key=lambda release: -release.number)
    return reply({"current": state.current, "releases": kept})


async def show_contents(request: web.Request) -> web.Response:
    """GET /api/v1/releases/{number}: every package of a release, and what stood against it."""
    parts = request.app[PARTS]
    number = _number(parts, request.match_info["number"])
    found = await at_leisure(parts.reading, partial(parts.catalogue.contents, number))
    state = parts.swarm.state
    told = msgspec.structs.asdict(found)
    return reply({**told, "about": state.releases.get(number), "current": number == state.current})


async def show_difference(request: web.Request) -> web.Response:
    """GET /api/v1/releases/{older}/difference/{newer}: what clients of one get with the other."""
    parts = request.app[PARTS]
    older, newer = (_number(parts, request.match_info[side]) for side in ("older", "newer"))
    found = await at_leisure(parts.reading, partial(parts.catalogue.difference, older, newer))
    return reply({**msgspec.structs.asdict(found), "counts": found.counts()})


async def show_audit(request: web.Request) -> web.Response:
    """GET /api/v1/releases/{number}/audit: whether it still is what was released; reads every byte."""
    parts = request.app[PARTS]
    number = _number(parts, request.match_info["number"])
    if parts.auditing.locked():
        raise Refused("already_running", "a release is being audited already", "wait for it, then try again")
    stopped = request.app[STOPPING].is_set
    wrong = await at_leisure(parts.auditing, partial(parts.production.audit, number, stopped))
    return reply({"release": number, "wrong": wrong})


async def show_production(request: web.Request) -> web.Response:
    """GET /api/v1/production/{package}: every version and build of it that clients see."""
    parts, name = request.app[PARTS], request.match_info["package"]
    if not NAME.match(name):
        raise Refused("bad_request", f"{name!r:.120} is no package's name", "like dev-libs/openssl")
    return reply(await at_leisure(parts.reading, partial(parts.catalogue.offer, name)))


def _number(parts: Parts, text: str) -> int:
    """A release's number. Raises: Refused (bad_request, unknown_release)."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refused("bad_request", f"{text!r:.60} is no number of a release", LISTING)
    number = int(text)
    known = parts.swarm.state.releases
    if number > max(known, default=0):
        raise Refused("unknown_release", f"there is no release {number}", LISTING)
    if number in known and known[number].status != "published":
        raise Refused("unknown_release", f"release {number} is {known[number].status}", LISTING)
    return number


ROUTES = (
    web.get("/api/v1/releases", show_releases),
    web.get("/api/v1/releases/{number}", show_contents),
    web.get("/api/v1/releases/{number}/audit", show_audit),
    web.get("/api/v1/releases/{older}/difference/{newer}", show_difference),
    web.get("/api/v1/production/{package:.+}", show_production),
)
