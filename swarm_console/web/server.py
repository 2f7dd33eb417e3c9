"""`swarm-console --web`: a console for every tab of a browser on this machine (textual-serve).

Whoever reaches the port could do what the console can. So it listens on loopback only, and lets in who has
the key of the address that it prints: other users of the machine and pages of other origins do not.
"""

import asyncio
import errno
import logging
import os
import secrets
import shlex
import socket
import sys
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from aiohttp import web
from textual_serve.server import Server

from swarm_console.commandline.options import LOOPBACK, WEB_PORT
from swarm_console.errors import Usage

LOOK_SECONDS: Final = 0.02
PATIENCE: Final = 5.0
"""Seconds that open consoles have to end in, when the server ends."""


def serve(
    gateway_url: str, host: str, port: int, say: Callable[[str], None], *, readonly: bool, token: str
) -> int:
    """Serve consoles of the swarm behind a gateway until Ctrl-C; the exit code. Raises: Usage, OSError."""
    check_host(host)
    if token:
        os.environ["SWARM_TOKEN"] = token  # the consoles inherit it; a command line can be seen by everybody
    words = [sys.executable, "-m", "swarm_console", "--gateway", gateway_url]
    command = "exec " + shlex.join([*words, *(["--readonly"] if readonly else [])])
    Consoles(command, host, free(host, port), say).serve()
    return 0


def check_host(host: str) -> None:
    """Raises: Usage for everything that is not this machine itself."""
    try:
        own = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        own = False
    if not own:
        tunnel = f"ssh -L {WEB_PORT}:{LOOPBACK}:{WEB_PORT} HOST swarm-console --web"
        hint = f"from another machine, through a tunnel: {tunnel}"
        raise Usage(f"--web listens on this machine only, not on {host!r:.80}", hint)


def free(host: str, port: int) -> int:
    """The port, or for 0 one that is free. Raises: Usage when another program has it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = "is taken" if error.errno == errno.EADDRINUSE else "may not be used by this user"
            raise Usage(
                f"port {port} of {host} {why}", "choose another: --port 0 takes one that is free"
            ) from None
        found: int = probe.getsockname()[1]
        return found


class Consoles(Server):
    """The server: one page, and behind each that is open a process with a console."""

    def __init__(self, command: str, host: str, port: int, say: Callable[[str], None]) -> None:
        name = f"[{host}]" if ":" in host else host
        super().__init__(
            command,
            host=host,
            port=port,
            title="Build Swarm",
            public_url=f"http://{name}:{port}",
            templates_path=Path(__file__).parent,
        )
        self._say = say
        self._key = secrets.token_urlsafe(16)
        self._cookie = f"swarm-console-{port}"
        page = (Path(__file__).parent / "app_index.html").read_text(encoding="utf-8")
        self._script = page.rpartition("<script>")[2].partition("</script>")[0]
        self._tabs: set[asyncio.Task[Any]] = set()

    def initialize_logging(self) -> None:
        """Only what went wrong, in a line each: tracebacks with values would show the swarm's secret."""
        logging.basicConfig(level=logging.ERROR, format="%(message)s")

    async def on_startup(self, app: web.Application) -> None:
        self._announcing = asyncio.create_task(self._announce())

    async def _announce(self) -> None:
        """Say the address once something answers there."""
        while True:
            try:
                _, writer = await asyncio.open_connection(self.host, self.port)
            except OSError:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            writer.close()
            return self._say(f"the console is at {self.public_url}/?key={self._key} until Ctrl-C")

    async def on_shutdown(self, app: web.Application) -> None:
        """End every console, and with it its process."""
        for tab in self._tabs:
            tab.cancel()
        if self._tabs:
            await asyncio.wait(self._tabs, timeout=PATIENCE)

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """The page, for whoever has the key; it is in a cookie from then on, and no longer in the address."""
        if secrets.compare_digest(request.query.get("key", ""), self._key):
            entered = web.HTTPFound("/")
            entered.set_cookie(self._cookie, self._key, httponly=True, samesite="Strict")
            return entered
        self._admit(request)
        page: web.StreamResponse = await super().handle_index(request)
        page.headers["Content-Security-Policy"] = self._policy()
        page.headers["X-Content-Type-Options"] = "nosniff"
        page.headers["Cache-Control"] = "no-store"
        return page

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        self._admit(request)
        tab = asyncio.current_task()
        assert tab is not None
        self._tabs.add(tab)
        try:
            return await super().handle_websocket(request)
        finally:
            self._tabs.discard(tab)

    def _admit(self, request: web.Request) -> None:
        """Raises: HTTPForbidden for a browser that did not come by the address with the key."""
        if not secrets.compare_digest(request.cookies.get(self._cookie, ""), self._key):
            raise web.HTTPForbidden(text="Open the address that swarm-console --web printed.\n")

    def _policy(self) -> str:
        """Nothing may be loaded from anywhere else, nor may this page be a part of another."""
        own = f"'self' {self.public_url.replace('http', 'ws', 1)}"
        rules = (
            "default-src 'none'",
            f"script-src 'self' 'sha256-{_digest(self._script)}'",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self'",
            "img-src 'self' data: blob:",
            f"connect-src {own}",
            "frame-ancestors 'none'",
        )
        return "; ".join(rules)


def _digest(script: str) -> str:
    """How a policy names a script that stands in the page itself."""
    return b64encode(sha256(script.encode()).digest()).decode()
