"""The Runs panel: what was trained, how it ended, and what to do with it."""
