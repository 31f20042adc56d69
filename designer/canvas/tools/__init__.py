"""Gestures: one small object each, from the press of a button to its release, or to Esc."""
