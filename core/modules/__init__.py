"""Layers that torch lacks. Each file imports torch and the standard library alone: exported source carries its text."""
