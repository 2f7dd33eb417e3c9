"""Which gateway to ask: the command line, the environment, the machine's configuration, or loopback."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DIRECTORY = "/etc/build-swarm"
DEFAULT = "http://127.0.0.1:8090"
KEYS = ("GATEWAY_URL", "SWARM_TOKEN")


def gateway(
    option: str | None, env: Mapping[str, str] = os.environ, directory: str = DIRECTORY
) -> tuple[str, str]:
    """URL of the gateway and the swarm's secret ("" for none).

    The URL comes from the option, SWARM_GATEWAY, GATEWAY_URL, console.conf or drone.conf, the first that is
    there. Raises: Usage for a console.conf that cannot be meant, naming file and line.
    """
    url = option or env.get("SWARM_GATEWAY") or env.get("GATEWAY_URL") or ""
    token = env.get("SWARM_TOKEN", "")
    if url and token:
        return url, token
    found = configured(directory)
    return url or found.get("GATEWAY_URL") or DEFAULT, token or found.get("SWARM_TOKEN", "")


def configured(directory: str = DIRECTORY) -> dict[str, str]:
    """GATEWAY_URL and SWARM_TOKEN of the machine: out of console.conf, and else out of drone.conf."""
    own = dict(assignments(f"{directory}/console.conf", strict=True))
    return own or {key: value for key, value in assignments(f"{directory}/drone.conf") if key in KEYS}


def assignments(path: str, strict: bool = False) -> Iterator[tuple[str, str]]:
    """The KEY="value" lines of a file; none when it is not there. A strict file may hold KEYS only."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  (pathlib costs what a status may take)
            lines = file.readlines()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        if not strict:
            return
        raise _bad(
            path, str(getattr(error, "strerror", None) or "not UTF-8"), "make it readable text"
        ) from None
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        key, equals, value = text.partition("=")
        if strict and (not equals or key not in KEYS):
            raise _bad(
                f"{path}:{number}", f"{key[:60]!r} is no key of this file", f"it knows {' and '.join(KEYS)}"
            )
        yield key, unquoted(value)


def unquoted(value: str) -> str:
    """A shell word without its quotes and the comment behind it."""
    if value[:1] in ("'", '"') and value.count(value[0]) > 1:
        return value[1 : value.index(value[0], 1)]
    return value.split("#")[0].strip()


def _bad(where: str, what: str, hint: str) -> Exception:
    from swarm_console.errors import Usage

    return Usage(f"{where}: {what}", hint)
