"""Every way a package can be wrong, by the code it is refused with."""

import re
import tarfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from swarm_node.portage import gpkg
from swarm_node.portage.limits import BadPackage, Limits
from tests.unit import gpkgs
from tests.unit.gpkgs import BASENAME, container, image_tar, manifest, member, metadata_tar, parts

GOOD = parts()
SYM, LNK, CHR, FIFO, DIR = (
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.FIFOTYPE,
    tarfile.DIRTYPE,
)


def zipped() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("hello-1.0-3/gpkg-1", b"x" * 2000)
    return buffer.getvalue()


def with_metadata(**changes: str | bytes | None) -> bytes:
    return container(parts(metadata_tar=metadata_tar(changes)))


def with_image(*extra: tuple[tarfile.TarInfo, bytes]) -> bytes:
    return container(parts(image_tar=image_tar(*extra)))


def pax() -> bytes:
    members = [member(f"{BASENAME}/{name}", data) for name, data in GOOD.items()]
    members.append(member(f"{BASENAME}/Manifest", manifest(GOOD).encode(), pax_headers={"comment": "x"}))
    return gpkgs.tar(members, tarfile.PAX_FORMAT)


NOT_A_PACKAGE = {
    "empty": (b"", "not_gpkg"),
    "text": (b"hello " * 5000, "not_gpkg"),
    "zip": (zipped(), "not_gpkg"),
    "xpak": (b"BZh9" + b"\0" * 3000 + b"XPAKSTOP\0\0\0\0STOP", "not_gpkg"),
    "zeros": (b"\0" * 1_024_000, "not_gpkg"),
    "one block": (container()[:512], "truncated"),
    "an empty tar": (gpkgs.tar([]), "not_gpkg"),
    "another tar": (gpkgs.tar([member("a/b", b"x")]), "unexpected_member"),
}

STRUCTURE = {
    "absolute member": (container(GOOD, member("/etc/passwd", b"x")), "abs_path"),
    "climbing member": (container(GOOD, member(f"{BASENAME}/../../x", b"x")), "traversal"),
    "climbing with backslashes": (container(GOOD, member("..\\x", b"x")), "traversal"),
    "symbolic link": (
        container(GOOD, member(f"{BASENAME}/image.tar.xz", type=SYM, linkname="/etc")),
        "not_regular",
    ),
    "hard link": (container(GOOD, member(f"{BASENAME}/image.tar.xz", type=LNK, linkname="x")), "not_regular"),
    "device": (container(GOOD, member(f"{BASENAME}/image.tar.xz", type=CHR)), "not_regular"),
    "fifo": (container(GOOD, member(f"{BASENAME}/image.tar.xz", type=FIFO)), "not_regular"),
    "directory": (container(GOOD, member(BASENAME, type=DIR)), "not_regular"),
    "sparse file": (
        container(GOOD, member(f"{BASENAME}/image.tar.xz", type=tarfile.GNUTYPE_SPARSE)),
        "not_regular",
    ),
    "contiguous file": (
        container(GOOD, member(f"{BASENAME}/image.tar.xz", type=tarfile.CONTTYPE)),
        "not_regular",
    ),
    "pax headers": (pax(), "not_regular"),
    "second Manifest": (container(GOOD, member(f"{BASENAME}/Manifest", b"")), "duplicate"),
    "second metadata": (container(GOOD, member(f"{BASENAME}/metadata.tar", b"")), "duplicate"),
    "metadata in another compression": (container(parts(metadata_tar_gz=b"x")), "unexpected_member"),
    "two directories": (container(GOOD, member("other/image.tar.sig", b"x")), "bad_name"),
    "unknown member": (container({**GOOD, "post-install.sh": b"x"}), "unexpected_member"),
    "nested directory": (container(GOOD, member(f"{BASENAME}/a/image.tar", b"x")), "unexpected_member"),
    "signature of nothing": (container({**GOOD, "image.tar.xz.sig": b"x"}), "unexpected_member"),
    "huge signature": (container({**GOOD, "image.tar.sig": b"x" * 1_000_001}), "too_large"),
    "no gpkg-1": (container(parts(gpkg_1=None)), "not_gpkg"),
    "no image": (container(parts(image_tar=None)), "unexpected_member"),
    "no metadata": (container(parts(metadata_tar=None)), "unexpected_member"),
    "no Manifest": (gpkgs.tar(member(f"{BASENAME}/{n}", d) for n, d in GOOD.items()), "manifest"),
    "many members": (
        container(GOOD, *(member(f"{BASENAME}/x{n}", b"") for n in range(50))),
        "unexpected_member",
    ),
    "data after the end": (container() + b"\0" * 10239 + b"x", "trailing"),
    "another tar after the end": (container() + container(), "trailing"),
    "a short last record": (container() + b"\0" * 512, "truncated"),
    "negative size": (container(GOOD, member(f"{BASENAME}/image.tar.xz", size=-512)), "header"),
    "more than negative size": (container(GOOD, member(f"{BASENAME}/image.tar.xz", size=-(2**40))), "header"),
    "huge size": (container(GOOD, member(f"{BASENAME}/image.tar.xz", size=2**60)), "truncated"),
}

PREFIXES = {
    "newline": "hello\n-1.0-3",
    "escape": "hello\x1b[2J-1.0-3",
    "right to left": "hello\u202e-1.0-3",
    "option": "-rf",
    "shell": "$(id)",
    "256 letters": "h" * 256,
    "percent": "%2e%2e",
    "dot": ".",
}

SHA = "SHA512 " + "0" * 128
MANIFESTS = {
    "missing file": (manifest(parts(image_tar=None)), "manifest"),
    "extra file": (manifest(GOOD) + f"DATA more.tar 1 {SHA}\n", "manifest"),
    "wrong size": (manifest(GOOD).replace("gpkg-1 0", "gpkg-1 1"), "digest"),
    "wrong digest": (manifest({**GOOD, "image.tar": GOOD["image.tar"][:-1] + b"x"}), "digest"),
    "one of two digests wrong": (re.sub("BLAKE2B .", "BLAKE2B -", manifest(GOOD)), "digest"),
    "only MD5": (re.sub("SHA512.*", "MD5 " + "0" * 32, manifest(GOOD)), "digest"),
    "unknown hash": (manifest(GOOD).replace("BLAKE2B", "BLAKE9B"), "digest"),
    "no hash": (re.sub(" SHA512.*", "", manifest(GOOD)), "digest"),
    "hash without value": (re.sub("SHA512.*", "SHA512", manifest(GOOD)), "manifest"),
    "a hash twice": (manifest(GOOD).replace("BLAKE2B", "SHA512"), "digest"),
    "a line twice": (manifest(GOOD) + manifest(GOOD), "manifest"),
    "negative size": (manifest(GOOD).replace("gpkg-1 0", "gpkg-1 -0"), "manifest"),
    "size no number": (manifest(GOOD).replace("gpkg-1 0", "gpkg-1 ²"), "manifest"),
    "no DATA": (manifest(GOOD).replace("DATA", "DIST"), "manifest"),
    "not text": (b"\xff\xfe" * 100, "manifest"),
    "empty": ("", "manifest"),
    "half a signature": ("-----BEGIN PGP SIGNED MESSAGE-----\n\n" + manifest(GOOD), "manifest"),
}

METADATA = {
    "newline in SLOT": (with_metadata(SLOT="0\nCPV: x/y-1"), "injection"),
    "carriage return": (with_metadata(DESCRIPTION="a\rCPV: x/y-1"), "injection"),
    "escape": (with_metadata(DESCRIPTION="a\x1b]52;c;x\x07"), "injection"),
    "next line": (with_metadata(USE="a\x85b"), "injection"),
    "right to left": (with_metadata(DESCRIPTION="a\u202eb"), "injection"),
    "not UTF-8": (with_metadata(DESCRIPTION=b"\xff\xfe"), "metadata"),
    "no SLOT": (with_metadata(SLOT=None), "metadata"),
    "no CATEGORY": (with_metadata(CATEGORY=""), "metadata"),
    "no BUILD_ID": (with_metadata(BUILD_ID=None), "metadata"),
    "BUILD_ID 0": (with_metadata(BUILD_ID="0"), "metadata"),
    "BUILD_ID negative": (with_metadata(BUILD_ID="-1"), "metadata"),
    "BUILD_ID 1e9": (with_metadata(BUILD_ID="1e9"), "metadata"),
    "BUILD_ID Arabic": (with_metadata(BUILD_ID="٣"), "metadata"),
    "PF without version": (with_metadata(PF="hello"), "metadata"),
    "PF with a slash": (with_metadata(PF="../hello-1.0"), "metadata"),
    "CATEGORY of two": (with_metadata(CATEGORY="a/b"), "metadata"),
    "SLOT with spaces": (with_metadata(SLOT="0 1"), "metadata"),
    "CHOST shell": (with_metadata(CHOST="$(id)"), "metadata"),
    "huge value": (with_metadata(DESCRIPTION="x" * 300_000), "metadata"),
    "11 MB": (with_metadata(environment="x" * 11_000_000), "too_large"),
    "201 files": (with_metadata(**{f"F{number}": "" for number in range(201)}), "count"),
    "subdirectory": (with_metadata(**{"a/b": "x"}), "bad_name"),
    "climbing": (with_metadata(**{"../x": "x"}), "bad_name"),
    "escape in a name": (with_metadata(**{"a\x1bb": "x"}), "bad_name"),
}

IMAGE = {
    "absolute path": (with_image(member("/etc/passwd", b"x")), "abs_path"),
    "climbing": (with_image(member("image/../../x", b"x")), "traversal"),
    "current directory": (with_image(member("image/./x", b"x")), "traversal"),
    "outside image": (with_image(member("other/x", b"x")), "outside"),
    "name that only begins with image": (with_image(member("images/x", b"x")), "outside"),
    "twice": (with_image(member("image/usr/bin/hello", b"x")), "duplicate"),
    "through a link": (
        with_image(member("image/l", type=SYM, linkname="/etc"), member("image/l/passwd", b"x")),
        "through_link",
    ),
    "deep through a link": (
        with_image(member("image/l", type=SYM, linkname="/etc"), member("image/l/a/b/c", b"x")),
        "through_link",
    ),
    "below a file": (with_image(member("image/usr/bin/hello/x", b"x")), "through_link"),
    "hard link out": (with_image(member("image/x", type=LNK, linkname="/etc/passwd")), "abs_path"),
    "hard link up": (with_image(member("image/x", type=LNK, linkname="image/../../x")), "traversal"),
    "hard link to nothing": (with_image(member("image/x", type=LNK, linkname="image/y")), "link_escape"),
    "sparse": (with_image(member("image/x", type=tarfile.GNUTYPE_SPARSE)), "not_regular"),
    "unknown type": (with_image(member("image/x", type=b"Q")), "not_regular"),
    "not a tar": (container(parts(image_tar=b"x" * 2000)), "header"),
    "an empty file": (container(parts(image_tar=b"")), "truncated"),
    "cut": (container(parts(image_tar=image_tar()[:2048])), "truncated"),
    "cut in a file": (container(parts(image_tar=image_tar()[:3000])), "truncated"),
    "no end": (container(parts(image_tar=image_tar().rstrip(b"\0"))), "truncated"),
    "damaged header": (container(parts(image_tar=image_tar().replace(b"ustar", b"ustaX"))), "header"),
    "data after the end": (container(parts(image_tar=image_tar() + b"x" * 512)), "trailing"),
    "negative size": (with_image(member("image/x", size=-512)), "header"),
    "negative size of an extended header": (
        with_image(member("image/x", type=tarfile.GNUTYPE_LONGNAME, size=-512)),
        "header",
    ),
    "1 GB long name": (
        with_image(member("././@LongLink", type=tarfile.GNUTYPE_LONGNAME, size=10**9)),
        "header",
    ),
    "1 GB pax header": (with_image(member("image/x", type=tarfile.XHDTYPE, size=10**9)), "header"),
    "1 GB global pax header": (with_image(member("image/x", type=tarfile.XGLTYPE, size=10**9)), "header"),
    "chain of long names": (
        with_image(*(member("././@LongLink", b"x", type=tarfile.GNUTYPE_LONGNAME) for _ in range(3000))),
        "header",
    ),
    "unsupported compression": (container(parts(image_tar=None, image_tar_lz4=b"x")), "compression"),
    "no zstd inside": (container(parts(image_tar=None, image_tar_zst=b"x" * 99)), "corrupt"),
    "no xz inside": (container(parts(image_tar=None, image_tar_xz=b"x" * 99)), "corrupt"),
    "no gzip inside": (container(parts(image_tar=None, image_tar_gz=b"x" * 99)), "corrupt"),
    "no bzip2 inside": (container(parts(image_tar=None, image_tar_bz2=b"x" * 99)), "corrupt"),
}

TABLE = {
    **{f"file: {name}": row for name, row in NOT_A_PACKAGE.items()},
    **{f"container: {name}": row for name, row in STRUCTURE.items()},
    **{f"directory: {name}": (container(prefix=text), "bad_name") for name, text in PREFIXES.items()},
    **{f"Manifest: {name}": (container(text=text), code) for name, (text, code) in MANIFESTS.items()},
    **{f"metadata: {name}": row for name, row in METADATA.items()},
    **{f"image: {name}": row for name, row in IMAGE.items()},
}


def refusal(path: Path, limits: Limits | None = None) -> BadPackage:
    with pytest.raises(BadPackage) as caught:
        gpkg.read(path, limits=limits or Limits())
    return caught.value


@pytest.mark.parametrize(("data", "code"), TABLE.values(), ids=TABLE)
def test_refused_by_code_with_a_printable_message_and_a_next_step(
    tmp_path: Path, data: bytes, code: str
) -> None:
    path = tmp_path / "hello-1.0-3.gpkg.tar"
    path.write_bytes(data)
    error = refusal(path)
    assert error.code == code, error.message
    assert error.message.isprintable()
    assert len(error.message) < 400
    assert error.hint
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("assigned", "named"),
    [
        ({"category": "app-text"}, "CATEGORY"),
        ({"pf": "hello-1.1"}, "PF"),
        ({"build_id": 4}, "BUILD_ID"),
        ({"build_id": -3}, "BUILD_ID"),
        ({"chost": "aarch64-unknown-linux-gnu"}, "CHOST"),
        ({"repository": "gentoo"}, "repository"),
        ({"slot": "0"}, "SLOT"),
    ],
)
def test_another_package_is_refused_by_what_differs(
    tmp_path: Path, assigned: dict[str, object], named: str
) -> None:
    path = tmp_path / "hello-1.0-3.gpkg.tar"
    path.write_bytes(container())
    with pytest.raises(BadPackage, match=named) as caught:
        gpkg.check(path, **{**gpkgs.ASSIGNED, **assigned})
    assert caught.value.code == "name_binding"


def test_unsigned_directory_name_of_another_package_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hello-1.0-3.gpkg.tar"
    path.write_bytes(container(prefix="openssl-3.0-1"))
    assert gpkg.read(path).basename == "openssl-3.0-1"
    with pytest.raises(BadPackage) as caught:
        gpkg.check(path, **gpkgs.ASSIGNED)
    assert caught.value.code == "name_binding"


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: None, lambda path: path.symlink_to(path)])
def test_what_is_no_readable_file_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "x\n.gpkg.tar"
    make(path)
    error = refusal(path)
    assert (error.code, error.message.isprintable()) == ("unreadable", True)


def test_truncation_at_every_block_is_refused(tmp_path: Path) -> None:
    whole, path = container(), tmp_path / "x.gpkg.tar"
    for size in range(0, len(whole), 512):
        path.write_bytes(whole[:size])
        assert refusal(path).code in ("truncated", "not_gpkg"), size


def test_limits_hold(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg.tar"
    many = [member(f"image/{number}") for number in range(50)]
    path.write_bytes(container(parts(image_tar=image_tar(*many))))
    assert refusal(path, Limits(file=1000)).code == "too_large"
    assert refusal(path, Limits(members=3)).code == "count"
    assert refusal(path, Limits(image_members=50)).code == "count"
    assert refusal(path, Limits(image=1000)).code == "too_large"
    assert refusal(path, Limits(seconds=-1)).code == "too_slow"
    assert gpkg.read(path, limits=Limits(image_members=53)).image_files == 52


def test_portage_takes_what_we_take_and_refuses_much_of_the_rest(tmp_path: Path) -> None:
    """A second opinion; a negative size is left out, because Portage's reader then never returns."""
    path = tmp_path / "x.gpkg.tar"
    path.write_bytes(container())
    assert gpkgs.portage_accepts(path)
    refused = 0
    for name, (data, _) in TABLE.items():
        if "negative size" not in name:
            path.write_bytes(data)
            refused += not gpkgs.portage_accepts(path)
    assert refused > 40
