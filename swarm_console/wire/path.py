"""Names as parts of the paths that the swarm is asked at."""


def quoted(name: str, safe: str = "") -> str:
    """A name as it may stand in a path; a package's slash is safe there."""
    from urllib.parse import quote

    return quote(name, safe=safe)
