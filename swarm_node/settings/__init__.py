"""What an operator sets: the handbook's /etc/build-swarm/{gateway,orchestrator,drone}.conf, read strictly.

pydantic-settings takes a while to import, so nothing but a starting service imports this package.
"""

from swarm_node.settings.load import load, sample
from swarm_node.settings.roles import DroneSettings, GatewaySettings, OrchestratorSettings, Settings
from swarm_node.settings.shell_file import BadSettings

__all__ = [
    "BadSettings",
    "DroneSettings",
    "GatewaySettings",
    "OrchestratorSettings",
    "Settings",
    "load",
    "sample",
]
