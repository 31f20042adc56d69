"""The Over time panel: what a network answered, and how its numbers were spread, at every stage of a run."""
