"""Asks Portage's own resolver what a world needs: a program for the Python that has Portage.

Beside Portage it needs only the standard library: a Gentoo host's own Python may run it (`resolution.ask`).
It works in the environment of a prefix whose etc/portage is the client's and whose binhosts offer what has
been built already. Standard input: `{"atoms": [...], "binaries_only": bool}`, where an atom may be an `@set`.
Standard output: one JSON document, `resolution.Resolution`.
"""
