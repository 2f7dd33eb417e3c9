"""A mirror of the demo's distfiles on loopback, out of service for a counted number of requests.

Each folder of `trees/distfiles` is one distfile: an uncompressed tar whose bytes depend on the folder alone,
so that the digests in the trees' Manifests hold on every machine.
"""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

OUTAGES: Final[Mapping[str, int]] = {"skywire-1.0.tar": 3}
"""Distfile to the requests that the mirror refuses at first with 503: one for each automatic attempt."""

_DISTFILES: Final = web.AppKey("distfiles", dict[str, bytes])
_LEDGER: Final = web.AppKey("ledger", Path)


def distfiles(folder: Path) -> dict[str, bytes]:
    """Every distfile below `folder`, by name."""
    return {f"{path.name}.tar": pack(path) for path in sorted(folder.iterdir()) if path.is_dir()}


def pack(folder: Path) -> bytes:
    """The folder as a tar (ustar) with one top directory of its name, no dates and no owners."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                member = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}")
                member.size = path.stat().st_size
                member.mode = 0o644
                with path.open("rb") as content:
                    archive.addfile(member, content)
    return stream.getvalue()


def outages(ledger: Path) -> dict[str, int]:
    """Requests that are still to be refused, by distfile; OUTAGES where no ledger was written yet.

    Raises: ValueError when the ledger is not one.
    """
    try:
        return msgspec.json.decode(ledger.read_bytes(), type=dict[str, int])
    except FileNotFoundError:
        return dict(OUTAGES)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{ledger} is no ledger of outages ({error}): remove it") from error


def set_outage(ledger: Path, name: str, requests: int) -> None:
    """Refuse the next `requests` requests for a distfile; 0 brings it back at once."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    draft = ledger.with_suffix(".new")
    draft.write_bytes(msgspec.json.encode({**outages(ledger), name: requests}))
    draft.replace(ledger)


def portage_mirrors(url: str) -> str:
    """The text of etc/portage/mirrors, see portage(5), that leads `mirror://demo/` to the mirror at `url`."""
    return f"demo {url.rstrip('/')}/distfiles\n"


def make_app(folder: Path, ledger: Path) -> web.Application:
    """The mirror: GET /distfiles/NAME and /health; what is left of each outage lives in the file `ledger`."""
    app = web.Application()
    app[_DISTFILES] = distfiles(folder)
    app[_LEDGER] = ledger
    app.add_routes([web.get("/health", _health), web.get("/distfiles/{name}", _serve, allow_head=False)])
    return app


async def _health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok", "role": "mirror", "outages": outages(request.app[_LEDGER])})


async def _serve(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    content = request.app[_DISTFILES].get(name)
    if content is None:
        return web.Response(status=404, text=f"no distfile {name!r}\n")
    left = outages(request.app[_LEDGER]).get(name, 0)
    if left > 0:
        set_outage(request.app[_LEDGER], name, left - 1)
        return web.Response(status=503, text="The mirror is out of service for a moment.\n")
    return web.Response(body=content, content_type="application/x-tar")
