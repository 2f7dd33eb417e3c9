"""A client profile with lines added to its etc/portage: what would stand where, and a copy to try it."""

import difflib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from swarm_node.model.refusal import Refused
from swarm_node.model.work import Line
from swarm_node.portage.install import Portage
from swarm_node.portage.process import run
from swarm_node.portage.profile import ClientProfile

OWN: Final = "zz-swarm"
"""The swarm's own file in each directory of etc/portage: read last, it has the last word."""

CHECK: Final = """
import sys
from portage.dep import Atom
from portage.exception import InvalidAtom
for atom in sys.argv[1:]:
    try:
        Atom(atom, allow_wildcard=True, allow_repo=True)
    except InvalidAtom:
        sys.exit(atom)
"""


async def check_atoms(portage: Portage, lines: Iterable[Line]) -> None:
    """Raises: Refused (bad_request) naming the atom that Portage does not accept."""
    atoms = [line.text.split()[0] for line in lines]
    done = await run([str(portage.python), "-I", "-c", CHECK, *atoms], {})
    if done.status:
        said = done.err.decode(errors="replace").strip()[-200:]
        raise Refused("bad_request", f"Portage does not accept the atom {said}", "see ebuild(5), Atom Bases")


def with_lines(profile: ClientProfile, lines: Sequence[Line], purpose: str) -> dict[Path, str]:
    """Every file below etc/portage that has to change, and its whole text with the lines.

    A plain file is added to; in a directory the lines get a file of the swarm's own. What is there already
    is not written twice. Raises: OSError, UnicodeDecodeError.
    """
    found: dict[Path, str] = {}
    for line in lines:
        path = profile.portage / line.file
        if path.is_dir() or not path.exists():
            path /= OWN
        text = found.get(path, path.read_text() if path.exists() else "")
        if line.text not in (each.strip() for each in text.splitlines()):
            found[path] = _added(text, line.text, purpose)
    return found


def _added(text: str, line: str, purpose: str) -> str:
    begin = text if not text or text.endswith("\n") else f"{text}\n"
    return f"{begin}# build-swarm: for {purpose}\n{line}\n"


def difference(profile: ClientProfile, lines: Sequence[Line], purpose: str) -> str:
    """What `with_lines` would change, as a unified diff. Raises: OSError, UnicodeDecodeError."""
    parts: list[str] = []
    for path, text in with_lines(profile, lines, purpose).items():
        name = str(path.relative_to(profile.path))
        old = path.read_text().splitlines() if path.exists() else []
        before = f"{profile.name}/{name}" if path.exists() else "/dev/null"
        parts += difflib.unified_diff(old, text.splitlines(), before, f"{profile.name}/{name}", lineterm="")
    return "\n".join(parts)


def varied(profile: ClientProfile, changed: Mapping[Path, str], home: Path) -> ClientProfile:
    """A profile of the same name below `home` that has these texts and leads to the original for the rest.

    Raises: OSError.
    """
    root = home / profile.name
    shutil.rmtree(root, ignore_errors=True)
    (root / "etc/portage").mkdir(parents=True)
    shutil.copyfile(profile.path / "world", root / "world")
    opened = {profile.portage, *(path.parent for path in changed)}
    for directory in sorted(opened):
        inside = root / directory.relative_to(profile.path)
        inside.mkdir(parents=True, exist_ok=True)
        for path in directory.iterdir() if directory.is_dir() else ():
            if path not in opened and path not in changed:
                _lead(inside / path.name, path)
    for path, text in changed.items():
        (root / path.relative_to(profile.path)).write_text(text)
    return replace(profile, path=root)


def _lead(link: Path, original: Path) -> None:
    """The same as the original: a link as it is, whatever it leads to, and anything else by a link to it."""
    if original.is_symlink():
        link.symlink_to(original.parent.absolute() / original.readlink())
    else:
        link.symlink_to(original.absolute())
