"""The embedded swarm: every service of a swarm as processes on loopback, with Gentoo trees and packages of its own."""
