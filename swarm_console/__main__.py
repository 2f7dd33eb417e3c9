"""`python -m swarm_console`: the same as `swarm-console`."""

import sys

from swarm_console.cli import main

sys.exit(main())
