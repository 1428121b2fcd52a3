"""`python -m mqcourse`: the same as `mq`."""

import sys

from mqcourse.cli import main

if __name__ == "__main__":
    sys.exit(main())
