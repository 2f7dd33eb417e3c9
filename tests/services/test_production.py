"""Production and staging over HTTP, by the orchestrator itself and by a real nginx, while releases change."""

import asyncio
import hashlib
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import aiohttp
import pytest
from yarl import URL

from swarm_node.http.service import serving
from swarm_node.model.refusal import Refused
from swarm_node.orchestrator import verify
from swarm_node.orchestrator.app import make_app
from swarm_node.orchestrator.nginx import configuration
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.orchestrator.release import finalize, rollback
from swarm_node.portage.entry import parse
from tests.services.releases import NODE, see_node, settings, stage

SWAPS = 50
READERS = 2


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Parts, str, aiohttp.ClientSession]]:
    """A whole orchestrator on loopback: its parts, its URL, a client."""
    app = await make_app(settings(tmp_path, keep=1000))

    async def made() -> object:
        return app

    with patch.object(verify, "read_profiles", return_value=()):
        async with serving(made) as url, aiohttp.ClientSession() as client:  # type: ignore[arg-type]
            await see_node(app[PARTS])
            yield app[PARTS], url, client
    app[PARTS].production.swept()


async def test_nothing_is_there_before_the_first_release(
    served: tuple[Parts, str, aiohttp.ClientSession],
) -> None:
    parts, url, client = served
    await stage(parts, "app-misc/hello-1.0")
    async with client.get(f"{url}/packages/Packages") as response:
        assert response.status == 404
        assert (await response.json())["error"]["hint"]


async def test_clients_read_the_live_release_and_keep_what_they_have_read(
    served: tuple[Parts, str, aiohttp.ClientSession],
) -> None:
    parts, url, client = served
    await stage(parts, "app-misc/hello-1.0")
    await finalize(parts)
    async with client.get(f"{url}/packages/Packages") as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-cache"
        modified, text = response.headers["Last-Modified"], await response.text()
    header, entry = (parse(block) for block in text.split("\n\n")[:2])
    assert header["URI"] == f"{url}/packages/releases/1"
    async with client.get(f"{header['URI']}/{entry['PATH']}") as response:
        content = await response.read()
        assert "immutable" in response.headers["Cache-Control"]
    assert hashlib.sha1(content).hexdigest() == entry["SHA1"]
    since = {"If-Modified-Since": modified}
    async with client.get(f"{url}/packages/Packages", headers=since) as response:
        assert response.status == 304
    await stage(parts, "app-misc/hello-2.0")
    await finalize(parts)
    async with client.get(f"{url}/packages/Packages", headers=since) as response:
        assert response.status == 200
        assert "URI: " + header["URI"][:-1] + "2" in await response.text()
    async with client.get(f"{header['URI']}/Packages") as response:
        assert await response.text() == text


async def test_head_ranges_and_the_packed_index(served: tuple[Parts, str, aiohttp.ClientSession]) -> None:
    parts, url, client = served
    await stage(parts, "app-misc/hello-1.0")
    await finalize(parts)
    (entry,) = parts.production.index(1)
    place = f"{url}/packages/{entry.path}"
    async with client.head(place) as response:
        assert (response.status, int(response.headers["Content-Length"])) == (200, entry.size)
        assert await response.read() == b""
    async with client.get(place, headers={"Range": "bytes=257-261"}) as response:
        assert (response.status, await response.read()) == (206, b"ustar")
    async with client.get(place, headers={"Range": f"bytes={entry.size}-"}) as response:
        assert response.status == 416
    async with client.get(f"{url}/packages/Packages.gz") as response:
        assert response.status == 200
        assert "Content-Encoding" not in response.headers
        assert (await response.read())[:2] == b"\x1f\x8b"
    async with client.post(place) as response:
        assert response.status == 405


@pytest.mark.parametrize(
    "path",
    [
        "packages/../state/swarm.db",
        "packages/%2e%2e/%2e%2e/state/swarm.db",
        "packages/releases/../../state/swarm.db",
        "packages/releases/1/%2e%2e/%2e%2e/%2e%2e/state/swarm.db",
        "packages/releases/1%2f..%2f..%2f..%2fstate%2fswarm.db",
        "packages//etc/passwd",
        "packages/%2fetc/passwd",
        "packages/etc%00/passwd",
        "packages/app-misc",
        "packages/app-misc/",
        "packages/.hidden",
        "packages/releases/.1.new/Packages",
        "packages/releases/99/Packages",
        "packages/link/passwd",
        "packages/" + "a" * 5000,
        "packages/%ff%fe",
        "staging/guess/Packages",
        "staging/%00/Packages",
    ],
)
async def test_nothing_else_is_served(served: tuple[Parts, str, aiohttp.ClientSession], path: str) -> None:
    parts, url, client = served
    await stage(parts, "app-misc/hello-1.0")
    await finalize(parts)
    (parts.production.path(1) / ".hidden").write_text("")
    (parts.production.path(1) / "link").symlink_to("/etc")
    async with client.get(URL(f"{url}/{path}", encoded=True)) as response:
        assert response.status in (400, 403, 404), await response.read()
        document = await response.json()
        assert document["error"]["code"]


async def test_staging_is_for_drones_and_follows_a_package_that_was_released(
    served: tuple[Parts, str, aiohttp.ClientSession],
) -> None:
    parts, url, client = served
    await stage(parts, "app-misc/hello-1.0")
    (entry,) = parts.staging.entries()
    token = parts.contacts.admit(NODE, None, 90)
    for path in ("Packages", entry.path):
        async with client.get(f"{url}/staging/{token}/{path}") as response:
            assert response.status == 200
        async with client.get(f"{url}/staging/{token[:-1]}/{path}") as response:
            assert response.status == 403
    async with client.get(f"{url}/staging/{token}/.incoming/1") as response:
        assert response.status == 404
    await finalize(parts)
    async with client.get(f"{url}/staging/{token}/{entry.path}") as response:
        assert response.status == 200
        assert len(await response.read()) == entry.size
    async with client.get(f"{url}/staging/{token}/Packages") as response:
        assert "PACKAGES: 0" in await response.text()


async def swap(parts: Parts, enough: Callable[[], bool]) -> None:
    """Fifty releases and rollbacks, or more; every package is a new one in each release."""
    names = [f"app-misc/hello{number}-1.0" for number in range(3)]
    while len(parts.swarm.state.releases) < SWAPS // 2 or not enough():
        await stage(parts, *names, DESCRIPTION="x" * 20_000)
        await finalize(parts)
        if parts.swarm.state.current != 1:
            await rollback(parts, None)


class Seen:
    """What all readers have seen."""

    def __init__(self) -> None:
        self.packages = 0
        self.releases: set[str] = set()

    def enough(self) -> bool:
        return self.packages > SWAPS and len(self.releases) > 5


async def read(client: aiohttp.ClientSession, index: str, stop: asyncio.Event, seen: Seen) -> None:
    """As emerge does: the index, then each package from where the index says, held against it."""
    while not stop.is_set():
        async with client.get(index) as response:
            assert response.status == 200
            header, *blocks = (await response.text()).strip().split("\n\n")
        base = parse(header)["URI"]
        entries = [parse(block) for block in blocks]
        assert len(entries) == int(parse(header)["PACKAGES"]) == 3
        seen.releases.add(base)
        for entry in entries:
            async with client.get(f"{base}/{entry['PATH']}") as response:
                assert response.status == 200, f"{base} {entry['PATH']}"
                content = await response.read()
            assert len(content) == int(entry["SIZE"])
            assert hashlib.sha1(content).hexdigest() == entry["SHA1"], f"{base} {entry['PATH']}"
            seen.packages += 1


async def storm(parts: Parts, client: aiohttp.ClientSession, index: str) -> None:
    await stage(parts, *(f"app-misc/hello{number}-1.0" for number in range(3)))
    await finalize(parts)
    stop, seen = asyncio.Event(), Seen()
    readers = [asyncio.create_task(read(client, index, stop, seen)) for _ in range(READERS)]
    try:
        await swap(parts, lambda: seen.enough() or any(reader.done() for reader in readers))
    finally:
        stop.set()
        await asyncio.gather(*readers)
    assert seen.enough()


@pytest.mark.slow
async def test_a_client_that_reads_through_fifty_swaps_never_sees_a_mixed_state(
    served: tuple[Parts, str, aiohttp.ClientSession],
) -> None:
    parts, url, client = served
    await storm(parts, client, f"{url}/packages/Packages")


@contextmanager
def nginx(home: Path, site: str) -> Iterator[None]:
    """A real nginx in the foreground, with nothing but this site."""
    home.mkdir()
    (home / "site.conf").write_text(site)
    temporary = "".join(f"    {kind}_temp_path {home}/{kind};\n" for kind in TEMPORARY)
    (home / "nginx.conf").write_text(
        f"daemon off;\npid {home}/pid;\nerror_log {home}/error.log;\n"
        + ("user root;\n" if home.owner() == "root" else "")
        + f"events {{ }}\nhttp {{\n    access_log off;\n{temporary}    include {home}/site.conf;\n}}\n"
    )
    command = ["nginx", "-p", str(home), "-c", str(home / "nginx.conf"), "-e", str(home / "error.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


async def answering(client: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                async with client.get(url):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_nginx_serves_the_same(
    served: tuple[Parts, str, aiohttp.ClientSession],
    short_dir: Path,
    free_port_number: int,
    needs: Callable[..., None],
) -> None:
    needs("nginx")
    parts, _, client = served
    listen, production = f"127.0.0.1:{free_port_number}", parts.production
    production.url = f"http://{listen}/packages"
    with nginx(short_dir / "nginx", configuration(production.directory, listen=listen)):
        await answering(client, f"http://{listen}/")
        await storm(parts, client, f"http://{listen}/packages/Packages")
        entry = next(iter(production.index(1)))
        for path, cache in ((f"releases/1/{entry.path}", "immutable"), ("Packages.gz", "no-cache")):
            async with client.get(f"http://{listen}/packages/{path}") as response:
                assert response.status == 200
                assert cache in response.headers["Cache-Control"]
                assert "Content-Encoding" not in response.headers
        (production.path(1) / ".hidden").write_text("")
        for path in (
            "packages/releases/1/.hidden",
            "packages/",
            "packages/../state/swarm.db",
            "state/swarm.db",
        ):
            async with client.get(f"http://{listen}/{path}") as response:
                assert response.status in (403, 404), path
        async with client.delete(f"http://{listen}/packages/Packages") as response:
            assert response.status in (403, 405)


@pytest.mark.parametrize(
    "wrong", [{"listen": "80; include /etc/passwd"}, {"name": "a b"}, {"production": Path('/a"b')}]
)
def test_nginx_is_told_nothing_that_would_break_out(wrong: dict[str, object]) -> None:
    told = partial(configuration, **{"production": Path("/var/cache/binpkgs"), **wrong})  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        told()
    assert refused.value.code == "bad_request"
