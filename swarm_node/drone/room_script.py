"""The shell text that turns fresh namespaces into a clean room, and the command line that enters them.

The shell is the room's process 1: it mounts, runs one command, and takes every process of the room with it
when it ends. See mount(8), unshare(1), setpriv(1) and the kernel's overlayfs documentation.
"""

import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from swarm_node.model.work import RoomKind

SETUP_FAILED: Final = 121
"""Exit status of a room that could not be furnished; emerge has no such status."""

NAMESPACES: Final = ("--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
PSEUDO: Final = (
    *("proc", "sysfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2"),
    *("securityfs", "debugfs", "tracefs", "bpf", "pstore"),
)
SHARED: Final = (Path("/tmp"), Path("/var/tmp"))
MEMORY: Final = Path("/dev/shm")
SUBTREES: Final = ("usr", "etc", "opt", "var", "bin", "sbin", "lib", "lib32", "lib64")
"""What an attempt over `/` may change; filesystems mounted elsewhere stay out of the room."""


class Layout(Struct, frozen=True):
    """Everything that the room's shell needs to know; all paths absolute and outside the room."""

    kind: RoomKind
    base: Path
    at: Path
    scratch: Path
    """Holds `upper`, `work` and `files` of this room."""
    outputs: Mapping[str, Path]
    """Path below EPREFIX to the directory outside that keeps what is written there."""
    tmpdir: str
    """PORTAGE_TMPDIR below EPREFIX."""
    tmpfs_bytes: int | None
    """Size of the tmpfs on PORTAGE_TMPDIR; None builds on the disk of `scratch`."""
    keep: tuple[Path, ...] = ()
    """Further paths of the host that must stay visible: repositories, Portage itself."""

    @property
    def whole_system(self) -> bool:
        """Whether the room is the host's own `/`, seen through an overlay."""
        return self.base == Path("/")


def enter(layout: Layout, argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` as the only thing in a room, and dies with whoever started it."""
    if layout.kind == "none":
        return [*dies_with_parent(), *argv]
    user = ("--user", "--map-root-user") if layout.kind == "user-overlay" else ()
    unshare = (_program("unshare"), *user, *NAMESPACES)
    return [*dies_with_parent(), *unshare, "/bin/sh", "-c", script(layout), "room", *argv]


def dies_with_parent() -> list[str]:
    """What to put in front of a command that must not outlive the process that starts it."""
    return [_program("setpriv"), "--pdeathsig", "KILL", "--"]


def script(layout: Layout) -> str:
    """The text for `sh -c` with the command as its arguments.

    Raises: ValueError for a path that mount(8) could not tell from its own options.
    """
    body = _whole_system(layout) if layout.whole_system else _prefix(layout)
    start = ["set -eu", f"outer=$PATH; PATH={SYSTEM_PATH}; export outer"]
    return "\n".join([*start, f"trap 'exit {SETUP_FAILED}' EXIT", *body, ""])


SYSTEM_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where the room's own programs come from: never from the prefix that is being furnished."""

RUN: Final = 'trap - EXIT; set +e; cd /; PATH=$outer; unset outer; "$@"; exit $?'


def _prefix(layout: Layout) -> list[str]:
    needed = (layout.base, layout.at, layout.scratch, *layout.outputs.values(), *layout.keep)
    shared = [path for path in SHARED if path.is_dir()]
    fresh = [path for path in shared if not any(path in (one, *one.parents) for one in needed)]
    return [
        "mounts=$(cat /proc/self/mountinfo)",
        *(_bind(path, path) for path in shared if path not in fresh),
        *(f"mount -t tmpfs -o mode=1777 tmp {path}" for path in [*fresh, MEMORY]),
        _overlay(layout),
        *_furnish(layout),
        *_host_read_only(),
        RUN,
    ]


def _whole_system(layout: Layout) -> list[str]:
    at = layout.at
    return [
        "mounts=$(cat /proc/self/mountinfo)",
        _overlay(layout),
        *_submounts(layout),
        f"mount -t proc proc {_q(at / 'proc')}",
        *(f"mount --rbind /{name} {_q(at / name)}" for name in ("sys", "dev")),
        *(f"mount -t tmpfs -o mode=1777 tmp {_q(at / name)}" for name in ("tmp", "dev/shm")),
        f"mount -t tmpfs -o mode=755 tmp {_q(at / 'run')}",
        *(_bind(path, at / path.relative_to("/")) for path in layout.keep if path.parts[1] not in SUBTREES),
        f"mkdir -m 1777 {_q(at / 'run/lock')}",
        # The host's resolver configuration is often a link into /run, which the room has of its own.
        'resolv=$(readlink -f /etc/resolv.conf || true); case "$resolv" in /run/*)',
        f'  mkdir -p {_q(at)}"${{resolv%/*}}"; cp "$resolv" {_q(at)}"$resolv";; esac',
        *_furnish(layout),
        f'trap - EXIT; exec chroot {_q(at)} sh -c {_q(RUN)} room "$@"',
    ]


def _overlay(layout: Layout) -> str:
    upper, work = layout.scratch / "upper", layout.scratch / "work"
    for path in (layout.base, upper):
        if set(str(path)) & set(",:\\\n"):
            raise ValueError(f"{path}: a room's directories cannot have ',', ':' or '\\' in their names")
    # A user namespace keeps overlayfs's notes in user.* attributes, where these two are not allowed.
    style = "userxattr" if layout.kind == "user-overlay" else "index=on,redirect_dir=on"
    options = f"lowerdir={layout.base},upperdir={upper},workdir={work},{style}"
    return f"mkdir -p {_q(upper)} {_q(work)}; mount -t overlay room -o {_q(options)} {_q(layout.at)}"


def _submounts(layout: Layout) -> list[str]:
    """Overlayfs does not look into filesystems mounted below its lower layer: each gets its own."""
    pattern = "|".join(f"/{name}|/{name}/*" for name in SUBTREES)
    upper, work, at = _q(layout.scratch / "upper"), _q(layout.scratch / "work"), _q(layout.at)
    options = f'"lowerdir=$point,upperdir="{upper}"$n,workdir="{work}"$n"'
    return [
        'n=0; printf "%s\\n" "$mounts" | while read -r _ _ _ _ point _; do',
        f'  case "$point" in *[,:\\\\]*) continue;; {pattern}) ;; *) continue;; esac',
        f'  [ -d "$point" ] || continue; n=$((n+1)); mkdir -p {upper}$n {work}$n',
        f'  mount -t overlay room -o {options} {at}"$point" 2>/dev/null \\',
        f'    || mount --bind -o ro "$point" {at}"$point"',
        "done",
    ]


def _furnish(layout: Layout) -> list[str]:
    at, files = layout.at, layout.scratch / "files"
    tmpdir = _q(at / layout.tmpdir)
    lines = [f"mkdir -p {tmpdir}"]
    if layout.tmpfs_bytes is not None:
        lines.append(f"mount -t tmpfs -o size={layout.tmpfs_bytes},mode=1777 tmp {tmpdir}")
    # A file may take the place of a directory of the base.
    lines += [
        f"if cd {_q(files)} 2>/dev/null; then find . -type f | while read -r name; do",
        f'  rm -rf {_q(at)}/"$name"; mkdir -p {_q(at)}/"${{name%/*}}"; cp -p "$name" {_q(at)}/"$name"',
        "done; cd /; fi",
    ]
    lines += (_bind(outside, at / inside) for inside, outside in sorted(layout.outputs.items()))
    return lines


def _bind(source: Path, target: Path) -> str:
    return f"mkdir -p {_q(target)}; mount --rbind {_q(source)} {_q(target)}"


def _host_read_only() -> list[str]:
    """What was mounted before the room is read-only in it, but for mounts that the kernel locks."""
    pseudo = "|".join(f"'{kind} '*" for kind in PSEUDO)
    replaced = "|".join(str(path) for path in (*SHARED, MEMORY))
    return [
        'printf "%s\\n" "$mounts" | while read -r _ _ _ _ point rest; do',
        f'  case "${{rest##* - }}" in {pseudo}) continue;; esac',
        f'  case "$point" in {replaced}) continue;; esac',
        '  mount -o remount,bind,ro "$(printf %b "$point")" 2>/dev/null || true',
        "done",
    ]


def _program(name: str) -> str:
    return shutil.which(name, path=SYSTEM_PATH) or name


def _q(text: object) -> str:
    return shlex.quote(str(text))
