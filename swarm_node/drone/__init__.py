"""The drone: asks for work, builds exactly one package at a time in a clean room, hands it in."""
