"""What an embedded swarm needs before its first process starts: trees, prefixes, settings files."""

import os
import platform
import shlex
import shutil
from collections.abc import Mapping
from itertools import product
from pathlib import Path

from swarm_node.demo.faults import damage, install_kernel
from swarm_node.demo.mirror import portage_mirrors
from swarm_node.demo.remotes import TREES, Remotes, git, plant, profile_of, rsync_uri
from swarm_node.demo.site import DRONES, Site
from swarm_node.model.configuration import CONFIGURATION
from swarm_node.portage.install import find_portage
from swarm_node.portage.prefix import (
    Binrepo,
    Prefix,
    Repository,
    current_account,
    make_prefix,
    portage_environment,
)
from swarm_node.portage.repositories import repositories as read_repositories

LEASE_SECONDS = 20
RETRY_SECONDS = 2
RECHECK_SECONDS = 10
HEARTBEAT_SECONDS = 5


def furnish(site: Site) -> None:
    """Make or complete the site; what is there stays, edited profiles and damaged trees included.

    Raises: RuntimeError with git's words, PortageMissing, OSError.
    """
    remotes = plant(site.upstream)
    for directory in (site.staging, site.production, site.room):
        directory.mkdir(parents=True, exist_ok=True)
    if not site.profiles.exists():
        shutil.copytree(TREES / "profiles", site.profiles)
        for profile, file in product(site.profiles.iterdir(), CONFIGURATION):
            (profile / "etc/portage" / file).mkdir(exist_ok=True)
    for name in ("gateway", "orchestrator", "client", *(drone.name for drone in DRONES)):
        site.home(name).mkdir(exist_ok=True)
    _furnish_orchestrator(site, remotes)
    for drone in DRONES:
        _furnish_drone(site, remotes, drone.name)
    _furnish_client(site, remotes)
    _write_settings(site)


def _furnish_orchestrator(site: Site, remotes: Remotes) -> None:
    """It has both trees, and the kernel that only its own builder can offer."""
    home = site.home("orchestrator")
    extra = Repository("extra", home / "trees" / "extra", "git", remotes.git_uri("extra"), 10)
    if shutil.which("rsync"):
        extra = Repository(
            "extra", home / "trees" / "extra", "rsync", rsync_uri("extra", site.ports["rsync"]), 10
        )
    _clone(remotes.git_uri("demo"), home / "trees" / "demo")
    if not extra.location.exists():
        shutil.copytree(remotes.extra, extra.location, ignore=shutil.ignore_patterns(".git"))
        if extra.sync_type == "git":
            shutil.rmtree(extra.location)
            _clone(remotes.git_uri("extra"), extra.location)
    prefix = _prefix(site, "orchestrator", (_demo_tree(site, remotes, "orchestrator"), extra))
    install_kernel(prefix.root)


def _furnish_drone(site: Site, remotes: Remotes, name: str) -> None:
    """A drone has no overlay, no kernel, and a tree that a broken sync left damaged."""
    clone = site.home(name) / "trees" / "demo"
    if not clone.exists():
        _clone(remotes.git_uri("demo"), clone)
        damage(clone)
    _prefix(site, name, (_demo_tree(site, remotes, name),))


def _furnish_client(site: Site, remotes: Remotes) -> None:
    """The desktop: it only downloads. `client/emerge` runs emerge in its prefix."""
    _clone(remotes.git_uri("demo"), site.home("client") / "trees" / "demo")
    _clone(remotes.git_uri("extra"), site.home("client") / "trees" / "extra")
    overlay = Repository(
        "extra", site.home("client") / "trees" / "extra", "git", remotes.git_uri("extra"), 10
    )
    binrepo = Binrepo("production", f"{site.url('orchestrator')}/packages")
    prefix = _prefix(site, "client", (_demo_tree(site, remotes, "client"), overlay), (binrepo,))
    for source in (site.profiles / "desktop" / "etc" / "portage").iterdir():
        link = prefix.configuration / source.name
        if not link.exists():
            link.symlink_to(source)
    _write_script(site.home("client") / "emerge", prefix)


def _write_script(path: Path, prefix: Prefix) -> None:
    words = [f"{key}={value}" for key, value in portage_environment(prefix).items()]
    command = shlex.join(["env", "-i", *words, str(prefix.portage.emerge)])
    path.write_text(
        f'#!/bin/sh\n# emerge(1) in the prefix of the embedded swarm\'s desktop\nexec {command} "$@"\n'
    )
    path.chmod(0o755)


def _prefix(
    site: Site, name: str, repositories: tuple[Repository, ...], binrepos: tuple[Binrepo, ...] = ()
) -> Prefix:
    home = site.home(name)
    profile = repositories[0].location / "profiles" / profile_of(platform.machine())
    overlays = _later_overlays(home, repositories)
    prefix = make_prefix(
        home / "prefix", repositories=(*repositories, *overlays), profile=profile, binrepos=binrepos
    )
    (prefix.configuration / "mirrors").write_text(portage_mirrors(site.url("mirror")))
    return prefix


def _later_overlays(home: Path, repositories: tuple[Repository, ...]) -> list[Repository]:
    """Overlays that the swarm gave a node after it was furnished: they stay."""
    if not (home / "prefix" / "etc" / "portage" / "repos.conf").exists():
        return []
    names = {repository.name for repository in repositories}
    present = read_repositories(Prefix(home / "prefix", find_portage(), current_account()))
    return [repository for repository in present if repository.name not in names]


def _demo_tree(site: Site, remotes: Remotes, name: str) -> Repository:
    return Repository("demo", site.home(name) / "trees" / "demo", "git", remotes.git_uri("demo"))


def _clone(uri: str, location: Path) -> None:
    if not location.exists():
        location.parent.mkdir(parents=True, exist_ok=True)
        git(location.parent, "clone", "--quiet", uri, location.name)


def _write_settings(site: Site) -> None:
    _settings(site, "gateway", {"GATEWAY_PORT": site.ports["gateway"], "HEALTH_INTERVAL": 0.5})
    home = site.home("orchestrator")
    _settings(
        site,
        "orchestrator",
        {
            "GATEWAY_URL": site.url("gateway"),
            "ORCHESTRATOR_PORT": site.ports["orchestrator"],
            "BUILD_MODE": "delegate_first",
            "STAGING_DIR": site.staging,
            "PRODUCTION_DIR": site.production,
            "PROFILES_DIR": site.profiles,
            "LEASE_SECONDS": LEASE_SECONDS,
            "RETRY_SECONDS": RETRY_SECONDS,
            "RECHECK_SECONDS": RECHECK_SECONDS,
            "PORTAGE_PREFIX": home / "prefix",
            "BASE_PREFIX": home / "prefix",
            "ROOM_AT": site.room,
            "SCRATCH_DIR": home / "scratch",
            "CORES": os.cpu_count() or 1,
        },
    )
    for drone in DRONES:
        home = site.home(drone.name)
        _settings(
            site,
            drone.name,
            {
                "GATEWAY_URL": site.url("gateway"),
                "DRONE_PORT": site.ports[drone.name],
                "CORES": drone.cores,
                "PORTAGE_PREFIX": home / "prefix",
                "BASE_PREFIX": home / "prefix",
                "ROOM_AT": site.room,
                "SCRATCH_DIR": home / "scratch",
                "PROFILES_DIR": site.profiles,
            },
        )


def _settings(site: Site, name: str, values: Mapping[str, object]) -> None:
    """One handbook file: KEY="value" lines."""
    common = {
        "NODE_NAME": name,
        "STATE_DIR": site.home(name) / "state",
        "HEARTBEAT_INTERVAL": HEARTBEAT_SECONDS,
    }
    lines = [f'{key}="{value}"\n' for key, value in {**common, **values}.items()]
    (site.home(name) / f"{name}.conf").write_text("".join(lines))
