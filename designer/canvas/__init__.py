"""Painting, hit-testing and gestures of the drawing."""
