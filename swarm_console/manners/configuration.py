"""console.toml: how a person wants the console; the machine's in /etc first, the person's own over it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from swarm_console.errors import Usage, nearest
from swarm_console.wire.settings import DIRECTORY

NAME: Final = "console.toml"


class Attention(msgspec.Struct, frozen=True):
    """How the console asks for a person who looks elsewhere."""

    bell: bool = True
    """Ring once for everything that newly needs a person."""
    title: bool = True
    """Say in the terminal's title what needs a person."""


class Shell(msgspec.Struct, frozen=True):
    """How a shell on a node is opened."""

    command: str = "ssh {host}"
    """Words of a command; {host} is where the node is reached, {node} its name. No shell reads them."""


class Configuration(msgspec.Struct, frozen=True):
    """Everything that console.toml can say."""

    keys: dict[str, str] = {}
    """Other keys, by the names that `swarm-console --run keys` lists: `balance = "B"`."""
    attention: Attention = Attention()
    shell: Shell = Shell()


class Configured(msgspec.Struct, frozen=True):
    """A configuration, and which file named each key, for words about keys that cannot be."""

    values: Configuration = Configuration()
    named_in: dict[str, Path] = {}


def files() -> tuple[Path, ...]:
    """Where a console.toml may lie; later ones win."""
    from platformdirs import user_config_path

    return Path(DIRECTORY) / NAME, user_config_path("build-swarm") / NAME


def configured(paths: Iterable[Path]) -> Configured:
    """What the files say together. Raises: Usage for one that cannot be meant, naming it and the place."""
    said: dict[str, dict[str, Any]] = {}
    named_in: dict[str, Path] = {}
    for path in paths:
        document = _read(path)
        _check(path, document, "", Configuration)
        for table, entries in document.items():
            said.setdefault(table, {}).update(entries)
        named_in.update(dict.fromkeys(document.get("keys", ()), path))
    return Configured(msgspec.convert(said, Configuration), named_in)


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = msgspec.toml.decode(path.read_text(encoding="utf-8"))
        return found
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise Usage(f"{path}: not UTF-8", "make it readable text") from None
    except OSError as error:
        raise Usage(f"{path}: {error.strerror or error}", "make it a file that this user may read") from None
    except msgspec.DecodeError as error:
        raise Usage(f"{path}: {error}", 'lines are written like: balance = "B"') from None


def _check(path: Path, found: dict[str, Any], within: str, kind: type[msgspec.Struct]) -> None:
    """Every name known and every value of its type, down to the last table."""
    known = {field.name: field.type for field in msgspec.structs.fields(kind)}
    for name, value in found.items():
        place = f"{within}{name}"
        if name not in known:
            raise Usage(f"{path}: there is no {place[:60]!r}", nearest(name, known, f"known: {_list(known)}"))
        wanted = known[name]
        if isinstance(wanted, type) and issubclass(wanted, msgspec.Struct) and isinstance(value, dict):
            _check(path, value, f"{place}.", wanted)
            continue
        try:
            msgspec.convert(value, wanted)
        except msgspec.ValidationError as error:
            raise Usage(f"{path}: {place}: {error}", _example(wanted)) from None


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _example(wanted: Any) -> str:
    if wanted is str:
        return 'write a text: "ssh {host}"'
    return "write true or false" if wanted is bool else 'a table of names and values: balance = "B"'
