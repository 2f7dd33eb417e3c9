"""Ebuild trees: what a repository's content is, bringing it up to date, and healing a damaged one.

Real git(1) and rsync(1), never asked to prompt, each within a time limit, and never given an option or a
transport helper in the place of an address.
"""

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from yarl import URL

from swarm_node.model.refusal import Refused
from swarm_node.portage.command import CommandError, run
from swarm_node.portage.prefix import Prefix, Repository
from swarm_node.portage.repositories import checked_name, enter, repositories

SCHEMES: Final = {"git": ("https", "http", "git", "ssh", "file"), "rsync": ("rsync", "file")}
"""Sync types that are ours to do, each with the URL schemes that it may use."""

SCP_LIKE: Final = re.compile(r"[A-Za-z0-9_][\w.-]*@[A-Za-z0-9][\w.-]*:[\w./~+-]+\Z", re.ASCII)

LOCAL: Final = ("/distfiles", "/local", "/packages", "/.git")
"""What lies in a tree without being of it, see PORTAGE_RSYNC_OPTS in make.conf(5)."""

SECONDS: Final = 1800.0
"""The time limit of one transfer."""

AT_ONCE: Final = 500
"""Files that are named in one command line."""


def trees(prefix: Prefix) -> tuple[Repository, ...]:
    """The repositories that the swarm keeps in step: those with a sync type of ours."""
    return tuple(one for one in repositories(prefix) if one.sync_type in SCHEMES)


async def tree_hash(location: Path) -> str:
    """What a tree holds: its commit, with `+` and a digest where files differ; without git a content digest.

    Empty when there is no such directory. Raises: Refused (bad_answer) when git cannot read its repository.
    """
    if not location.is_dir():
        return ""
    if (location / ".git").exists():
        return await _git_hash(location)
    return await asyncio.to_thread(_content_hash, location)


async def tree_hashes(found: Sequence[Repository]) -> dict[str, str]:
    """Repository name to hash; a tree that cannot be read is `unreadable`, so that it equals no other."""
    hashes = {}
    for one in found:
        try:
            hashes[one.name] = await tree_hash(one.location)
        except (Refused, OSError):
            hashes[one.name] = "unreadable"
    return hashes


async def sync(tree: Repository) -> str:
    """Bring a tree to its upstream's state without losing local changes; answers its hash.

    Raises: Refused: bad_request for an address or type that is not allowed, bad_answer with the tool's own
    words when upstream cannot be reached or git cannot go forward.
    """
    uri = checked_uri(tree.sync_type, tree.sync_uri)
    if not _is_there(tree):
        await _obtain(tree, uri)
    elif tree.sync_type == "git":
        await _fetch(tree, uri)
        await _forward(tree)
    else:
        await _rsync(tree, uri, tree.location)
    return await tree_hash(tree.location)


async def fix(tree: Repository) -> str:
    """Make a tree exactly what upstream is, local changes lost, even if its repository is broken.

    Answers its hash. Raises: Refused as `sync` does.
    """
    uri = checked_uri(tree.sync_type, tree.sync_uri)
    if not _is_there(tree):
        await _obtain(tree, uri)
    elif tree.sync_type == "git":
        try:
            await _reset(tree, uri)
        except Refused:
            await _obtain(tree, uri)
    else:
        await _rsync(tree, uri, tree.location, "--checksum")
    return await tree_hash(tree.location)


async def add_overlay(
    prefix: Prefix, name: str, sync_type: str, sync_uri: str, priority: int | None = None
) -> Repository:
    """Give the prefix an overlay, beside its main repository, and bring it up to date.

    One that is there under that name keeps its place and gets the new address. repos.conf is written only
    after the tree has arrived. Raises: Refused (bad_name, bad_request, bad_answer).
    """
    checked_name(name)
    checked_uri(sync_type, sync_uri)
    present = repositories(prefix)
    known = next((one for one in present if one.name == name), None)
    home = present[0].location.parent if present else prefix.root / "var/db/repos"
    location = known.location if known else home / name
    overlay = Repository(name, location, sync_type, sync_uri, priority)
    arrived = not location.exists()
    await sync(overlay)
    try:
        _check_is_repository(overlay)
    except Refused:
        if arrived:
            await asyncio.to_thread(shutil.rmtree, location)
        raise
    if overlay != known:
        enter(prefix, overlay)
    return overlay


def checked_uri(sync_type: str, uri: str) -> str:
    """The address, if this sync type may use it. Raises: Refused (bad_request)."""
    if sync_type not in SCHEMES:
        raise Refused(
            "bad_request",
            f"sync type {sync_type!r:.40} is not known here",
            f"use one of: {', '.join(SCHEMES)}",
        )
    if not _is_plain(sync_type, uri):
        raise Refused(
            "bad_request",
            f"{uri!r:.120} is no address that {sync_type} may fetch from",
            f"use an absolute path or one of {', '.join(f'{scheme}://' for scheme in SCHEMES[sync_type])}",
        )
    return uri


def _is_plain(sync_type: str, uri: str) -> bool:
    if not uri.isprintable() or " " in uri or len(uri) > 2000:
        return False
    if uri.startswith("/") or (sync_type == "git" and SCP_LIKE.match(uri)):
        return True
    try:
        url = URL(uri)
    except ValueError:
        return False
    host = url.host or ""
    local = url.scheme == "file"
    return url.scheme in SCHEMES[sync_type] and (local != bool(host)) and not host.startswith("-")


def _is_there(tree: Repository) -> bool:
    """Whether the tree is on disk in the form of its sync type."""
    return tree.location.is_dir() and (tree.location / ".git").exists() == (tree.sync_type == "git")


async def _obtain(tree: Repository, uri: str) -> None:
    """Get a whole tree beside its place and then put it there, so that half a tree is never seen."""
    fresh, old = (tree.location.with_name(f".{tree.location.name}.{word}") for word in ("new", "old"))
    for path in (fresh, old):
        await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
    try:
        tree.location.parent.mkdir(parents=True, exist_ok=True)
        if tree.sync_type == "git":
            await _run(tree, ["git", *_GIT, "clone", "--quiet", "--depth", "1", "--", uri, str(fresh)])
        else:
            await _rsync(tree, uri, fresh)
        if tree.location.exists():
            tree.location.rename(old)
        fresh.rename(tree.location)
    except OSError as error:
        raise _failed(tree, str(error)) from None
    finally:
        for path in (fresh, old):
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)


async def _fetch(tree: Repository, uri: str) -> None:
    """Fetch the branch that the clone follows, or what upstream shows by default, into FETCH_HEAD."""
    wanted = "HEAD"
    with suppress(Refused):
        branch = await _git(tree, "symbolic-ref", "--quiet", "--short", "HEAD")
        wanted = await _git(tree, "config", "--get", f"branch.{branch}.merge")
    await _git(tree, "fetch", "--quiet", "--no-tags", "--", uri, wanted)


async def _forward(tree: Repository) -> None:
    """Merge what was fetched; what a merge that was interrupted has put there already is in no one's way."""
    merge = ("merge", "--ff-only", "--quiet", "FETCH_HEAD")
    try:
        await _git(tree, *merge)
    except Refused:
        arrived = await _arrived(tree)
        for start in range(0, len(arrived), AT_ONCE):
            await _git(tree, "add", "--force", "--", *arrived[start : start + AT_ONCE])
        await _git(tree, *merge)


async def _arrived(tree: Repository) -> list[str]:
    """The files that are not what git has recorded, but byte for byte what was fetched."""
    wanted = {}
    for entry in (await _git(tree, "ls-tree", "-r", "-z", "FETCH_HEAD")).split("\0"):
        kind, _, name = entry.partition("\t")
        wanted[name] = kind.rpartition(" ")[2]
    strange = (await _git(tree, "ls-files", "--others", "--modified", "-z")).split("\0")
    known = [name for name in strange if name in wanted and _is_file(tree.location / name)]
    hashes = []
    for start in range(0, len(known), AT_ONCE):
        names = known[start : start + AT_ONCE]
        hashes += (await _git(tree, "hash-object", "--no-filters", "--", *names)).splitlines()
    return [name for name, found in zip(known, hashes, strict=True) if found == wanted[name]]


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


async def _reset(tree: Repository, uri: str) -> None:
    for lock in (tree.location / ".git").glob("*.lock"):
        lock.unlink(missing_ok=True)
    await _fetch(tree, uri)
    await _git(tree, "reset", "--hard", "--quiet", "FETCH_HEAD")
    await _git(tree, "clean", "-ffdxq")


async def _git_hash(location: Path) -> str:
    tree = Repository(location.name, location, "git")
    head = await _git(tree, "rev-parse", "--verify", "HEAD")
    changed = await _git(tree, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
    if not changed:
        return head
    names = sorted(entry[3:] for entry in changed.split("\0") if entry)
    digest = await asyncio.to_thread(_digest, location, names)
    return f"{head}+{digest[:16]}"


def _content_hash(location: Path) -> str:
    names = tuple(_files(location))
    stats = hashlib.sha256()
    for name in names:
        status = (location / name).lstat()
        stats.update(repr((name, status.st_size, status.st_mtime_ns, status.st_ctime_ns)).encode())
    return _cached_digest(location, names, stats.digest())


@lru_cache(maxsize=64)
def _cached_digest(location: Path, names: tuple[str, ...], stats: bytes) -> str:
    return _digest(location, names)


def _digest(location: Path, names: Sequence[str]) -> str:
    """Names, kinds and contents; a name without a file counts as deleted."""
    digest = hashlib.sha256()
    for name in names:
        path = location / name
        if path.is_symlink():
            content = b"l" + os.fsencode(path.readlink())
        elif path.is_file():
            content = b"f" + hashlib.sha256(path.read_bytes()).digest()
        else:
            content = b"-"
        digest.update(b"%s\0%d\0%s" % (os.fsencode(name), len(content), content))
    return digest.hexdigest()


def _files(location: Path) -> Iterator[str]:
    """Every file and link of a tree in one order, without what does not belong to it."""
    for directory, inside, names in os.walk(location):
        inner = "" if directory == str(location) else os.path.relpath(directory, location) + "/"
        inside[:] = sorted(name for name in inside if f"/{inner}{name}" not in LOCAL)
        links = [name for name in inside if Path(directory, name).is_symlink()]
        yield from (f"{inner}{name}" for name in sorted([*names, *links]))


def _check_is_repository(tree: Repository) -> None:
    try:
        named = (tree.location / "profiles/repo_name").read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise _failed(tree, "it has no profiles/repo_name, so it is no ebuild repository") from None
    if named != tree.name:
        raise Refused("bad_name", f"{tree.sync_uri} calls itself {named!r:.80}", f"add it as {named!r:.80}")


_GIT: Final = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.autoDetach=false"),
    *("-c", "safe.directory=*", "-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60"),
    *("-c", "advice.detachedHead=false", "-c", "core.quotePath=false"),
)


async def _git(tree: Repository, *words: str) -> str:
    return await _run(tree, ["git", *_GIT, "-C", str(tree.location), *words])


async def _rsync(tree: Repository, uri: str, target: Path, *more: str) -> None:
    """Make `target` what the remote holds: no owners, no devices, no links that lead out of the tree."""
    source = uri.removeprefix("file://").rstrip("/") + "/"
    options = ["-rlpt", "--safe-links", "--delete", "--force", "--whole-file", "--timeout=180", *more]
    excluded = [f"--exclude={name}" for name in LOCAL]
    target.parent.mkdir(parents=True, exist_ok=True)
    await _run(tree, ["rsync", *options, *excluded, "--", source, f"{target}/"])


async def _run(tree: Repository, argv: Sequence[str]) -> str:
    """What the command wrote, without the last line break."""
    try:
        return (await run(argv, seconds=SECONDS)).removesuffix("\n")
    except CommandError as failed:
        raise _failed(tree, str(failed)) from None


def _failed(tree: Repository, why: str) -> Refused:
    return Refused(
        "bad_answer",
        f"tree {tree.name}: {why}",
        "see whether its sync-uri answers from this machine; local damage is healed by: build-swarm sync-fix",
    )
