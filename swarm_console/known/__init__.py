"""What the console knows of the swarm: the mirrored state, what lies around it, figures of it."""
