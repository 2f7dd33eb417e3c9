"""What an action is: its declaration, which the command line, the palette and the README all read."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

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


class Inverse:
    """How an action is taken back: with which other action, once an event proves that it did something.

    `effect` names that event; it counts if its fields are as in `like` and equal to the action's parameters
    that `same` pairs with them. `takes` says which of its fields each parameter of the other action gets,
    `sets` what others are.
    Without `action` there is no way back, and `why` says so.
    """

    __slots__ = ("action", "effect", "like", "same", "sets", "takes", "why")

    def __init__(
        self,
        action: str,
        effect: str,
        like: dict[str, object] | None = None,
        same: dict[str, str] | None = None,
        takes: dict[str, str] | None = None,
        why: str = "",
        sets: dict[str, object] | None = None,
    ) -> None:
        self.action, self.effect, self.why, self.sets = action, effect, why, sets or {}
        self.like, self.same, self.takes = like or {}, same or {}, takes or {}


class Action:
    """One action of an operator.

    `run` does it and returns its outcome; `render` turns the outcome's document into lines for people.
    `changes` marks what alters the swarm, `dangerous` what asks first, and `loses` then says, in lines, what
    would be gone or become visible, as the swarm stands now (no lines: nothing, and nobody is asked); it may
    pin down in the parameters what it looked at. `inverses` are the ways to take it back. What only looks
    unless a flag is given, and then changes something, has the flag's name in `changing`.
    """

    __slots__ = (
        "changes",
        "changing",
        "dangerous",
        "help",
        "inverses",
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
        inverses: tuple[Inverse, ...] = (),
        changing: str = "",
    ) -> None:
        self.name, self.title, self.help, self.key = name, title, help, key
        self.run, self.render, self.parameters = run, render, parameters
        self.changes, self.loses, self.dangerous = changes, loses, loses is not None
        self.inverses = inverses
        self.changing = changing

    @property
    def usage(self) -> str:
        """The command line: name and parameters."""
        return " ".join([self.name, *(parameter.usage for parameter in self.parameters)])

    @property
    def undoable(self) -> bool:
        """Whether there is a way back from it."""
        return any(inverse.action for inverse in self.inverses)

    def line(self, given: Params) -> str:
        """The command line that does it with what is given."""
        import shlex

        words = ["build-swarm", self.name]
        for parameter in self.parameters:
            value = given.get(parameter.name)
            if not value:
                continue
            option = [] if parameter.positional else [parameter.option]
            values = list(value) if parameter.many else [] if parameter.kind == "flag" else [value]
            words += [*option, *map(str, values)]
        return shlex.join([*words, *(["--yes"] if self.dangerous else [])])

    def alters(self, params: Params) -> bool:
        """Whether it changes the swarm when it is called like this."""
        return self.changes or bool(params.get(self.changing))

    def defaults(self, **given: object) -> Params:
        """A full set of parameters: the defaults, and what is given."""
        return {p.name: ([] if p.many else p.default) for p in self.parameters} | given
