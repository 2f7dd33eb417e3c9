"""The event log: append durably, read back, start fast. SQLite here; another database keeps to `base`."""
