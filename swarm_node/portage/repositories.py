"""repos.conf, read and extended: which ebuild repositories a prefix has, see portage(5)."""

import os
import re
from collections.abc import Iterator
from configparser import ConfigParser, SectionProxy
from configparser import Error as IniError
from pathlib import Path
from typing import Final

from swarm_node.model.refusal import Refused
from swarm_node.portage.prefix import Prefix, Repository

NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}\Z")
"""A repository's name (PMS 3.1.5), of a length that fits a file name."""

FALSE: Final = frozenset({"no", "false"})


def repositories(prefix: Prefix) -> tuple[Repository, ...]:
    """Every repository that the prefix's repos.conf gives a location, the main one first.

    A repository with `auto-sync = no` comes without a sync type: it is never synced by the swarm.
    Raises: Refused (bad_request) naming the file when it cannot be read as repos.conf.
    """
    parser = ConfigParser(_variables(prefix), strict=False)
    for path in files(prefix):
        try:
            parser.read_string(path.read_text(), str(path))
        except (OSError, UnicodeDecodeError, IniError) as error:
            raise Refused(
                "bad_request", f"{path}: {_first_line(error)}", "correct it, see portage(5)"
            ) from None
    try:
        found = [_repository(parser[name]) for name in parser.sections() if parser[name].get("location")]
        main = parser.defaults().get("main-repo", "gentoo")
    except (IniError, ValueError) as error:
        raise Refused(
            "bad_request", f"{configuration(prefix)}: {_first_line(error)}", "correct it, see portage(5)"
        ) from None
    return tuple(sorted(found, key=lambda repository: repository.name != main))


def configuration(prefix: Prefix) -> Path:
    """The prefix's own repos.conf: a file, or a directory of files."""
    return prefix.configuration / "repos.conf"


def enter(prefix: Prefix, repository: Repository) -> Path:
    """Write one repository into repos.conf, replacing the entry of that name; answers the file.

    Raises: Refused (bad_name) for a name that no repository can have; OSError.
    """
    checked_name(repository.name)
    path = configuration(prefix)
    if path.is_dir():
        path /= f"{repository.name}.conf"
    text = path.read_text() if path.exists() else ""
    kept = "".join(_without(text, repository.name)).rstrip("\n")
    section = "\n".join([f"[{repository.name}]", *_lines(repository), ""])
    _replace(path, f"{kept}\n\n{section}" if kept else section)
    return path


def checked_name(name: str) -> str:
    """The name, if a repository can have it. Raises: Refused (bad_name)."""
    if not NAME.match(name) or name == "DEFAULT":
        raise Refused(
            "bad_name", f"{name!r:.80} is no repository name", "use letters, digits, dash and underscore"
        )
    return name


def _variables(prefix: Prefix) -> dict[str, str]:
    """What repos.conf may refer to as %(NAME)s."""
    root = f"{prefix.eprefix}/"
    return {"EPREFIX": prefix.eprefix, "EROOT": root, "ROOT": "/", "PORTAGE_CONFIGROOT": "/"}


def files(prefix: Prefix) -> Iterator[Path]:
    """The files that make up repos.conf in the order in which they override one another."""
    own = configuration(prefix)
    for path in (prefix.root / "usr/share/portage/config/repos.conf", own):
        if path.is_dir():
            yield from sorted(
                entry
                for entry in path.iterdir()
                if entry.is_file() and not entry.name.startswith(".") and not entry.name.endswith("~")
            )
        elif path.exists():
            yield path


def _repository(section: SectionProxy) -> Repository:
    synced = section.get("auto-sync", "yes").strip().lower() not in FALSE
    priority = section.get("priority", "").strip()
    return Repository(
        name=section.name,
        location=Path(section["location"].strip()),
        sync_type=section.get("sync-type", "").strip() if synced else "",
        sync_uri=section.get("sync-uri", "").strip(),
        priority=int(priority) if priority else None,
    )


def _lines(repository: Repository) -> Iterator[str]:
    yield f"location = {_escaped(str(repository.location))}"
    if repository.sync_type:
        yield f"sync-type = {repository.sync_type}"
        yield f"sync-uri = {_escaped(repository.sync_uri)}"
    if repository.priority is not None:
        yield f"priority = {repository.priority}"


def _escaped(value: str) -> str:
    if not value.isprintable():
        raise Refused("bad_request", f"{value!r:.120} cannot stand in repos.conf", "use printable characters")
    return value.replace("%", "%%")


def _without(text: str, name: str) -> Iterator[str]:
    """The lines of repos.conf that do not belong to the section of that name."""
    skipping = False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            skipping = line.strip() == f"[{name}]"
        if not skipping:
            yield line


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).partition("\n")[0]
