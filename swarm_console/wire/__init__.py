"""The way to the swarm: its documents, its stream, the embedded swarm, which gateway to ask."""
