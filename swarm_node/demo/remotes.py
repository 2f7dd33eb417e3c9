"""Where the demo's trees come from: git repositories and an rsync daemon, planted from package data.

`plant` copies `trees/main` and `trees/extra` into two git repositories, writes their Manifests (GLEP 74,
with the ebuilds' own digests, as a mirror's) and keeps what was committed on top of them later, as an
upstream would.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from swarm_node.demo.mirror import distfiles
from swarm_node.portage.prefix import Repository, make_prefix, portage_environment
from swarm_node.portage.profile import ARCHES

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


def profile_of(machine: str) -> str:
    """The profile of the `demo` tree, relative to its `profiles`, for a machine as uname(1) names it.

    Raises: KeyError for a machine that the tree has no profile for.
    """
    return f"default/linux/{ARCHES[machine]}"


def plant(root: Path) -> Remotes:
    """Make the upstreams in `root`, or bring them up to the packaged trees where those changed since.

    Commits that were made upstream after planting stay.
    Raises: RuntimeError with git's own words when git fails.
    """
    remotes = Remotes(root, root / "demo", root / "extra")
    planted = [
        _plant_repository(source, repository)
        for source, repository in ((TREES / "main", remotes.demo), (TREES / "extra", remotes.extra))
    ]
    if any(planted):
        cache_metadata(remotes)
    return remotes


def cache_metadata(remotes: Remotes) -> None:
    """Commit metadata/md5-cache to both upstreams (egencache(1)), so that no resolver has to run ebuilds.

    An entry whose ebuild changed since is not used; Portage then runs that ebuild.
    Raises: RuntimeError with egencache's own words when it fails; PortageMissing.
    """
    repositories = [Repository("demo", remotes.demo), Repository("extra", remotes.extra)]
    with tempfile.TemporaryDirectory() as directory:
        profile = remotes.demo / "profiles" / profile_of(platform.machine())
        prefix = make_prefix(Path(directory), repositories=repositories, profile=profile)
        for repository in repositories:
            _run(
                [str(prefix.portage.bin / "egencache"), "--update", f"--repo={repository.name}"],
                repository.location,
                portage_environment(prefix),
            )
            commit(repository.location, {}, "The metadata cache")


def _plant_repository(source: Path, repository: Path) -> bool:
    """Whether anything was planted: the repository was not there or the packaged tree changed."""
    files = _tree(source)
    fingerprint = _fingerprint(files)
    marker = repository / ".git" / _PLANTED
    if marker.is_file() and marker.read_text() == fingerprint:
        return False
    if not (repository / ".git").is_dir():
        repository.mkdir(parents=True, exist_ok=True)
        git(repository, "init", "--quiet", "--initial-branch=main")
    commit(repository, files, "The packages of the demonstration")
    marker.write_text(fingerprint)
    return True


def _tree(source: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }


def _fingerprint(files: Mapping[str, bytes | None]) -> str:
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        digest.update(f"{name}\0{len(text or b'')}\0".encode() + (text or b""))
    return digest.hexdigest()


def manifest(package: Path, content: Mapping[str, bytes]) -> str:
    """The Manifest (GLEP 74) of a package: its EBUILD, AUX and MISC files, and the DIST that it fetches."""
    lines = [
        _manifest_line("DIST", f"{ebuild.stem}.tar", content[f"{ebuild.stem}.tar"])
        for ebuild in package.glob("*.ebuild")
        if f"{ebuild.stem}.tar" in content
    ]
    for path in package.rglob("*"):
        name = path.relative_to(package).as_posix()
        if path.is_file() and name != "Manifest":
            kind = "EBUILD" if name.endswith(".ebuild") else "AUX" if name.startswith("files/") else "MISC"
            lines.append(_manifest_line(kind, name.removeprefix("files/"), path.read_bytes()))
    return "".join(sorted(lines))


def _manifest_line(kind: str, name: str, content: bytes) -> str:
    blake2b, sha512 = hashlib.blake2b(content).hexdigest(), hashlib.sha512(content).hexdigest()
    return f"{kind} {name} {len(content)} BLAKE2B {blake2b} SHA512 {sha512}\n"


def _write_manifests(repository: Path) -> None:
    content = distfiles(TREES / "distfiles")
    for package in {ebuild.parent for ebuild in repository.glob("*/*/*.ebuild")}:
        (package / "Manifest").write_text(manifest(package, content))


def commit(repository: Path, changes: Mapping[str, bytes | None], message: str) -> str:
    """Write files of an upstream by their relative path (None removes one), its Manifests, and commit them.

    Returns the commit's id; nothing is committed when nothing differs.
    Raises: ValueError for a path outside the repository.
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
    _write_manifests(repository)
    git(repository, "add", "--all")
    if git(repository, "status", "--porcelain"):
        git(repository, "commit", "--quiet", f"--message={message}")
    return git(repository, "rev-parse", "HEAD")


def bump(repository: Path, package: str, version: str, *, subslot: str | None = None) -> str:
    """Publish a new version of `package` (category/name) upstream, made from its newest ebuild.

    Returns the commit's id. A new subslot makes every package built against the library needed again.
    Raises: KeyError when the repository has no such package; ValueError for one that fetches a distfile.
    """
    name = package.partition("/")[2]
    ebuilds = sorted((repository / package).glob("*.ebuild"), key=lambda path: path.stat().st_mtime_ns)
    if not ebuilds:
        raise KeyError(package)
    text = ebuilds[-1].read_text()
    if "SRC_URI" in text:
        raise ValueError(f"{package} fetches a distfile of its version, which the mirror does not have")
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
    # Root's daemon would read as nobody, who cannot look below a home directory.
    account = "uid = 0\ngid = 0\n" if os.geteuid() == 0 else ""
    return (
        f"address = 127.0.0.1\nport = {port}\nuse chroot = no\nread only = yes\nlist = yes\n{account}"
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
    return _run([program, *arguments], repository, {**os.environ, **_GIT_ENVIRONMENT})


def _run(command: list[str], directory: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        words = " ".join((done.stderr or done.stdout).split())
        raise RuntimeError(f"{Path(command[0]).name} {command[1]} in {directory}: {words}")
    return done.stdout.strip()
