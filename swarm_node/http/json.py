"""JSON bodies and queries into typed values, strictly, and typed values into answers (RFC 8259)."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from swarm_node.http.limits import read_body
from swarm_node.model.refusal import Refused

T = TypeVar("T")

HEADERS: Final = {"Content-Type": "application/json; charset=utf-8", "X-Content-Type-Options": "nosniff"}
JSON_TYPES: Final = frozenset({"application/json", "application/octet-stream"})
"""Accepted content types; the second is what aiohttp calls a body without a type.

A form or plain text is what a foreign web page can send unasked, so neither is taken for JSON.
"""


_decoder: Final[Callable[[Any], msgspec.json.Decoder[Any]]] = cache(msgspec.json.Decoder)


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every request body and query: frozen, and an unknown field is an error."""


async def decode(request: web.Request, kind: type[T], cap: int | None = None) -> T:
    """Read the request's body as one JSON document of type `kind`, at most `cap` bytes long.

    Raises: Refused (bad_json, bad_request, too_large, too_slow, unsupported_encoding).
    """
    if request.content_type not in JSON_TYPES:
        raise Refused(
            "unsupported_encoding",
            f"the body is {request.content_type}, not JSON",
            "send the header Content-Type: application/json",
        )
    return parse(await read_body(request, cap), kind)


def parse(text: bytes, kind: type[T]) -> T:
    """Decode one JSON document strictly: no NaN, duplicate key, wrong type, deep nesting.

    Whole numbers have at most 18 digits, so that every one fits a column of the journal.

    Raises: Refused (bad_json where it is no JSON, bad_request where it is not `kind`).
    """
    try:
        value: T = _decoder(kind).decode(text)
        json.loads(text, object_pairs_hook=_distinct, parse_int=_check_int)
    except msgspec.ValidationError as error:
        raise Refused("bad_request", str(error), _expected(kind)) from None
    except RecursionError:
        raise Refused("bad_json", "the JSON is nested too deeply", _expected(kind)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise Refused("bad_json", f"not one JSON document in UTF-8: {error}", _expected(kind)) from None
    return value


def query(request: web.Request, kind: type[T]) -> T:
    """Read the request's query string as `kind`, its numbers and truth values written as text.

    Raises: Refused (bad_request).
    """
    pairs = request.query
    if len(set(pairs)) != len(pairs):
        raise Refused("bad_request", "a query parameter is given twice", _expected(kind))
    try:
        return msgspec.convert(dict(pairs), kind, strict=False)
    except msgspec.ValidationError as error:
        raise Refused("bad_request", f"query: {error}", _expected(kind)) from None


def reply(value: object, status: int = 200) -> web.Response:
    """Answer with `value` as a JSON document."""
    return web.Response(body=msgspec.json.encode(value), status=status, headers=HEADERS)


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is given twice")


def _check_int(digits: str) -> None:
    if len(digits) > 18:
        raise ValueError("a whole number of more than 18 digits")


def _expected(kind: Any) -> str:
    """The fields of `kind` in one line, for the hint of a refusal."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return "see the API table in ARCHITECTURE.md"
    fields = msgspec.structs.fields(kind)
    named = [field.encode_name + ("" if field.required else " (optional)") for field in fields]
    return f"expected fields: {', '.join(named)}" if named else "no fields are expected"
