"""What must not leave a machine, taken out of a configuration's text: passwords, tokens, keys."""

import re
from typing import Final

GONE: Final = "<left out>"

_KEY: Final = re.compile(
    r"-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY[A-Z ]*)-----.*?(?:-----END (?P=kind)-----|\Z)", re.DOTALL
)
_IN_URL: Final = re.compile(r"(?<=://)[^\s/@'\"]+@")
"""User and password of a URL (RFC 3986, 3.2.1)."""
_VALUE: Final = re.compile(
    r"""^(?P<name>\s*(?:export\s+|set\s+)?[\w.-]*"""
    r"""(?:passw|passphrase|secret|token|credential|api[_-]?key|private[_-]?key)[\w.-]*\s*[:=]\s*)"""
    r"""(?:"[^"]*"|'[^']*'|[^\n]*)$""",
    re.IGNORECASE | re.MULTILINE,
)
"""An assignment whose name says what its value is: `RSYNC_PASSWORD=…`, `token: …`."""
_OPTION: Final = re.compile(
    r"""(?P<name>--?(?:http-|ftp-|proxy-)?(?:password|passwd|token|user|header|secret)(?:=|\s+))"""
    r"""(?P<value>\\?"[^"]*"|\\?'[^']*'|[^\s"']+)""",
    re.IGNORECASE,
)
"""What fetchers are told on their command lines: `--password=…`, `--header "Authorization: …"`."""


def redacted(text: str) -> str:
    """The text without what looks like a secret; where one stood it says so."""
    text = _KEY.sub(GONE, text)
    text = _IN_URL.sub("", text)
    text = _VALUE.sub(lambda found: found["name"] + GONE, text)
    return _OPTION.sub(lambda found: found["name"] + GONE, text)
