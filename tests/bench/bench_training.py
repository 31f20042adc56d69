"""Training speed, monitoring on, against the loops most used: the short form of ``make bench-train``."""

from __future__ import annotations

import sys

from tests.bench.training_rivals.__main__ import main

if __name__ == "__main__":
    sys.exit(main(("layerloom", "unwatched", "plain", "dataloader", "lightning")))
