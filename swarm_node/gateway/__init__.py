"""The gateway, port 8090: who belongs to the swarm, which orchestrator leads, and the way to it."""
