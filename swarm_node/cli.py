"""`swarm-node gateway | orchestrator | drone | demo`: reads the settings of a role and runs its service."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from swarm_node.model.refusal import DONE, FAILED

if TYPE_CHECKING:
    from swarm_node.settings import Settings

ROLES: Final = {
    "gateway": "the address that everyone knows; routes to the orchestrator that leads",
    "orchestrator": "the log, the queue, staging and releases",
    "drone": "builds what the orchestrator gives it",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a role until it is asked to stop; the exit code: 0 stopped, 1 cannot start, 2 usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["demo"]:
        code: int = import_module("swarm_node.demo.supervisor").main(words[1:])
        return code
    options = _parser().parse_args(words)
    from swarm_node.settings import BadSettings, load, sample
    from swarm_node.settings.load import shown
    from swarm_node.settings.roles import ROLES as KINDS

    kind = KINDS[options.role]
    if options.sample:
        print(sample(kind), end="")
        return DONE
    try:
        settings = load(kind, options.config)
    except BadSettings as error:
        print(f"swarm-node {options.role}: {error}\n  → {error.hint}", file=sys.stderr)
        return FAILED
    if getattr(options, "nginx", False):
        return _print_nginx(settings)
    if options.check:
        print(shown(settings))
        return DONE
    return _serve(settings, options.ready_fd)


def _print_nginx(settings: "Settings") -> int:
    from swarm_node.model.refusal import Refused
    from swarm_node.orchestrator.nginx import configuration
    from swarm_node.settings import OrchestratorSettings

    assert isinstance(settings, OrchestratorSettings)
    try:
        print(configuration(settings.production_dir), end="")
    except Refused as no:
        print(f"swarm-node orchestrator: {no.message}\n  → {no.hint}", file=sys.stderr)
        return FAILED
    return DONE


def _serve(settings: "Settings", ready_fd: int | None) -> int:
    from swarm_node.http.service import run

    app = import_module(f"swarm_node.{settings.role}.app")
    return run(
        lambda: app.make_app(settings),
        name=settings.role,
        host=settings.bind,
        port=settings.port,
        log_file=settings.log_file,
        ready_fd=ready_fd,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="swarm-node", description="The services of a Gentoo build swarm.")
    roles = parser.add_subparsers(dest="role", required=True, metavar="ROLE")
    for role, help_text in ROLES.items():
        sub = roles.add_parser(role, help=help_text, description=f"{role}: {help_text}.")
        sub.add_argument(
            "--config", type=Path, metavar="FILE", help=f"settings (default: /etc/build-swarm/{role}.conf)"
        )
        sub.add_argument("--check", action="store_true", help="print the settings in force, and exit")
        sub.add_argument("--sample", action="store_true", help="print a commented settings file, and exit")
        sub.add_argument(
            "--ready-fd", type=int, metavar="N", help="file descriptor for the line that says it listens"
        )
    roles.choices["orchestrator"].add_argument(
        "--nginx", action="store_true", help="print an nginx configuration that serves production, and exit"
    )
    roles.add_parser("demo", help="a whole swarm on this machine, for a look", add_help=False)
    return parser
