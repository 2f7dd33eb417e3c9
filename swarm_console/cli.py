"""`swarm-console` and `build-swarm`: from the command line to an action and its exit code, or to the screen.

Everything that a `status` does not need is imported late.
"""

from __future__ import annotations

import json
import os
import sys

from swarm_console.commandline.request import BY_ACTION, PROGRAM, understood
from swarm_console.wire.ask import Swarm
from swarm_console.wire.settings import gateway
from swarm_console.words.pen import Pen, to_ascii

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TextIO

    from swarm_console.actions.action import Action
    from swarm_console.commandline.request import Request


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code. Ctrl-C ends what this process started, and says so."""
    words = sys.argv[1:] if argv is None else list(argv)
    program = BY_ACTION if sys.argv[0].rpartition("/")[2] == BY_ACTION else PROGRAM
    as_json = "--json" in words
    try:
        return done(understood(words, program))
    except BrokenPipeError:
        return _nobody_reads()
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("SWARM_DEBUG"):
            raise
        return failed(error, as_json)


def done(request: Request) -> int:
    """Carry a request out; the exit code. Raises: Refused, Usage."""
    if request.text:
        write(sys.stdout, request.text.removesuffix("\n"))
        return 0
    if request.readonly and request.action is not None and request.action.alters(request.params):
        from swarm_console.wire.ask import refused

        raise refused("forbidden", f"{request.action.name} changes the swarm", "leave out --readonly")
    if not request.demo:
        url, token = gateway(request.gateway)
        return on_swarm(request, url, token)
    from swarm_console.wire.demo import embedded

    with embedded(request.demo_dir, say) as url:
        try:
            return on_swarm(request, url, "")
        except KeyboardInterrupt:
            raise KeyboardInterrupt("what the embedded swarm was doing is kept") from None


def on_swarm(request: Request, url: str, token: str) -> int:
    """Carry a request out on the swarm of a gateway."""
    if request.web is not None:
        return in_browser(request, url, token)
    screen = request.action is None or request.action.name == "monitor"
    if screen and not request.as_json and has_screen():
        return full_screen(url, token, request.readonly, request.replay)
    if request.replay is not None:
        from swarm_console.errors import Usage

        raise Usage("a replay needs a terminal", "without one: swarm-console --run sessions")
    if request.action is None:
        from swarm_console.actions.registry import ACTIONS

        request.action = ACTIONS["dashboard"]
        request.params = request.action.defaults()
    swarm = Swarm(url, token, say, say if request.as_json else show, agreed=request.yes)
    if request.action.dangerous and not request.yes:
        from swarm_console.commandline.confirm import confirm

        confirm(request.action, swarm, request.params)
    outcome = request.action.run(swarm, request.params)
    if request.as_json:
        write(sys.stdout, json.dumps(outcome.document))
    else:
        report(request.action, outcome.document)
    return outcome.exit_code


def full_screen(url: str, token: str, readonly: bool, replay: str | None = None) -> int:
    """The console on the whole screen."""
    from swarm_console.opening import run

    return run(url, readonly=readonly, token=token, replay=replay, say=say)


def has_screen() -> bool:
    """Whether there is a terminal to draw on, or something else that Textual is told to draw on."""
    return bool(os.environ.get("TEXTUAL_DRIVER")) or (terminal(sys.stdin) and terminal(sys.stdout))


def in_browser(request: Request, url: str, token: str) -> int:
    """The console for browsers of this machine."""
    from swarm_console.web.server import serve

    assert request.web is not None
    return serve(url, *request.web, show, readonly=request.readonly, token=token)


def report(action: Action, document: Any) -> None:
    """An outcome for people, on stdout."""
    pen = Pen(colourful(sys.stdout))
    for line in action.render(clean(document), pen):
        write(sys.stdout, line)


def failed(error: BaseException, as_json: bool) -> int:
    """Tell an error, on stdout as JSON or on stderr in two lines; its exit code."""
    from swarm_console.errors import explained

    document, code = explained(error)
    try:
        if as_json:
            write(sys.stdout, json.dumps(document))
        else:
            _tell(clean(document["error"]))
    except BrokenPipeError:
        return _nobody_reads()
    return code


def _tell(error: Any) -> None:
    pen = Pen(colourful(sys.stderr))
    write(sys.stderr, f"{pen('bad', '✗')} {error['message']}")
    if error["hint"]:
        write(sys.stderr, f"  → {error['hint']}")


def say(line: str) -> None:
    """Talk, for whoever waits: on stderr."""
    write(sys.stderr, clean(line))


def show(line: str) -> None:
    """A line of what was asked for: on stdout."""
    write(sys.stdout, clean(line))


def write(stream: TextIO | None, line: str) -> None:
    """One line, at once, in what the stream's encoding can say; into a closed one, nothing."""
    if stream is None:
        return
    try:
        stream.write(f"{line}\n")
    except UnicodeEncodeError:
        stream.write(f"{to_ascii(line)}\n")
    stream.flush()


def clean(value: Any) -> Any:
    """A document whose texts can do no harm to a terminal."""
    if isinstance(value, str):
        if value.isprintable():
            return value
        from swarm_console.words.harmless import harmless

        return harmless(value)
    if isinstance(value, dict):
        return {clean(key): clean(each) for key, each in value.items()}
    return [clean(each) for each in value] if isinstance(value, list) else value


def terminal(stream: TextIO | None) -> bool:
    """Whether a person is at the other end."""
    return stream is not None and stream.isatty()


def colourful(stream: TextIO | None) -> bool:
    """Whether colours are seen there, and wanted (no-color.org)."""
    return terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _nobody_reads() -> int:
    """Who read our output went away: end without a word, and keep the interpreter from trying again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
