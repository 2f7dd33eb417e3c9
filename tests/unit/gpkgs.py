"""Packages for the tests: real ones by Portage's own code, and hand-made ones with one thing wrong."""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from portage import gpkg as portage_gpkg
from portage.exception import PortageException

METADATA = {
    "CATEGORY": "app-misc",
    "PF": "hello-1.0",
    "BUILD_ID": "3",
    "BUILD_TIME": "1700000000",
    "SLOT": "0/1",
    "EAPI": "8",
    "USE": "nls",
    "IUSE": "+nls doc",
    "KEYWORDS": "amd64",
    "CHOST": "x86_64-pc-linux-gnu",
    "RDEPEND": "nls? ( dev-libs/libaa:0/1= ) doc? ( app-misc/never )",
    "LICENSE": "GPL-2",
    "PROVIDES": "x86_64: libhello.so.1",
    "REQUIRES": "x86_64: libaa.so.1 libc.so.6",
    "repository": "demo",
    "DEFINED_PHASES": "install",
    "DESCRIPTION": "Says hello",
    "environment.bz2": "not text \udcff",
}
FILES = {"image/usr/bin/hello": b"#!/bin/sh\necho hello\n", "image/usr/share/hello/a b": b"x" * 2000}
BASENAME = "hello-1.0-3"
ASSIGNED: dict[str, Any] = {"category": "app-misc", "pf": "hello-1.0", "build_id": 3}


class Settings(dict[str, str]):
    """As much of portage.config as portage.gpkg asks for."""

    def __init__(self, features: Iterable[str] = (), **values: str) -> None:
        super().__init__(PORTAGE_BZIP2_COMMAND="bzip2", PORTAGE_BUNZIP2_COMMAND="bzip2 -d", **values)
        self.features = frozenset(features)

    def environ(self) -> dict[str, str]:
        return dict(os.environ)


def made_by_portage(
    path: Path,
    image: Path,
    metadata: Mapping[str, str] = METADATA,
    basename: str = BASENAME,
    settings: Settings | None = None,
) -> Path:
    """A GPKG at `path` with the tree `image` inside, written by portage.gpkg."""
    content = {name: value.encode("utf-8", "surrogateescape") for name, value in metadata.items()}
    portage_gpkg.gpkg(settings or Settings(), basename, str(path)).compress(str(image), content)
    return path


def portage_accepts(path: Path) -> bool:
    """The second opinion: whether Portage's own reader takes the file."""
    try:
        portage_gpkg.gpkg(Settings(), None, str(path)).get_metadata()
        portage_gpkg.gpkg(Settings(), None, str(path))._verify_binpkg()
    except (PortageException, tarfile.TarError, ValueError, OSError, KeyError, IndexError, EOFError):
        return False
    return True


def member(name: str, content: bytes = b"", **attributes: Any) -> tuple[tarfile.TarInfo, bytes]:
    """A tar member; attributes are those of TarInfo (type, linkname, mode, size, pax_headers, …)."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mode = 0o644
    for key, value in attributes.items():
        setattr(info, key, value)
    return info, content


def tar(members: Iterable[tuple[tarfile.TarInfo, bytes]], form: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar of these members, headers as they are given, even where they lie."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for info, content in members:
            header = info.tobuf(form, "utf-8", "surrogateescape")
            buffer.write(header + content + b"\0" * (-len(content) % 512))
            archive.offset = buffer.tell()
    return buffer.getvalue()


def metadata_tar(changes: Mapping[str, str | bytes | None] | None = None) -> bytes:
    """The metadata archive with some values changed, or taken out by None."""
    values = {**METADATA, **(changes or {})}
    return tar(
        member(
            f"metadata/{name}",
            value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape"),
        )
        for name, value in values.items()
        if value is not None
    )


def image_tar(*extra: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """The image archive, with members added."""
    return tar([member("image", type=tarfile.DIRTYPE), *(member(*file) for file in FILES.items()), *extra])


def parts(**changes: bytes | None) -> dict[str, bytes]:
    """The container's members before the Manifest; `image_tar_xz=…` adds, None takes out."""
    content = {"gpkg-1": b"", "metadata.tar": metadata_tar(), "image.tar": image_tar()}
    renamed = {name.replace("_", ".").replace("gpkg.1", "gpkg-1"): data for name, data in changes.items()}
    return {name: data for name, data in {**content, **renamed}.items() if data is not None}


def manifest(content: Mapping[str, bytes]) -> str:
    """The Manifest over these members, as Portage writes it."""
    return "".join(
        f"DATA {name} {len(data)} SHA512 {hashlib.sha512(data).hexdigest()}"
        f" BLAKE2B {hashlib.blake2b(data).hexdigest()}\n"
        for name, data in content.items()
    )


def container(
    content: Mapping[str, bytes] | None = None,
    *extra: tuple[tarfile.TarInfo, bytes],
    text: str | bytes | None = None,
    prefix: str = BASENAME,
) -> bytes:
    """A whole GPKG: these members, their Manifest (or `text` in its place), and `extra` members after it."""
    content = parts() if content is None else content
    text = manifest(content) if text is None else text
    data = text.encode() if isinstance(text, str) else text
    members = [member(f"{prefix}/{name}", piece) for name, piece in content.items()]
    return tar([*members, member(f"{prefix}/Manifest", data), *extra])
