"""From an exception to an answer: every error leaves a service as the same small JSON document."""

import errno
import logging
import secrets
from typing import Final

from aiohttp import web

from swarm_node.http.json import reply
from swarm_node.model.refusal import Refused

log = logging.getLogger(__name__)

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

HTTP_CODES: Final = {
    404: ("unknown_path", "see GET /health for the role that answers here"),
    405: ("wrong_method", "use one of the methods named in the Allow header"),
    408: ("too_slow", "send the request faster"),
    413: ("too_large", "send less"),
    415: ("unsupported_encoding", "send the body as it is, without compression"),
}
"""Refusals that aiohttp itself raises, by status: our code and the next step."""


def answer(refused: Refused) -> web.Response:
    """The response that carries a refusal; a 503 also says when to try again."""
    response = reply(refused.document(), refused.kind.status)
    if refused.kind.status == 503:
        response.headers["Retry-After"] = "1"
    if refused.kind.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def refusal(request: web.BaseRequest, error: Exception) -> Refused:
    """What to tell the sender about any exception that a handler let out.

    An exception that is nobody's refusal is our own bug: it is logged with an id that the answer names.
    """
    match error:
        case Refused():
            return error
        case web.HTTPException():
            code, hint = HTTP_CODES.get(error.status, ("bad_request", ""))
            return Refused(code, f"{request.method} {request.path}: {error.reason.lower()}", hint)
        case web.RequestPayloadError():
            return Refused("bad_request", f"the body is not what its header says: {error}", "send it again")
        case OSError() if error.errno in FULL:
            log.error("%s %s: %s", request.method, request.path, error)
            return Refused("disk_full", f"no space left: {error.strerror}", "free space and send it again")
    ident = secrets.token_hex(4)
    log.error("%s %s failed, id %s", request.method, request.path, ident, exc_info=error)
    return Refused(
        "internal",
        f"a bug in this service, logged with the id {ident}",
        "look for the id in its log",
        id=ident,
    )


def response_to(request: web.BaseRequest, error: Exception) -> web.Response:
    """The answer to a request whose handler raised `error`; redirects and other good HTTP answers pass."""
    if isinstance(error, web.HTTPException) and error.status < 400:
        raise error
    response = answer(refusal(request, error))
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    if isinstance(error, web.RequestPayloadError):
        response.force_close()
    return response
