"""What the declarations of data sources share."""

from __future__ import annotations

BUNDLED, GENERATED, FILES = "Ready-made", "Generated", "Your files"
PATH = "Path of the {}; relative paths start at the folder of the design."
MOST_SEED = 2**31 - 1
EXAMPLES = "How many examples are drawn."
SEED = "The same seed gives the same examples."
