"""Fix blocked: the cures that the diagnoses name, each with what it would set going."""

import shlex
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from swarm_console.harmless import one_line
from swarm_console.panes.blocked import cure_of
from swarm_console.pen import count, duration
from swarm_console.picture import Picture
from swarm_console.screens.live import Dialog
from swarm_node.model.state import Build
from swarm_node.model.why import remedy_command

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

UNBLOCK = "build-swarm unblock"


class Cure(NamedTuple):
    """A command (empty: only a person can), whom it cures, and the seconds of compiling that it unlocks."""

    command: str
    builds: tuple[Build, ...]
    seconds: float

    @property
    def action(self) -> str:
        """The name of the registry's action."""
        return shlex.split(self.command)[1] if self.command else ""

    @property
    def packages(self) -> list[str]:
        """What the action is to be called with."""
        return shlex.split(self.command)[2:]


def cures(picture: Picture) -> list[Cure]:
    """The distinct cures of what is blocked, the one that unlocks the most first, people's work last."""
    groups: dict[str, list[Build]] = {}
    for build in picture.blocked:
        command = remedy_command(build) if build.diagnosis is not None else ""
        together = command.startswith(UNBLOCK)
        groups.setdefault(UNBLOCK if together else command, []).append(build)
    found = [
        Cure(_named(command, builds), tuple(builds), _seconds(picture, builds))
        for command, builds in groups.items()
    ]
    return sorted(found, key=lambda cure: (not cure.command, -cure.seconds, cure.command))


def _named(command: str, builds: list[Build]) -> str:
    """The command with the packages that it is about, where it cures several at once."""
    return (
        shlex.join([*shlex.split(UNBLOCK), *(f"={b.row.cpv}" for b in builds)])
        if command == UNBLOCK
        else command
    )


def _seconds(picture: Picture, builds: list[Build]) -> float:
    held = {other.id: other for build in builds for other in (build, *picture.held_up_by(build))}
    return sum(picture.predicted(build) for build in held.values())


class CuresDialog(Dialog[Cure | None]):
    """The chosen cure, to be done; None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "Back")]

    def __init__(self, found: list[Cure]) -> None:
        super().__init__()
        self._cures = found

    def compose(self) -> ComposeResult:
        with Vertical(classes="box -wide"):
            yield Static("Fix blocked packages", classes="heading", markup=False)
            yield OptionList(*map(_option, self._cures))
            yield Static("Enter does it, Esc goes back", classes="command", markup=False)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Take the cure under the cursor."""
        self.dismiss(self._cures[event.option_index])


def offer_cures(app: "SwarmConsole") -> None:
    """Offer the cures of what is blocked, and do the one that is chosen."""
    found = cures(app.picture())
    if not found:
        app.notify("nothing is blocked", title="Fix blocked", markup=False)
        return

    def cure(chosen: Cure | None) -> None:
        if chosen is not None:
            app.do(chosen.action, chosen.packages)

    app.push_screen(CuresDialog(found), cure)


def _option(cure: Cure) -> Option:
    head = cure.command if cure.action == "unblock" else cure_of(cure.builds[0])[0]
    gain = f"{count(len(cure.builds), 'package')}, unlocks {duration(cure.seconds)} of compiling"
    text = Text(one_line(head), "bold" if cure.command else "")
    text.append(f"\n  {gain}", "dim")
    for build in cure.builds[:4]:
        said = build.diagnosis.summary if build.diagnosis is not None else "no diagnosis"
        text.append("\n" + one_line(f"  • {build.id}: {said}"))
    if len(cure.builds) > 4:
        text.append(f"\n  … and {len(cure.builds) - 4} more", "dim")
    return Option(text, disabled=not cure.command)
