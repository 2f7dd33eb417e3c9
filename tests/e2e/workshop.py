"""A drone's workshop for tests: the little ebuilds beside this file, a prefix, and a binhost on loopback."""

import asyncio
import functools
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from msgspec.structs import replace

from swarm_node.drone.build import Attempt, BuildOutcome, Workshop, build
from swarm_node.drone.progress import Progress
from swarm_node.model.work import BuildOrder
from swarm_node.portage.prefix import Binrepo, Repository, make_prefix, portage_environment

EBUILDS = Path(__file__).with_name("ebuilds")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests have no use for an access log."""


@contextmanager
def served(directory: Path, port: int = 0) -> Iterator[str]:
    """The directory over HTTP on loopback, on any free port unless one is named; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", port), functools.partial(_Quiet, directory=str(directory)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def furnish(home: Path, binhost: str = "", **make_conf: str) -> Workshop:
    """A workshop below `home` over a copy of the little ebuilds."""
    repository = home / "trial"
    shutil.copytree(EBUILDS, repository)
    prefix = make_prefix(
        home / "base",
        repositories=[Repository("trial", repository)],
        profile=repository / "profiles/default",
        make_conf={"BINPKG_COMPRESS": "gzip", **make_conf},
    )
    binrepos = (Binrepo("staging", f"{binhost}/packages"),) if binhost else ()
    return Workshop(
        prefix,
        at=home / "room",
        scratch=home / "scratch",
        attempts=home / "attempts",
        distfiles=home / "distfiles",
        binrepos=binrepos,
        cores=2,
    )


def order(name: str, *install: str, attempt: int = 1, **changes: object) -> BuildOrder:
    """An order for version 1.0 of `name` (in app-misc unless it says) with these dependencies installed."""
    cpv = f"{name if '/' in name else 'app-misc/' + name}-1.0"
    plain = BuildOrder(attempt, cpv, cpv, "0", "trial", build_id=attempt, time_limit=900.0)
    return replace(plain, install=tuple(f"=dev-libs/{one}-1.0" for one in install), **changes)


def publish(workshop: Workshop, outcome: BuildOutcome, packages: Path) -> None:
    """Add the package to a binhost directory, indexed by Portage's own maintenance program."""
    assert outcome.package is not None, outcome.log.read_text()
    target = packages / outcome.package.relative_to(outcome.log.parent / "packages")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(outcome.package, target)
    portage = workshop.prefix.portage
    subprocess.run(
        [portage.python, portage.bin / "emaint", "binhost", "--fix"],
        env=portage_environment(workshop.prefix)
        | {"PKGDIR": str(packages), "FEATURES": "-pkgdir-index-trusted"},
        check=True,
        capture_output=True,
    )


async def build_until(
    workshop: Workshop, wanted: BuildOrder, saying: str, act: Callable[[Attempt], None]
) -> BuildOutcome:
    """Build, and call `act` once the output contains `saying`."""
    attempt = Attempt()
    said = bytearray()

    def listen(chunk: bytes) -> None:
        if saying.encode() in said:
            return
        said.extend(chunk)
        if saying.encode() in said:
            act(attempt)

    return await build(wanted, workshop, on_output=listen, attempt=attempt)


def build_now(workshop: Workshop, wanted: BuildOrder) -> BuildOutcome:
    """`build` for fixtures that are not coroutines."""
    return asyncio.run(build(wanted, workshop))


def phases(steps: list[Progress]) -> list[str]:
    """The phases that a list of progress reports went through, each once in a row."""
    return [step.phase for n, step in enumerate(steps) if n == 0 or steps[n - 1].phase != step.phase]
