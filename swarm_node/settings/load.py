"""From file and environment to checked settings, with an error that names the place and the next step."""

import os
import textwrap
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

from swarm_node.settings.roles import Settings
from swarm_node.settings.shell_file import Assignment, BadSettings, read

S = TypeVar("S", bound=Settings)

DIRECTORY: Final = Path("/etc/build-swarm")
EXPECTED: Final = {
    "bool_parsing": "expected true or false",
    "float_parsing": "expected a number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
}


def load(kind: type[S], path: Path | None = None) -> S:
    """The settings of a role out of `path`, or out of the handbook's file where there is one.

    Raises: BadSettings.
    """
    where = path or DIRECTORY / f"{kind.role}.conf"
    try:
        found = read(where)
    except FileNotFoundError:
        if path is not None:
            hint = f"make one: swarm-node {kind.role} --sample > {path}"
            raise BadSettings(str(where), "no such file", hint) from None
        found = {}
    keys = [name.upper() for name in kind.model_fields]
    for key, assignment in found.items():
        if key not in keys:
            raise _unknown(key, f"{where}:{assignment.line}", keys)
    if "SWARM_TOKEN" in found and found["SWARM_TOKEN"].value:
        _check_private(where)
    try:
        values: dict[str, Any] = {key: assignment.value for key, assignment in found.items()}
        return kind(**values)
    except ValidationError as error:
        raise _explain(error.errors()[0], kind, where, found) from None


def sample(kind: type[Settings]) -> str:
    """A configuration file of a role with every key, its meaning and its default, commented out."""
    lines = [
        f"# {kind.__doc__}",
        "# Every key may also be set in the environment, which wins over this file.",
    ]
    for name, field in kind.model_fields.items():
        lines += [
            "",
            *textwrap.wrap(field.description or "", 100, initial_indent="# ", subsequent_indent="# "),
        ]
        value = _default(field)
        lines.append(f'{name.upper()}=""' if value is None else f'#{name.upper()}="{value}"')
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str | None:
    """A field's default as text; None where the operator must choose."""
    if field.is_required():
        return None
    value: Any = field.default
    if value is PydanticUndefined or value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) and value < 1e6 else str(value)


def _unknown(key: str, where: str, keys: list[str]) -> BadSettings:
    near = get_close_matches(key, keys, n=1)
    hint = f"did you mean {near[0]}?" if near else f"keys are {', '.join(sorted(keys))}"
    return BadSettings(where, f"unknown key {key}", hint)


def _check_private(path: Path) -> None:
    mode = path.stat().st_mode
    if mode & 0o077:
        raise BadSettings(str(path), "holds SWARM_TOKEN and others may read it", f"chmod 600 {path}")


def _explain(
    error: ErrorDetails, kind: type[Settings], path: Path, found: dict[str, Assignment]
) -> BadSettings:
    key = str(error["loc"][0]).upper()
    description = kind.model_fields[key.lower()].description or ""
    if error["type"] == "missing":
        return BadSettings(str(path), f"{key} is missing", f'write {key}="…": {description}')
    message = EXPECTED.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    message = message.replace("Input should be", "expected")
    from_file = key in found and key not in os.environ
    where = f"{path}:{found[key].line}" if from_file else "environment"
    told = "" if key == "SWARM_TOKEN" else f"={error['input']!r}"
    return BadSettings(where, f"{key}{told}: {message}", description)


def shown(settings: Settings) -> str:
    """The settings in force as KEY="value" lines, the secret left out."""
    pairs = ((name.upper(), getattr(settings, name)) for name in type(settings).model_fields)
    return "\n".join(f'{key}="{_plain(value)}"' for key, value in pairs)


def _plain(value: object) -> str:
    return "" if value is None else "…" if isinstance(value, SecretStr) else str(value)
