"""The orchestrator: owns the log, hands out builds, takes packages, verifies and releases them."""
