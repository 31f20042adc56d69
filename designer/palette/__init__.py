"""The palette: every layer that can be put on the canvas."""
