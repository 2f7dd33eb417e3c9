"""The embedded swarm: the services of a swarm as processes on loopback, with Gentoo trees of its own."""
