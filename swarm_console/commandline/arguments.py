"""The whole command line, read out of the registry of actions with argparse."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from swarm_console.actions.action import Action, Parameter
from swarm_console.actions.registry import ACTIONS, find
from swarm_console.commandline.listing import listing, listing_json
from swarm_console.commandline.options import LOOPBACK, OPTIONS, SHORT, WEB_PORT
from swarm_console.commandline.request import BY_ACTION, Request
from swarm_console.errors import Usage, nearest

KINDS = {"text": str, "integer": int, "number": float}
EXITS = (
    "exit codes: 0 done, 1 refused or failed, 2 usage or a missing --yes, 3 nothing answers, 4 not allowed"
)


class Parser(argparse.ArgumentParser):
    """Raises Usage instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise Usage(message, f"{self.prog} --help")


def parse(words: Sequence[str], program: str) -> Request:
    """The request of a command line in any of its forms. Raises: Usage."""
    options, rest = everywhere(program).parse_known_args(list(words))
    options.demo = options.demo or options.demo_dir is not None
    if options.replay is not None:
        _check_replay(options)
    if options.demo and options.gateway:
        raise Usage("--demo has a gateway of its own", "leave out --gateway, or --demo")
    web = _web(options)
    name = options.run
    if name is None and program == BY_ACTION and rest and not rest[0].startswith("-"):
        name, *rest = rest
    if name is None:
        return _without_action(options, rest, program, web)
    if web is not None:
        raise Usage("--web is a screen and takes no action", f"{program} --web, or {program} --run {name}")
    action = find(name)
    parser = for_action(action, program)
    if options.help:
        return Request(text=parser.format_help())
    params = _params(action, parser, rest)
    return Request(
        action,
        params,
        as_json=options.json,
        yes=options.yes,
        readonly=options.readonly,
        gateway=options.gateway,
        demo=options.demo,
        demo_dir=options.demo_dir,
    )


def _web(options: argparse.Namespace) -> tuple[str, int] | None:
    """Where --web listens, if it is asked for. Raises: Usage."""
    if not options.web:
        for name in ("host", "port"):
            if getattr(options, name) is not None:
                raise Usage(f"--{name} says where --web listens", f"swarm-console --web --{name} …")
        return None
    if options.json:
        raise Usage("--web is a screen and no document", "leave out --json, or --web")
    port = options.port or str(WEB_PORT)
    if not (port.isascii() and port.isdecimal() and int(port) < 65536):
        raise Usage(f"{port!r:.40} is no port", "from 1 to 65535, or 0 for a free one")
    return options.host or LOOPBACK, int(port)


def _without_action(
    options: argparse.Namespace, rest: list[str], program: str, web: tuple[str, int] | None
) -> Request:
    if rest:
        known = [f"--{option.name}" for option in OPTIONS]
        hint = f"{program} --run {rest[0]}" if rest[0] in ACTIONS else f"{program} --help"
        raise Usage(f"what is {rest[0]!r:.60}?", nearest(rest[0], known, hint))
    if options.help:
        return Request(text=help_text(program))
    if options.version:
        from swarm_console import __version__

        return Request(text=f"swarm-console {__version__}\n")
    if options.list:
        return Request(text=listing_json() if options.json else listing())
    if options.completion:
        from swarm_console.commandline.completion import script

        return Request(text=script(options.completion))
    if options.names:
        return Request(text=_names(options))
    shown = options.demo or web is not None or options.replay is not None
    if program == BY_ACTION and not shown:
        raise Usage("which action?", f"{program} status, or see them all: {program} --list")
    return Request(
        as_json=options.json,
        web=web,
        readonly=options.readonly,
        gateway=options.gateway,
        demo=options.demo,
        demo_dir=options.demo_dir,
        replay=options.replay,
    )


def _check_replay(options: argparse.Namespace) -> None:
    """Raises: Usage."""
    if options.run is not None:
        raise Usage("--replay is the whole screen", "leave out --run, or --replay")
    if options.json:
        raise Usage("--replay has no document", "the sessions have one: swarm-console --run sessions --json")
    if options.web:
        raise Usage("--web shows the live swarm", "choose a session there, with S; leave out --replay")
    if not (options.replay == "last" or (options.replay.isascii() and options.replay.isdecimal())):
        raise Usage(
            f"there is no session {options.replay!r:.40}",
            "name its number, or last; see them: swarm-console --run sessions",
        )


def _names(options: argparse.Namespace) -> str:
    """For the completion scripts. Raises: Refused."""
    from swarm_console.commandline.completion import names
    from swarm_console.wire.ask import Swarm
    from swarm_console.wire.settings import gateway

    return "\n".join(names(options.names, Swarm(*gateway(options.gateway)))) + "\n"


def everywhere(program: str) -> Parser:
    """The options that every command line may have."""
    parser = Parser(prog=program, add_help=False, allow_abbrev=False)
    for option in OPTIONS:
        flags = [f"--{option.name}", *([SHORT[option.name]] if option.name in SHORT else [])]
        if not option.word:
            parser.add_argument(*flags, action="store_true", help=option.help)
            continue
        choices = option.choices or None
        parser.add_argument(*flags, metavar=option.word, choices=choices, help=option.help)
    parser.add_argument("--names", choices=("package", "node", "release"), help=argparse.SUPPRESS)
    return parser


def for_action(action: Action, program: str) -> Parser:
    """The parser of an action's own parameters."""
    prog = f"{program} {action.name}" if program == BY_ACTION else f"{program} --run {action.name}"
    parser = Parser(
        prog=prog, description=f"{action.help}.", add_help=False, allow_abbrev=False, epilog=_epilog(action)
    )
    for parameter in action.parameters:
        _add(parser, parameter)
    return parser


def _epilog(action: Action) -> str:
    danger = "Dangerous: asks first, naming what would be lost; --yes goes on. " if action.dangerous else ""
    return f"{danger}Also: --json, --gateway URL, --demo-dir DIR."


def _add(parser: Parser, parameter: Parameter) -> None:
    options: dict[str, Any] = {"help": parameter.help, "default": parameter.default}
    if parameter.kind == "flag":
        parser.add_argument(parameter.option, action="store_true", dest=parameter.name, **options)
        return
    options["metavar"] = parameter.word
    options["type"] = KINDS[parameter.kind]
    if parameter.choices:
        options["choices"] = parameter.choices
    if not parameter.positional:
        parser.add_argument(parameter.option, dest=parameter.name, **options)
        return
    nargs = "*" if parameter.many else None if parameter.required else "?"
    parser.add_argument(parameter.name, nargs=nargs, **options)


def given_by(action: Action, words: Sequence[str]) -> dict[str, Any]:
    """What the words after an action's name say, without what is said by leaving it out. Raises: Usage.

    What is required may be missing: whoever asks for an action on the screen is asked for it.
    """
    required = [parameter for parameter in action.parameters if parameter.required]
    if not words and required:
        return {}
    found, defaults = _params(action, for_action(action, BY_ACTION), list(words)), action.defaults()
    return {name: value for name, value in found.items() if value != defaults[name]}


def _params(action: Action, parser: Parser, words: list[str]) -> dict[str, Any]:
    params, left = parser.parse_known_intermixed_args(words)
    if left:
        own = [p.option for p in action.parameters if not p.positional]
        known = [*own, *(f"--{option.name}" for option in OPTIONS)]
        hint = nearest(left[0], known if left[0].startswith("-") else (), f"usage: {action.usage}")
        raise Usage(f"{action.name} does not take {left[0]!r:.60}", hint)
    found = vars(params)
    return action.defaults(**{name: value for name, value in found.items() if value is not None})


def help_text(program: str) -> str:
    """What the program is, its options, and its actions."""
    use = f"usage: {program} ACTION [OPTIONS]" if program == BY_ACTION else f"usage: {program} [OPTIONS]"
    options = everywhere(program).format_help().partition("\n\n")[2]
    about = "The operations console of a Gentoo build swarm: without an action, on the whole screen."
    return f"{use}\n\n{about}\n\n{options}\n{listing()}\n{EXITS}\n"
