"""The pre-flight card: what a training will cost, and what looks wrong, before it runs."""
