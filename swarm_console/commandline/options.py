"""The options that every command line may have, as data for the parser and for completion."""

from typing import NamedTuple

WEB_PORT, LOOPBACK = 8093, "127.0.0.1"
"""Where --web listens if nothing else is said."""


class Option(NamedTuple):
    """One option; without `word` it is a flag, otherwise `word` stands for its value in a usage line."""

    name: str
    help: str
    word: str = ""
    choices: tuple[str, ...] = ()


OPTIONS = (
    Option("run", "do one action without the screen", "ACTION"),
    Option("list", "every action: name, key, one line, whether it is dangerous"),
    Option("json", "one JSON document on stdout; talk goes to stderr"),
    Option("yes", "go on with a dangerous action without asking"),
    Option("gateway", "the gateway (default: GATEWAY_URL, console.conf, loopback)", "URL"),
    Option("demo", "on an embedded swarm that really builds"),
    Option("demo-dir", "where the embedded swarm is kept; implies --demo", "DIR"),
    Option("replay", "see a session of the past again: its number, or last", "SESSION"),
    Option("readonly", "look only: whatever would change something is refused"),
    Option("web", "the console in a browser on this machine"),
    Option("host", f"the loopback address that --web listens on (default: {LOOPBACK})", "HOST"),
    Option("port", f"the port that --web listens on (default: {WEB_PORT}; 0 for a free one)", "PORT"),
    Option("completion", "a script for bash, zsh or fish", "SHELL", ("bash", "zsh", "fish")),
    Option("version", "say the version"),
    Option("help", "say this; with an action, what it takes"),
)
SHORT = {"yes": "-y", "help": "-h"}
