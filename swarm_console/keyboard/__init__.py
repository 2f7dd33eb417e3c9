"""Keys: which there are, where they work, what they may do now, and what they are asked about."""
