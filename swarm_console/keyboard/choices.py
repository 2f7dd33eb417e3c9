"""What a parameter of an action may be: the swarm's own names, each with a word on it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from swarm_console.actions.action import Parameter
from swarm_console.known.picture import Picture
from swarm_console.known.standing import standing
from swarm_console.words.pen import count, moment

SHOWN: Final = 50
"""Names that are offered at once; more are found by typing."""


class Choice(NamedTuple):
    """A name as an action takes it, and what helps to tell it from others."""

    name: str
    words: str = ""


def choices(picture: Picture, parameter: Parameter) -> Sequence[Choice]:
    """All that fits a parameter as the swarm stands; nothing where only the person knows."""
    if parameter.choices:
        return [Choice(name) for name in parameter.choices]
    known = _KNOWN.get(parameter.completes)
    return list(known(picture)) if known is not None else []


def matching(offered: Sequence[Choice], typed: str) -> list[Choice]:
    """Those that a text may become, the first ones: every word of it stands somewhere in the name."""
    words = typed.lower().split()
    fitting = (each for each in offered if all(word in each.name.lower() for word in words))
    return list(islice(fitting, SHOWN))


def _nodes(picture: Picture) -> Iterator[Choice]:
    for node in sorted(picture.state.nodes.values(), key=lambda node: (not node.up, node.name)):
        build = picture.building(node)
        doing = f" {build.id}" if build is not None else ""
        yield Choice(node.name, f"{standing(node, build)[0]}{doing}")


def _packages(picture: Picture) -> Iterator[Choice]:
    for build in picture.queue:
        yield Choice(build.id, build.status)


def _releases(picture: Picture) -> Iterator[Choice]:
    for release in sorted(picture.state.releases.values(), key=lambda release: -release.number):
        if release.status == "published":
            seen = ", clients see it" if release.number == picture.state.current else ""
            words = f"{count(release.packages, 'package')}, {moment(release.at)}{seen}"
            yield Choice(str(release.number), words)


_KNOWN: Final[dict[str, Callable[[Picture], Iterator[Choice]]]] = {
    "node": _nodes,
    "package": _packages,
    "release": _releases,
}
"""What a parameter completes, and where such names come from."""
