"""Where the demo's trees come from: git repositories and an rsync daemon on this machine, planted from package data.

`plant` copies `trees/main` and `trees/extra` into two git repositories, writes their Manifests (thin, GLEP 74) and keeps
what was committed on top of them later, as an upstream would.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from swarm_node.demo.mirror import distfiles

TREES: Final = Path(__file__).parent / "trees"
"""The packaged data: main and extra (repositories), distfiles, profiles (of clients), kernel."""

_PLANTED: Final = "planted"
_GIT_ENVIRONMENT: Final = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "demo",
    "GIT_AUTHOR_EMAIL": "demo@demo.invalid",
    "GIT_COMMITTER_NAME": "demo",
    "GIT_COMMITTER_EMAIL": "demo@demo.invalid",
    "GIT_TERMINAL_PROMPT": "0",
}


class Remotes(NamedTuple):
    """The upstreams of the demo: two git repositories with a work tree, side by side in one directory."""

    root: Path
    demo: Path
    extra: Path

    def git_uri(self, name: str) -> str:
        """What `git clone` takes for `demo` or `extra`."""
        return f"file://{self.root / name}"


def plant(root: Path) -> Remotes:
    """Make the upstreams in `root`, or bring them up to the packaged trees where those changed since.

    Commits that were made upstream after planting stay. Raises: RuntimeError with git's own words when git fails.
    """
    remotes = Remotes(root, root / "demo", root / "extra")
    digests = distfiles(TREES / "distfiles")
    for source, repository in ((TREES / "main", remotes.demo), (TREES / "extra", remotes.extra)):
        _plant_repository(source, repository, digests)
    return remotes


def _plant_repository(source: Path, repository: Path, content: Mapping[str, bytes]) -> None:
    files = _tree(source, content)
    fingerprint = _fingerprint(files)
    marker = repository / ".git" / _PLANTED
    if marker.is_file() and marker.read_text() == fingerprint:
        return
    if not (repository / ".git").is_dir():
        repository.mkdir(parents=True, exist_ok=True)
        git(repository, "init", "--quiet", "--initial-branch=main")
    commit(repository, files, "The packages of the demonstration")
    marker.write_text(fingerprint)


def _tree(source: Path, content: Mapping[str, bytes]) -> dict[str, bytes | None]:
    files: dict[str, bytes | None] = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }
    for ebuild in [name for name in files if name.endswith(".ebuild")]:
        distfile = f"{Path(ebuild).stem}.tar"
        if distfile in content:
            files[str(Path(ebuild).parent / "Manifest")] = manifest_line(distfile, content[distfile]).encode()
    return files


def _fingerprint(files: Mapping[str, bytes | None]) -> str:
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        digest.update(f"{name}\0{len(text or b'')}\0".encode() + (text or b""))
    return digest.hexdigest()


def manifest_line(name: str, content: bytes) -> str:
    """The DIST line of a Manifest (GLEP 74) for one distfile."""
    blake2b, sha512 = hashlib.blake2b(content).hexdigest(), hashlib.sha512(content).hexdigest()
    return f"DIST {name} {len(content)} BLAKE2B {blake2b} SHA512 {sha512}\n"


def commit(repository: Path, changes: Mapping[str, bytes | None], message: str) -> str:
    """Write (or with None remove) files of an upstream by their relative path and commit them; returns the commit's id.

    Nothing is committed when nothing differs. Raises: ValueError for a path outside the repository.
    """
    for name, content in changes.items():
        path = repository / name
        if not path.resolve().is_relative_to(repository.resolve()) or Path(name).parts[0] == ".git":
            raise ValueError(f"{name} is outside {repository}")
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    git(repository, "add", "--all")
    if git(repository, "status", "--porcelain"):
        git(repository, "commit", "--quiet", f"--message={message}")
    return git(repository, "rev-parse", "HEAD")


def bump(repository: Path, package: str, version: str, *, subslot: str | None = None) -> str:
    """Publish a new version of `package` (category/name) upstream, made from its newest ebuild; returns the commit's id.

    A new subslot makes every package that was built against the library needed again.
    Raises: KeyError when the repository has no such package.
    """
    name = package.partition("/")[2]
    ebuilds = sorted((repository / package).glob("*.ebuild"), key=lambda path: path.stat().st_mtime_ns)
    if not ebuilds:
        raise KeyError(package)
    text = ebuilds[-1].read_text()
    if subslot is not None:
        slot = _value(text, "SLOT")
        text = text.replace(f'SLOT="{slot}"', f'SLOT="{slot.partition("/")[0]}/{subslot}"')
    return commit(repository, {f"{package}/{name}-{version}.ebuild": text.encode()}, f"{package}: {version}")


def _value(ebuild: str, variable: str) -> str:
    start = ebuild.index(f'{variable}="') + len(variable) + 2
    return ebuild[start : ebuild.index('"', start)]


def rsync_config(remotes: Remotes, run: Path, port: int) -> str:
    """The rsyncd.conf(5) of a read-only daemon on loopback that offers each tree as a module of its name.

    Start it with `rsync --daemon --no-detach --config=FILE`; it needs no privileges.
    """
    modules = "".join(
        f"\n[{path.name}]\n    path = {path}\n    exclude = .git\n" for path in (remotes.demo, remotes.extra)
    )
    return (
        f"address = 127.0.0.1\nport = {port}\nuse chroot = no\nread only = yes\nlist = yes\n"
        f"pid file = {run / 'rsyncd.pid'}\nlog file = {run / 'rsyncd.log'}\n{modules}"
    )


def rsync_uri(name: str, port: int) -> str:
    """What rsync takes for `demo` or `extra`."""
    return f"rsync://127.0.0.1:{port}/{name}"


def git(repository: Path, *arguments: str) -> str:
    """Run git in a repository without this user's or this machine's configuration; returns what it printed.

    Raises: RuntimeError with git's own words when it fails, and when there is no git.
    """
    program = shutil.which("git")
    if program is None:
        raise RuntimeError("there is no git: install it, the demo's trees are git repositories")
    done = subprocess.run(
        [program, "-C", str(repository), *arguments],
        env={**os.environ, **_GIT_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"git {arguments[0]} in {repository}: {done.stderr.strip()}")
    return done.stdout.strip()
