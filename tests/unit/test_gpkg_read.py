"""Reading good packages: made by Portage's own code in each compression, signed, and by hand."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from swarm_node.portage import gpkg
from swarm_node.portage.image import Suspicious
from swarm_node.portage.limits import BadPackage, Limits
from tests.unit import gpkgs

COMPRESSORS = {"zstd": ".zst", "xz": ".xz", "gzip": ".gz", "bzip2": ".bz2", "": ""}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A tree to package: a file, a hard link, a link, an empty directory."""
    root = tmp_path / "image"
    (root / "usr/bin").mkdir(parents=True)
    (root / "var/empty").mkdir(parents=True)
    (root / "usr/bin/hello").write_bytes(b"x" * 3000)
    (root / "usr/bin/again").hardlink_to(root / "usr/bin/hello")
    (root / "usr/bin/hi").symlink_to("hello")
    (root / "usr/bin/abs").symlink_to("/usr/bin/hello")
    return root


@pytest.mark.parametrize(("compressor", "suffix"), COMPRESSORS.items())
def test_portages_packages_read_in_every_compression(
    image: Path, tmp_path: Path, compressor: str, suffix: str
) -> None:
    if compressor and shutil.which(compressor) is None:
        pytest.skip(f"not installed: {compressor}")
    settings = gpkgs.Settings(BINPKG_COMPRESS=compressor)
    path = gpkgs.made_by_portage(tmp_path / "hello-1.0-3.gpkg.tar", image, settings=settings)

    package = gpkg.check(path, **gpkgs.ASSIGNED, chost="x86_64-pc-linux-gnu", repository="demo", slot="0/1")

    assert package.members == ("gpkg-1", f"metadata.tar{suffix}", f"image.tar{suffix}", "Manifest")
    assert (package.cpv, package.build_id, package.basename) == ("app-misc/hello-1.0", 3, "hello-1.0-3")
    assert package.metadata == {
        name: gpkgs.METADATA[name] for name in gpkgs.METADATA if name != "environment.bz2"
    }
    assert (package.image_files, package.image_bytes) == (4, 3000)
    assert (package.suspicious, package.signed) == ((), False)
    assert gpkgs.portage_accepts(path)


def test_hand_made_container_is_taken_by_both(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg.tar"
    path.write_bytes(gpkgs.container())
    package = gpkg.check(path, **gpkgs.ASSIGNED)
    assert (package.image_files, package.image_bytes) == (2, sum(map(len, gpkgs.FILES.values())))
    assert gpkgs.portage_accepts(path)


def test_any_build_id_will_do_where_none_was_assigned(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg.tar"
    path.write_bytes(gpkgs.container())
    assert gpkg.check(path, category="app-misc", pf="hello-1.0", build_id=None).build_id == 3


def test_image_may_be_left_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg.tar"
    path.write_bytes(gpkgs.container(gpkgs.parts(image_tar=b"no tar at all")))
    package = gpkg.read(path, image=False)
    assert (package.image_files, package.image_bytes) == (0, 0)
    with pytest.raises(BadPackage):
        gpkg.read(path)


def test_suspicious_members_are_listed_with_printable_names(tmp_path: Path) -> None:
    image = gpkgs.image_tar(
        gpkgs.member("image/usr/bin/su", b"x", mode=0o4755),
        gpkgs.member("image/usr/bin/wall", b"x", mode=0o2755),
        gpkgs.member("image/etc/open", b"x", mode=0o666),
        gpkgs.member("image/dev/sda", type=tarfile.BLKTYPE),
        gpkgs.member("image/run/pipe", type=tarfile.FIFOTYPE),
        gpkgs.member("image/usr/up", type=tarfile.SYMTYPE, linkname="../../../etc/shadow"),
        gpkgs.member("image/usr/a\x1b[2J", b"x"),
        gpkgs.member("image/usr/ok", type=tarfile.SYMTYPE, linkname="../etc/open"),
    )
    path = tmp_path / "x.gpkg.tar"
    path.write_bytes(gpkgs.container(gpkgs.parts(image_tar=image)))

    package = gpkg.read(path)

    assert [finding.kind for finding in package.suspicious] == [
        "setuid",
        "setgid",
        "world_writable",
        "device",
        "fifo",
        "link_escape",
        "odd_name",
    ]
    assert package.suspicious[0] == Suspicious("setuid", "/usr/bin/su", "mode 4755, owner 0")
    assert all(finding.path.isprintable() and finding.detail.isprintable() for finding in package.suspicious)


def test_findings_are_capped_and_counted(tmp_path: Path) -> None:
    many = [gpkgs.member(f"image/su{number}", b"x", mode=0o4755) for number in range(30)]
    path = tmp_path / "x.gpkg.tar"
    path.write_bytes(gpkgs.container(gpkgs.parts(image_tar=gpkgs.image_tar(*many))))
    package = gpkg.read(path, limits=Limits(suspicious=10))
    assert (len(package.suspicious), package.suspicious_count) == (10, 30)


def test_long_names_and_pax_headers_inside_the_image_are_read(tmp_path: Path) -> None:
    long = gpkgs.member("image/" + "/".join(["d" * 90] * 5), b"x")
    pax = gpkgs.tar([gpkgs.member("image/x", b"y", pax_headers={"comment": "z" * 300})], tarfile.PAX_FORMAT)
    for image in (gpkgs.image_tar(long), pax):
        path = tmp_path / "x.gpkg.tar"
        path.write_bytes(gpkgs.container(gpkgs.parts(image_tar=image)))
        assert gpkg.read(path).image_files >= 1


def test_clear_signed_manifest_and_signatures_are_read(image: Path, tmp_path: Path, short_dir: Path) -> None:
    if shutil.which("gpg") is None or shutil.which("flock") is None:
        pytest.skip("not installed: gpg or flock")
    home = short_dir / "gnupg"
    home.mkdir(mode=0o700)
    environment = {**os.environ, "GNUPGHOME": str(home)}
    generate = [
        "gpg",
        "--batch",
        "--passphrase",
        "",
        "--quick-gen-key",
        "swarm@example.org",
        "ed25519",
        "sign",
    ]
    subprocess.run(generate, env=environment, check=True, capture_output=True, timeout=60)
    settings = gpkgs.Settings(
        ["binpkg-signing"],
        BINPKG_COMPRESS="gzip",
        BINPKG_GPG_SIGNING_BASE_COMMAND="gpg --sign --armor [PORTAGE_CONFIG]",
        BINPKG_GPG_SIGNING_DIGEST="SHA512",
        BINPKG_GPG_SIGNING_GPG_HOME=str(home),
        BINPKG_GPG_SIGNING_KEY="swarm@example.org",
    )
    try:
        path = gpkgs.made_by_portage(tmp_path / "s.gpkg.tar", image, settings=settings)
    finally:
        stop = ["gpgconf", "--homedir", str(home), "--kill", "all"]
        subprocess.run(stop, check=False, capture_output=True, timeout=60)

    package = gpkg.check(path, **gpkgs.ASSIGNED)

    assert package.signed
    assert {"metadata.tar.gz.sig", "image.tar.gz.sig"} < set(package.members)
