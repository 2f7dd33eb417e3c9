"""The services of a Gentoo build swarm: gateway, orchestrator, drone, and the pure model they share."""
