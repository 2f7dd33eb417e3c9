"""A page in headless Chromium, told what to do through the DevTools protocol."""

import asyncio
import base64
import re
import shutil
import struct
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,800",
    "--remote-debugging-port=0",
)
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07)")


class Page:
    """What one tab loads and hears is kept: `requested` are addresses, `heard` what its WebSockets got."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self._heard = bytearray()
        self._news = asyncio.Event()

    async def listen(self) -> None:
        """Take in what the browser says, until it is gone."""
        async for message in self._socket:
            told = message.json()
            self._news.set()
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
                continue
            params = told["params"]
            match told["method"]:
                case "Network.requestWillBeSent":
                    self.requested.append(params["request"]["url"])
                case "Network.webSocketCreated":
                    self.requested.append(params["url"])
                case "Network.webSocketFrameReceived":
                    self._hear(params["response"])
                case "Log.entryAdded":
                    self.complaints.append(params["entry"]["text"])

    def _hear(self, frame: Any) -> None:
        binary = frame["opcode"] == 2
        self._heard += base64.b64decode(frame["payloadData"]) if binary else frame["payloadData"].encode()

    @property
    def heard(self) -> str:
        """The text that came for the terminal, without its escape sequences."""
        return _SEQUENCE.sub("", self._heard.decode("utf-8", "replace"))

    def forget(self) -> None:
        """Hear anew."""
        self._heard.clear()

    async def do(self, method: str, **params: Any) -> Any:
        """One command of the protocol and its result."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        told = await asyncio.wait_for(answer, 120)
        assert "error" not in told, told
        return told["result"]

    async def until(self, met: Callable[[], object], seconds: float = 120.0) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(seconds):
            while not met():
                self._news.clear()
                await self._news.wait()

    async def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, or what its promise comes to."""
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        result = await self.do("Runtime.evaluate", **asked)
        return result["result"].get("value")

    async def type(self, character: str) -> None:
        """Press the key of a character."""
        await self.do("Input.dispatchKeyEvent", type="keyDown", text=character, key=character)
        await self.do("Input.dispatchKeyEvent", type="keyUp", key=character)

    async def press(self, key: str, code: int) -> None:
        """Press a key that is no character, by its name and Windows key code."""
        for kind in ("keyDown", "keyUp"):
            await self.do("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    async def colours(self) -> int:
        """How many different colours stand on the page."""
        clip = {"x": 0, "y": 0, "width": 1280, "height": 640, "scale": 0.25}
        picture = await self.do("Page.captureScreenshot", format="png", clip=clip)
        return len(set(pixels(base64.b64decode(picture["data"]))))


def pixels(png: bytes) -> list[bytes]:
    """The pixels of a PNG picture with 8 bits a channel (RFC 2083, filters undone)."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    size = {2: 3, 6: 4}[kind]
    data, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += 12 + length
    raw, row = zlib.decompress(data), width * size
    above, found = bytes(row), []
    for line in range(height):
        start = line * (row + 1)
        above = _unfiltered(raw[start], raw[start + 1 : start + 1 + row], above, size)
        found += [above[at : at + size] for at in range(0, row, size)]
    return found


def _unfiltered(kind: int, line: bytes, above: bytes, size: int) -> bytes:
    made = bytearray(line)
    for at in range(len(made)):
        left = made[at - size] if at >= size else 0
        corner = above[at - size] if at >= size else 0
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
        made[at] = (made[at] + guess) & 255
    return bytes(made)


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda each: abs(guess - each))


@asynccontextmanager
async def page(url: str) -> AsyncIterator[Page]:
    """A fresh browser with one tab at an address; it and what it wrote are gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="chromium-"))
    process = await asyncio.create_subprocess_exec(
        "chromium", *FLAGS, f"--user-data-dir={home}", "about:blank", stderr=asyncio.subprocess.DEVNULL
    )
    try:
        port = await _port(home)
        async with aiohttp.ClientSession() as session:
            tab = await _first_tab(session, port)
            async with session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                made = Page(socket)
                listening = asyncio.create_task(made.listen())
                for domain in ("Network", "Log", "Page", "Runtime"):
                    await made.do(f"{domain}.enable")
                await made.do("Page.navigate", url=url)
                yield made
                listening.cancel()
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(home, ignore_errors=True)


async def _port(home: Path) -> int:
    async with asyncio.timeout(120):
        while len(lines := _lines(home / "DevToolsActivePort")) < 2:  # noqa: ASYNC110  (nobody else tells)
            await asyncio.sleep(0.05)
    return int(lines[0])


async def _first_tab(session: aiohttp.ClientSession, port: int) -> dict[str, Any]:
    """The tab that the browser opens by itself, which may be after it listens."""
    async with asyncio.timeout(120):
        while True:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                for each in await answer.json():
                    if each["type"] == "page":
                        found: dict[str, Any] = each
                        return found
            await asyncio.sleep(0.05)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
