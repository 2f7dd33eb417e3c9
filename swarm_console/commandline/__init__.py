"""The command line: understood, completed, listed, confirmed, and how it ends badly."""
