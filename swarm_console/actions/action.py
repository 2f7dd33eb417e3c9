"""What an action is: its declaration, which the command line, the palette and the README all read."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from swarm_console.ask import Swarm
    from swarm_console.pen import Pen

    Params = dict[str, Any]
    Run = Callable[[Swarm, Params], "Outcome"]
    Render = Callable[[Any, Pen], list[str]]
    Loses = Callable[[Swarm, Params], list[str]]


class Outcome:
    """What came of an action: a document that JSON can hold, and the exit code."""

    __slots__ = ("document", "exit_code")

    def __init__(self, document: Any, exit_code: int = 0) -> None:
        self.document, self.exit_code = document, exit_code


class Parameter:
    """One thing that an action can be told.

    `kind` is text, integer, number or flag; `positional` ones stand after the action, others are --options;
    `completes` says which names of the swarm fit: package, node, release, file or nothing; `choices` are all
    that fit; `word` stands for the value in a usage line.
    """

    __slots__ = (
        "choices",
        "completes",
        "default",
        "help",
        "kind",
        "many",
        "name",
        "positional",
        "required",
        "word",
    )

    def __init__(
        self,
        name: str,
        help: str,  # noqa: A002
        kind: str = "text",
        default: object = None,
        positional: bool = False,
        required: bool = False,
        many: bool = False,
        completes: str = "",
        choices: tuple[str, ...] = (),
        word: str = "",
    ) -> None:
        self.name, self.help, self.kind, self.default = name, help, kind, default
        self.positional, self.required, self.many, self.completes = positional, required, many, completes
        self.choices, self.word = choices, word or (name if positional else kind).upper()

    @property
    def option(self) -> str:
        """As an option: --force."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def usage(self) -> str:
        """As it stands in a command line: NODE, [PACKAGE …], [--force REASON]."""
        if self.positional:
            word = f"{self.word} …" if self.many else self.word
            return word if self.required else f"[{word}]"
        return f"[{self.option}]" if self.kind == "flag" else f"[{self.option} {self.word}]"


class Action:
    """One action of an operator.

    `run` does it and returns its outcome; `render` turns the outcome's document into lines for people.
    `changes` marks what alters the swarm, `dangerous` what asks first, and `loses` then says, in lines, what
    would be gone or become visible, as the swarm stands now.
    """

    __slots__ = (
        "changes",
        "dangerous",
        "help",
        "key",
        "loses",
        "name",
        "parameters",
        "render",
        "run",
        "title",
    )

    def __init__(
        self,
        name: str,
        title: str,
        help: str,  # noqa: A002
        run: Run,
        render: Render,
        key: str | None = None,
        parameters: tuple[Parameter, ...] = (),
        changes: bool = False,
        loses: Loses | None = None,
    ) -> None:
        self.name, self.title, self.help, self.key = name, title, help, key
        self.run, self.render, self.parameters = run, render, parameters
        self.changes, self.loses, self.dangerous = changes, loses, loses is not None

    @property
    def usage(self) -> str:
        """The command line: name and parameters."""
        return " ".join([self.name, *(parameter.usage for parameter in self.parameters)])

    def defaults(self, **given: object) -> Params:
        """A full set of parameters: the defaults, and what is given."""
        return {p.name: ([] if p.many else p.default) for p in self.parameters} | given
