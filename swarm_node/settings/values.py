"""The types of settings: what a value must look like, and the words for one that does not."""

import re
import socket
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from yarl import URL


def _http_url(text: str) -> str:
    try:
        url = URL(text)
        good = url.scheme in ("http", "https") and bool(url.host) and url.path in ("", "/") and not url.query
    except ValueError:
        good = False
    if not good or url.user or url.fragment:
        raise ValueError('expected a URL like "http://10.42.0.199:8090"')
    return text.rstrip("/")


def _node_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", text):
        raise ValueError(
            "expected 1 to 63 letters, digits, dots, dashes, underscores; first a letter or digit"
        )
    return text


def _host(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", text):
        raise ValueError("expected an address or a host name")
    return text


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("expected an absolute path")
    return path


def _secret(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]{16,512}", secret.get_secret_value()):
        raise ValueError("expected 16 to 512 visible ASCII characters (openssl rand -hex 24 makes good ones)")
    return secret


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def own_name() -> str:
    """This machine's host name, made fit to be a node's name."""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:63].lstrip("._-")
    return name or "node"


Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86_400 * 30, allow_inf_nan=False)]
Cores = Annotated[int, Field(ge=1, le=4096)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
OptionalUrl = Annotated[HttpUrl | None, BeforeValidator(_none_if_empty)]
OptionalHost = Annotated[Annotated[str, AfterValidator(_host)] | None, BeforeValidator(_none_if_empty)]
Host = Annotated[str, AfterValidator(_host)]
Name = Annotated[str, BeforeValidator(lambda text: text or own_name()), AfterValidator(_node_name)]
Directory = Annotated[Path, AfterValidator(_absolute)]
OptionalDirectory = Annotated[Directory | None, BeforeValidator(_none_if_empty)]
OptionalSecret = Annotated[
    Annotated[SecretStr, AfterValidator(_secret)] | None, BeforeValidator(_none_if_empty)
]
