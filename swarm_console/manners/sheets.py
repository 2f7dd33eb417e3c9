"""The style sheets of the console, each read once for every theme."""

from textual.css.stylesheet import Stylesheet


class Sheets(Stylesheet):
    """Keeps what it has parsed for as long as the theme's colours stay.

    Textual 8.2 parses all of them in another `Stylesheet`, which it throws away, and so does it all again for
    the first widget that brings a sheet of its own.
    """

    def reparse(self) -> None:
        """Raises: StylesheetParseError."""
        self.parse()
