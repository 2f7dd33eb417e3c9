"""The binhost's index: one more package, durable write included; and the check of one upload."""

import hashlib
import io
import statistics
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench import Row
from swarm_node.portage import gpkg
from swarm_node.portage.emerge import package_path
from swarm_node.portage.entry import entry
from swarm_node.portage.index import Index

HEADER: Final = {
    "ARCH": "amd64",
    "CHOST": "x86_64-pc-linux-gnu",
    "URI": "http://127.0.0.1/packages/releases/1",
}
ROUNDS: Final = 9


def rows() -> list[Row]:
    """Add one to 5,000 and to 50,000, read 50,000, check one small upload.

    What goes to disk is a median, what only computes is the best of its rounds.
    """
    with tempfile.TemporaryDirectory() as name:
        where = Path(name)
        return [
            _added(where, 5_000, 50),
            _added(where, 50_000, 500),
            _loaded(where, 1_500),
            _checked(where, 3),
        ]


def package(number: int) -> gpkg.Gpkg:
    """A package as large in the index as a typical one of a desktop (700 bytes)."""
    metadata = {
        "CATEGORY": "dev-libs",
        "PF": f"lib{number}-1.0",
        "BUILD_ID": "1",
        "SLOT": "0/1",
        "EAPI": "8",
        "USE": "elibc_glibc kernel_linux nls split-usr amd64 ssl threads zlib",
        "IUSE": "+nls debug doc ssl static-libs test +threads zlib abi_x86_32",
        "KEYWORDS": "~alpha amd64 arm arm64 ~hppa ~loong ppc ppc64 ~riscv sparc x86",
        "RDEPEND": f">=dev-libs/lib{number // 2}-1.0:0/1= sys-libs/zlib:0/1= || ( dev-libs/a dev-libs/b )",
        "DEPEND": f">=dev-libs/lib{number // 2}-1.0:0/1= sys-libs/zlib:0/1=",
        "BDEPEND": "virtual/pkgconfig app-arch/xz-utils",
        "LICENSE": "GPL-2",
        "CHOST": "x86_64-pc-linux-gnu",
        "PROVIDES": f"x86_64: lib{number}.so.1",
        "REQUIRES": f"x86_64: libc.so.6 lib{number // 2}.so.1",
        "repository": "gentoo",
        "BUILD_TIME": "1700000000",
        "DEFINED_PHASES": "compile configure install prepare test unpack",
    }
    return gpkg.Gpkg(
        category="dev-libs",
        pf=f"lib{number}-1.0",
        build_id=1,
        basename=f"lib{number}-1.0-1",
        metadata=metadata,
        members=(),
        signed=False,
        image_files=1,
        image_bytes=1,
        suspicious=(),
        suspicious_count=0,
    )


def _added(where: Path, count: int, target: float) -> Row:
    index = Index()
    for number in range(count):
        _add(index, number)
    index.write(where, HEADER)
    extra = iter(range(count, count + ROUNDS))

    def one_more() -> None:
        _add(index, next(extra))
        index.write(where, HEADER)

    return _row(
        f"index: one package added to {count:,}, written durably", statistics.median(_times(one_more)), target
    )


def _loaded(where: Path, target: float) -> Row:
    return _row("index: 50,000 entries read", min(_times(lambda: Index.load(where / "Packages"), 3)), target)


def _checked(where: Path, target: float) -> Row:
    path = where / "hello-1.0-1.gpkg.tar"
    path.write_bytes(_container("hello-1.0-1"))

    def check() -> None:
        gpkg.check(path, category="app-misc", pf="hello-1.0", build_id=1)

    return _row("gpkg: a small upload checked", min(_times(check, 51)), target)


def _add(index: Index, number: int) -> None:
    built = package(number)
    path = package_path(built.cpv, built.build_id)
    index.add(entry(built, path=path, size=30_720, mtime=1_700_000_000, md5="0" * 32, sha1="0" * 40))


def _times(action: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Milliseconds of each round."""
    taken: list[float] = []
    for _ in range(rounds):
        started = time.perf_counter()
        action()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def _row(what: str, figure: float, target: float) -> Row:
    return Row(what, f"{figure:.1f} ms", f"{target:g} ms", figure / target, figure <= target)


def _container(basename: str) -> bytes:
    """A small uncompressed GPKG: 30 metadata values, 20 files."""
    metadata = {"CATEGORY": "app-misc", "PF": "hello-1.0", "BUILD_ID": "1", "SLOT": "0"}
    metadata |= {f"VALUE_{number}": "x" * 100 for number in range(26)}
    members = {
        "gpkg-1": b"",
        "metadata.tar": _tar({f"metadata/{name}": value.encode() for name, value in metadata.items()}),
        "image.tar": _tar({f"image/usr/share/hello/{number}": b"hello\n" * 100 for number in range(20)}),
    }
    lines = [
        f"DATA {name} {len(data)} SHA512 {hashlib.sha512(data).hexdigest()}" for name, data in members.items()
    ]
    members["Manifest"] = "\n".join([*lines, ""]).encode()
    return _tar({f"{basename}/{name}": data for name, data in members.items()})


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
