"""A session of the past, seen again: recorded, played, and listened to like a live swarm."""
