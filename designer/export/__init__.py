"""The export dialog: a file to give away, and the proof that it computes the same."""
