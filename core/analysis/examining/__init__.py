"""Examinations of a trained run: what is asked once, takes a while, and ends in a verdict."""
