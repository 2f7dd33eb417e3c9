"""An nginx configuration that serves production in the orchestrator's place, see nginx.org/en/docs."""

import re
from pathlib import Path
from string import Template
from typing import Final

from swarm_node.model.refusal import Refused

SITE: Final = Template("""\
# Serves the binary packages of a build swarm; belongs into nginx's `http { … }`.
server {
    listen $listen;
    server_name $name;
    server_tokens off;

    # `current` is a symbolic link that moves: what it led to must never be remembered.
    open_file_cache off;
    sendfile on;
    max_ranges 4;
    types { }
    default_type application/octet-stream;

    location ~ (^|/)\\. { return 404; }
    location ^~ /packages/releases/ {
        limit_except GET { deny all; }
        alias "$root/releases/";
        location ~ (^|/)\\. { return 404; }
        add_header Cache-Control "public, max-age=31536000, immutable";
    }
    location ^~ /packages/ {
        limit_except GET { deny all; }
        alias "$root/current/";
        location ~ (^|/)\\. { return 404; }
        add_header Cache-Control "no-cache";
    }
    location / { return 404; }
}
""")

PATH: Final = re.compile(r"/[^\x00-\x1f\"$\\;{}]*")
LISTEN: Final = re.compile(r"[A-Za-z0-9.:\[\]_ -]+")
NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


def configuration(production: Path, *, listen: str = "80", name: str = "_") -> str:
    """The `server` block that serves a production directory at /packages.

    `listen` and `name` are nginx's own values of listen and server_name.
    Raises: Refused (bad_request) for what the configuration's language cannot hold.
    """
    values = {"root": str(production.absolute()), "listen": listen, "name": name}
    for key, form in (("root", PATH), ("listen", LISTEN), ("name", NAME)):
        if not form.fullmatch(values[key]):
            raise Refused(
                "bad_request",
                f"nginx cannot be told {values[key]!r:.80}",
                "choose a plain path for PRODUCTION_DIR, an address and a host name",
            )
    return SITE.substitute(values)
