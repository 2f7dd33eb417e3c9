"""The operations console: one registry of actions, read by the command line and by the full screen."""

__version__ = "0.1.0"
