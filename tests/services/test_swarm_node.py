"""`swarm-node` as processes: how a service starts, says that it is ready, stops, and fails to start."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

NODE = [sys.executable, "-m", "swarm_node"]


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.conf"
    path.write_text(f'GATEWAY_PORT=0\nSTATE_DIR="{tmp_path}"\nNODE_NAME="gate"\nHEALTH_INTERVAL=0.05\n')
    return path


def once(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*NODE, *words], capture_output=True, text=True, timeout=60)


@asynccontextmanager
async def running(*words: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A started role and its URL, read from its ready line; killed at the end if it still runs."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*NODE, *words, stdout=pipe, stderr=pipe)
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().split()
        assert line[:2] == ["ready", words[0]], line
        yield process, line[2]
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def get(url: str) -> dict[str, Any]:
    async with aiohttp.ClientSession() as client, client.get(url) as response:
        answer: dict[str, Any] = await response.json()
        return answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_that_it_is_ready_and_stops_when_asked(conf: Path, number: signal.Signals) -> None:
    async with running("gateway", "--config", str(conf)) as (process, url):
        assert (await get(f"{url}/health"))["name"] == "gate"
        process.send_signal(number)
        out, log = await asyncio.wait_for(process.communicate(), 60)
        assert (process.returncode, out) == (0, b"")
        assert b"gateway stops" in log and b"Traceback" not in log


async def test_kill_9_forgets_nobody(conf: Path) -> None:
    body = {"role": "drone", "name": "d1", "url": "http://127.0.0.1:1"}
    async with running("gateway", "--config", str(conf)) as (process, url):
        async with (
            aiohttp.ClientSession() as client,
            client.post(f"{url}/api/v1/register", json=body) as answer,
        ):
            assert answer.status == 200
        process.kill()
        await process.wait()
    async with running("gateway", "--config", str(conf)) as (_, url):
        nodes = (await get(f"{url}/api/v1/members"))["members"]
    assert [each["name"] for each in nodes] == ["d1"]


async def test_a_taken_port_is_one_clear_line(conf: Path, tmp_path: Path) -> None:
    async with running("gateway", "--config", str(conf)) as (_, url):
        port = url.rpartition(":")[2]
        second = tmp_path / "second.conf"
        second.write_text(conf.read_text().replace("GATEWAY_PORT=0", f"GATEWAY_PORT={port}"))
        result = await asyncio.to_thread(once, "gateway", "--config", str(second))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        f"swarm-node gateway: 127.0.0.1:{port} is taken",
        f"  → see who has it (ss -ltnp 'sport = :{port}'), or choose another port",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("GATEWAY_PROT=1", "gateway.conf:5: unknown key GATEWAY_PROT"),
        ("BIND=203.0.113.77", "203.0.113.77 is no address of this machine"),
        ("BIND=no.such.host.invalid", "'no.such.host.invalid' is not known"),
        ("LOG_FILE=/proc/none/x", "/proc/none"),
    ],
)
def test_what_cannot_start_says_why_and_what_to_do(conf: Path, line: str, words: str) -> None:
    conf.write_text(conf.read_text() + line + "\n")
    result = once("gateway", "--config", str(conf))
    assert (result.returncode, result.stdout) == (1, "")
    assert words in result.stderr and "→" in result.stderr and "Traceback" not in result.stderr


def test_a_damaged_registry_is_told(conf: Path, tmp_path: Path) -> None:
    (tmp_path / "gateway.json").write_text("{")
    result = once("gateway", "--config", str(conf))
    assert result.returncode == 1 and "gateway.json is damaged" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_log_file_is_written_too(conf: Path, tmp_path: Path) -> None:
    log = tmp_path / "log" / "gateway.log"
    conf.write_text(conf.read_text() + f'LOG_FILE="{log}"\n')

    async def start() -> None:
        async with running("gateway", "--config", str(conf)):
            pass

    asyncio.run(start())
    assert "gateway listens on http://127.0.0.1:" in log.read_text()


def test_check_shows_the_settings_in_force_and_sample_a_whole_file(conf: Path) -> None:
    result = once("gateway", "--config", str(conf), "--check")
    assert result.returncode == 0 and 'NODE_NAME="gate"' in result.stdout
    assert 'GATEWAY_PORT="8090"' in once("gateway", "--sample").stdout


@pytest.mark.parametrize("words", [[], ["boss"], ["gateway", "--what"], ["gateway", "--ready-fd", "x"]])
def test_usage_errors_exit_2(words: list[str]) -> None:
    result = once(*words)
    assert result.returncode == 2 and "usage: swarm-node" in result.stderr


def test_help_is_quick_because_it_imports_little() -> None:
    code = (
        "import sys, json\nfrom swarm_node.cli import main\n"
        "try: main(['drone', '--help'])\nexcept SystemExit: pass\n"
        "print(json.dumps([name for name in sys.modules if name in ('pydantic', 'aiohttp', 'msgspec')]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert json.loads(result.stdout.splitlines()[-1]) == []


async def test_the_ready_line_may_go_to_a_descriptor(conf: Path) -> None:
    import os

    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *NODE, "gateway", "--config", str(conf), "--ready-fd", str(writing),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, pass_fds=[writing],
    )  # fmt: skip
    os.close(writing)
    try:
        with os.fdopen(reading) as ready:
            line = await asyncio.wait_for(asyncio.to_thread(ready.read), 60)
    finally:
        process.terminate()
        out, _ = await process.communicate()
    assert line.startswith("ready gateway http://127.0.0.1:") and out == b""


async def test_many_slow_strangers_do_not_stop_the_answers(conf: Path, free_port: Callable[[], int]) -> None:
    async with running("gateway", "--config", str(conf)) as (_, url):
        port = int(url.rpartition(":")[2])
        strangers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(500)]
        for _, writer in strangers:
            writer.write(b"GET /health HTTP/1.1\r\nX-Slow: ")
        async with asyncio.timeout(60):
            for _ in range(50):
                assert (await get(f"{url}/health"))["status"] == "ok"
        for _, writer in strangers:
            writer.close()
