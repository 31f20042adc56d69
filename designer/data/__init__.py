"""The Data panel: where the examples come from, how they are split and prepared, and what they look like."""
