"""`python -m swarm_node`, the same as `swarm-node`."""

import sys

from swarm_node.cli import main

sys.exit(main())
