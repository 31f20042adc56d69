"""The vocabulary that everyone shares, and the engine."""
