"""A Portage prefix: the directory tree that real emerge accepts as its own world, on any Linux.

`make_prefix` furnishes one for a machine that is not Gentoo; a Gentoo host has `system_prefix()`,
the same type with root `/`, and needs no furnishing. Formats: portage(5), make.conf(5).
"""

import grp
import os
import pwd
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from swarm_node.portage.install import Portage, find_portage

UNPRIVILEGED_FEATURES: Final = (
    "buildpkg -merge-sync -news -userpriv -usersandbox -sandbox -usersync -userfetch "
    "-network-sandbox -pid-sandbox -ipc-sandbox -mount-sandbox"
)
"""What a host without Gentoo's `portage` user and without `sandbox` can honour."""

DIRECTORIES: Final = ("etc/portage", "var/cache/binpkgs", "var/cache/distfiles", "var/tmp", "var/log/portage")


class Account(Struct, frozen=True):
    """The user whose name and ids Portage works under, and whom installed files belong to."""

    user: str
    group: str
    uid: int
    gid: int


class Repository(Struct, frozen=True):
    """An ebuild repository as repos.conf names it; an empty `sync_type` is never synced."""

    name: str
    location: Path
    sync_type: str = ""
    sync_uri: str = ""
    priority: int | None = None


class Binrepo(Struct, frozen=True):
    """A binhost as binrepos.conf names it; the higher priority wins."""

    name: str
    sync_uri: str
    priority: int = 0
    verify_signature: bool = False


class Prefix(Struct, frozen=True):
    """Where one emerge lives: its EPREFIX (`/` is the host's own), its Portage and its account."""

    root: Path
    portage: Portage
    account: Account

    @property
    def eprefix(self) -> str:
        """EPREFIX as Portage spells it: empty for the host's own world."""
        return "" if self.root == Path("/") else str(self.root)

    @property
    def configuration(self) -> Path:
        """The directory `etc/portage` of this prefix."""
        return self.root / "etc/portage"


def current_account() -> Account:
    """The account that runs this process; an id without a name keeps its number as the name."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    try:
        group = grp.getgrgid(gid).gr_name
    except KeyError:
        group = str(gid)
    return Account(user, group, uid, gid)


ROOT: Final = Account("root", "root", 0, 0)


def system_prefix() -> Prefix:
    """The host's own Portage world on a Gentoo machine.

    Raises: PortageMissing.
    """
    return Prefix(Path("/"), find_portage(), current_account())


def make_prefix(
    root: Path,
    *,
    repositories: Iterable[Repository],
    profile: Path,
    binrepos: Iterable[Binrepo] = (),
    make_conf: Mapping[str, str] | None = None,
    portage: Portage | None = None,
    account: Account | None = None,
) -> Prefix:
    """Furnish `root` as a Portage prefix, or bring an existing one up to date.

    The first repository is the main one; `profile` is a profile directory inside one of them;
    `make_conf` adds to, or replaces, the variables of make.conf, where `${EPREFIX}` may be used.
    Files that already say the right thing are not touched, so a second call changes nothing.
    Raises: PortageMissing; ValueError without a repository.
    """
    prefix = Prefix(root.absolute(), portage or find_portage(), account or current_account())
    repositories = list(repositories)
    if not repositories:
        raise ValueError(f"{root}: a prefix needs at least one ebuild repository")
    for directory in (
        "etc/portage",
        "var/cache/binpkgs",
        "var/cache/distfiles",
        "var/tmp",
        "var/log/portage",
    ):
        (prefix.root / directory).mkdir(parents=True, exist_ok=True)
    if prefix.portage.configuration is not None:
        _link_defaults(prefix.root, prefix.portage.configuration)
    _link(prefix.configuration / "make.profile", profile)
    _write(prefix.configuration / "repos.conf", repos_conf(repositories))
    _write(prefix.configuration / "make.conf", _make_conf(prefix.account, make_conf or {}))
    set_binrepos(prefix, binrepos)
    return prefix


def set_binrepos(prefix: Prefix, binrepos: Iterable[Binrepo]) -> None:
    """Point the prefix at these binhosts and no others (binrepos.conf)."""
    _write(prefix.configuration / "binrepos.conf", binrepos_conf(binrepos))


def repos_conf(repositories: Iterable[Repository]) -> str:
    """The text of repos.conf, see portage(5); the first repository is the main one."""
    sections: dict[str, dict[str, str]] = {}
    for repository in repositories:
        section = {"location": str(repository.location)}
        if repository.sync_type:
            section |= {"sync-type": repository.sync_type, "sync-uri": repository.sync_uri}
        if repository.priority is not None:
            section["priority"] = str(repository.priority)
        sections[repository.name] = section
    return _ini({"DEFAULT": {"main-repo": next(iter(sections))}, **sections})


def binrepos_conf(binrepos: Iterable[Binrepo]) -> str:
    """The text of binrepos.conf, see portage(5); Portage itself asks for signatures unless told not to."""
    return _ini(
        {
            binrepo.name: {
                "priority": str(binrepo.priority),
                "sync-uri": binrepo.sync_uri,
                "verify-signature": str(binrepo.verify_signature).lower(),
            }
            for binrepo in binrepos
        }
    )


def account_settings(account: Account) -> dict[str, str]:
    """The variables that make Portage run as, and install for, this account."""
    return {
        "PORTAGE_USERNAME": account.user,
        "PORTAGE_GRPNAME": account.group,
        "PORTAGE_INST_UID": str(account.uid),
        "PORTAGE_INST_GID": str(account.gid),
    }


def portage_environment(prefix: Prefix, account: Account | None = None) -> dict[str, str]:
    """The whole environment (as for `env -i`) in which this prefix's emerge runs.

    `account` replaces the prefix's own where a user namespace makes the user root. The directory that
    holds Portage comes last in PATH, so that its Python is never mistaken for one a package may use.
    """
    eprefix = prefix.eprefix
    own = (
        [f"{eprefix}/usr/sbin", f"{eprefix}/usr/bin", f"{eprefix}/sbin", f"{eprefix}/bin"] if eprefix else []
    )
    system = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", str(prefix.portage.bin)]
    environment = {
        "PATH": ":".join(dict.fromkeys(own + system)),
        "HOME": f"{eprefix}/var/tmp" if eprefix else "/root",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "NOCOLOR": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if not eprefix:
        return environment
    # Portage declares every tree a safe directory in git's system-wide file: not in the host's.
    apart = {"PORTAGE_OVERRIDE_EPREFIX": eprefix, "GIT_CONFIG_SYSTEM": f"{eprefix}/etc/gitconfig"}
    return environment | apart | account_settings(account or prefix.account)


def _link_defaults(root: Path, configuration: Path) -> None:
    """Show Portage its defaults without their repos.conf, which would add Gentoo's own repository.

    Portage looks in `share` when pip installed it and in `usr/share` when it is the host's own.
    """
    for home in (root / "share/portage/config", root / "usr/share/portage/config"):
        for name in ("make.globals", "sets"):
            _link(home / name, configuration / name)


def _make_conf(account: Account, extra: Mapping[str, str]) -> str:
    settings = {
        "PORTAGE_TMPDIR": "${EPREFIX}/var/tmp",
        "PKGDIR": "${EPREFIX}/var/cache/binpkgs",
        "DISTDIR": "${EPREFIX}/var/cache/distfiles",
        "PORTAGE_LOGDIR": "${EPREFIX}/var/log/portage",
        "BINPKG_FORMAT": "gpkg",
        "BINPKG_COMPRESS": "zstd" if shutil.which("zstd") else "gzip",
        "FEATURES": UNPRIVILEGED_FEATURES,
        **account_settings(account),
        **extra,
    }
    return "".join(f'{name}="{value}"\n' for name, value in settings.items())


def _ini(sections: Mapping[str, Mapping[str, str]]) -> str:
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
        for name, values in sections.items()
    )


def _write(path: Path, text: str) -> None:
    try:
        if path.read_text() == text:
            return
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _link(path: Path, target: Path) -> None:
    if path.is_symlink():
        if path.readlink() == target:
            return
        path.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
