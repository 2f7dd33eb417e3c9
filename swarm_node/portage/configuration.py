"""A machine's etc/portage, read so that equal configurations are equal text: see portage(5).

What is a machine's own is named instead of written out: its EPREFIX, where its repositories lie, how many
jobs it runs. Comments are no configuration, secrets are left out, what is not text is told by its hash.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from configparser import ConfigParser
from itertools import islice
from pathlib import Path
from typing import Final

from swarm_node.portage.prefix import Prefix
from swarm_node.portage.redaction import redacted
from swarm_node.portage.repositories import files as repository_files
from swarm_node.portage.repositories import repositories

FILES_MOST: Final = 2_000
FILE_MOST: Final = 128 << 10
TOTAL_MOST: Final = 2 << 20
"""Characters of text in all; files beyond that are told by their hashes."""
LEFT_OUT: Final = "gnupg"
"""The directory of etc/portage that holds keys."""
PROFILE: Final = "make.profile"
REPOSITORIES: Final = "repos.conf"
LITERAL: Final = ("patches", "savedconfig", "bashrc")
"""Kept to the letter: a line that begins with # says something in these, or may."""

_JOBS: Final = re.compile(
    r"(?<![\w-])(-[jl]|--jobs|--load-average)(\s*=?\s*)(?:\d+(?:\.\d+)?|\$\([^)]*\))(?!\w)"
)
_SIZED: Final = re.compile(r"^\s*(?:MAKEOPTS|NINJAOPTS|EMERGE_DEFAULT_OPTS)\s*\+?=.*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"^\s*(?:#.*)?\n", re.MULTILINE)

Place = tuple[re.Pattern[str], str]
"""A path of this machine, and the name that stands for it."""


def read_configuration(prefix: Prefix) -> dict[str, str]:
    """Path below etc/portage to text, for every file that Portage may read there.

    Raises: Refused (bad_request) when repos.conf cannot be read.
    """
    places = tuple(_places(prefix))
    found = {}
    walked = list(islice(_walk(prefix.configuration), FILES_MOST + 1))
    for path in walked[:FILES_MOST]:
        name = os.fsencode(path.relative_to(prefix.configuration)).decode(errors="replace")
        if name.partition("/")[0] != REPOSITORIES:
            found[name] = _text(path, name, places)
    if len(walked) > FILES_MOST:
        found["…"] = f"<more than {FILES_MOST} files: what is beyond is not looked at>\n"
    found[REPOSITORIES] = _named(_repositories(prefix), places)
    return dict(_bounded(sorted(found.items())))


def digest(configuration: Mapping[str, str]) -> str:
    """Sixteen hexadecimal digits that are equal where the configurations are."""
    whole = hashlib.sha256()
    for name, text in sorted(configuration.items()):
        for part in (name.encode(), text.encode()):
            whole.update(b"%d\0%s" % (len(part), part))
    return whole.hexdigest()[:16]


def _places(prefix: Prefix) -> Iterator[Place]:
    """The longest first, so that none is taken for a part of another."""
    names = {str(repository.location): f"<{repository.name}>" for repository in repositories(prefix)}
    if prefix.eprefix:
        names[prefix.eprefix] = "<EPREFIX>"
    for path in sorted(names, key=len, reverse=True):
        yield re.compile(rf"(?<![\w.]){re.escape(path)}(?![\w.-])"), names[path]


def _walk(root: Path) -> Iterator[Path]:
    """Every file, links followed, without what Portage passes over; make.profile as the link that it is."""
    for directory, inside, names in os.walk(root, followlinks=True):
        top = directory == str(root)
        links = [name for name in inside if top and name == PROFILE and Path(directory, name).is_symlink()]
        kept = (name for name in inside if name not in links and not (top and name == LEFT_OUT))
        inside[:] = sorted(name for name in kept if not _passed_over(name))
        yield from (Path(directory, name) for name in sorted([*links, *names]) if not _passed_over(name))


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name.endswith("~")


def _text(path: Path, name: str, places: Iterable[Place]) -> str:
    try:
        if name == PROFILE and path.is_symlink():
            target = os.path.normpath(path.parent / path.readlink())
            return _named(f"→ {target}\n", places)
        if not path.is_file():
            return "<no file>\n"
        with path.open("rb") as file:
            raw = file.read(FILE_MOST + 1)
            if len(raw) > FILE_MOST or b"\0" in raw:
                return _hashed(path)
        text = raw.decode()
    except UnicodeDecodeError:
        return _hashed(path)
    except OSError as error:
        return f"<cannot be read: {error.strerror}>\n"
    return _plain(text, name, places)


def _plain(text: str, name: str, places: Iterable[Place]) -> str:
    text = text if text.endswith("\n") or not text else f"{text}\n"
    if name.partition("/")[0] not in LITERAL:
        text = _COMMENT.sub("", text)
    text = _SIZED.sub(lambda line: _JOBS.sub(r"\1\2N", line[0]), text)
    return redacted(_named(text, places))


def _named(text: str, places: Iterable[Place]) -> str:
    for pattern, name in places:
        text = pattern.sub(name.replace("\\", r"\\"), text)
    return text


def _hashed(path: Path) -> str:
    with path.open("rb") as file:
        known = hashlib.file_digest(file, "sha256").hexdigest()
    return f"<{path.stat().st_size} bytes, SHA-256 {known[:16]}>\n"


def _repositories(prefix: Prefix) -> str:
    """The whole of repos.conf in one order, whatever files and comments it is spread over."""
    parser = ConfigParser(interpolation=None, strict=False)
    for path in repository_files(prefix):
        parser.read_string(path.read_text(), str(path))
    sections = [("DEFAULT", parser.defaults())]
    sections += [(name, _own(parser, name)) for name in sorted(parser.sections())]
    return redacted(
        "\n".join(
            f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in sorted(values.items()))
            for name, values in sections
            if values
        )
    )


def _own(parser: ConfigParser, section: str) -> dict[str, str]:
    """What a section says beyond the defaults."""
    inherited = parser.defaults()
    return {key: value for key, value in parser.items(section) if inherited.get(key) != value}


def _bounded(files: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    total = 0
    for name, text in files:
        total += len(text)
        if total > TOTAL_MOST:
            known = hashlib.sha256(text.encode()).hexdigest()
            text = f"<{len(text)} characters, SHA-256 {known[:16]}>\n"
        yield name, text
