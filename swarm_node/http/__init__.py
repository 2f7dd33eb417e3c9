"""What every service shares: JSON in and out, errors, limits, metrics, start and stop, the client."""
