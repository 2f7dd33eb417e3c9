"""Reading a build log of any size by pieces: only what is shown is ever fetched. No Textual here."""
