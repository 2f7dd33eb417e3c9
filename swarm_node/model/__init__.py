"""The pure core: events, state, commands, every rule of the swarm; no I/O, no clock, no randomness."""
