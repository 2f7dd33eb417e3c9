"""One client's world before Portage's eyes, resolved again and again without what failed before."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any, Final

import portage
from _emerge.actions import adjust_configs, load_emerge_config
from _emerge.create_depgraph_params import create_depgraph_params
from _emerge.depgraph import _backtrack_depgraph, _frozen_depgraph_config
from _emerge.stdout_spinner import stdout_spinner
from portage.dep import Atom
from portage.exception import InvalidAtom, PackageSetNotFound

UNATTENDED: Final[Mapping[str, Any]] = {
    "--autounmask": "n",
    "--getbinpkg": True,
    "--pretend": True,
    "--quiet": True,
    "--usepkg": True,
}

AS_BUILT_TODAY: Final[Mapping[str, Any]] = {
    "--binpkg-changed-deps": "y",
    "--binpkg-respect-use": "y",
    "--changed-slot": True,
    "--newrepo": True,
    "--use-ebuild-visibility": "y",
    "--with-bdeps": "n",
}
"""A binary package is good enough only where the trees, built today for this client, would give the same."""

BINARIES_ONLY: Final[Mapping[str, Any]] = {"--usepkgonly": True}
"""What the emerge of a client that compiles nothing does."""

IMPLIED_SETS: Final = ("system", "profile")
"""What @world holds beside the packages that were chosen."""

CHATTER: Final = ("Calculating dependencies", "[ebuild ", "[binary ", "[nomerge ", "Total: ")
"""Lines of a merge list, which explain nothing."""

LINES: Final = 60
"""How many lines of what Portage says about one problem are kept."""


class World:
    """The configuration, repositories and binhosts of a prefix, loaded once.

    Raises: PortageException for a prefix that Portage cannot use.
    """

    def __init__(self, *, binaries_only: bool) -> None:
        options = {**UNATTENDED, **(BINARIES_ONLY if binaries_only else AS_BUILT_TODAY)}
        config = load_emerge_config(action=None, args=[], opts=options)
        own = config.trees[config.trees._target_eroot]
        own["bintree"].populate(getbinpkgs=True, getbinpkg_refresh=True)
        adjust_configs(options, config.trees)
        spinner = stdout_spinner()
        spinner.update = lambda: None
        self.binaries_only = binaries_only
        self.root = own["root_config"]
        self.settings = self.root.settings
        self.scratch = portage.config(clone=self.settings)
        """Settings that may be turned to one package after another."""
        self.ebuilds = own["porttree"].dbapi
        self.binaries = own["bintree"].dbapi
        self.heard: list[str] = []
        """All that Portage said so far; it complains of a damaged ebuild only once."""
        self._depgraph = (self.settings, config.trees, options, create_depgraph_params(options, None))
        self._spinner = spinner
        self._frozen = _frozen_depgraph_config(*self._depgraph, spinner)

    def resolve(self, atoms: Sequence[str]) -> tuple[bool, Any, list[str]]:
        """Resolve these atoms with nothing installed: whether it worked, the graph, what Portage said."""
        with overheard() as said:
            found = _backtrack_depgraph(*self._depgraph, None, list(atoms), self._spinner, self._frozen)
            success, graph = found[:2]
            if not success:
                graph.display_problems()
        self.heard += said
        return bool(success), graph, said

    def atoms(self, given: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """The atoms of a world, sets expanded, with where they are from; what cannot be read, with why."""
        found: dict[str, str] = {}
        unreadable: dict[str, str] = {}
        implied = [f"@{name}" for name in IMPLIED_SETS if name in self.root.sets]
        for text in [*given, *implied]:
            source = text if text.startswith("@") else "@world"
            try:
                for atom in self._expand(text):
                    found.setdefault(str(Atom(atom, allow_repo=True)), f"in {source}")
            except PackageSetNotFound as error:
                unreadable[text] = f"there is no set {error}"
            except InvalidAtom as error:
                unreadable[text] = f"{error} is not an atom"
        return found, unreadable

    def _expand(self, text: str) -> list[str]:
        if not text.startswith("@"):
            return [text]
        return sorted(str(atom) for atom in self.root.setconfig.getSetAtoms(text[1:]))


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What this process and those that it starts write meanwhile, in lines, once it is over."""
    said: list[str] = []
    sys.stdout.flush()
    sys.stderr.flush()
    with TemporaryFile() as ear:
        own = [os.dup(descriptor) for descriptor in (1, 2)]
        os.dup2(ear.fileno(), 1)
        os.dup2(ear.fileno(), 2)
        try:
            yield said
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for descriptor, saved in enumerate(own, 1):
                os.dup2(saved, descriptor)
                os.close(saved)
            ear.seek(0)
            said += _lines(ear.read().decode(errors="replace"))


def _lines(text: str) -> list[str]:
    """The lines of Portage's that say something, without colours."""
    plain = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]
    return [line for line in plain if line and not line.startswith(CHATTER)][:LINES]
