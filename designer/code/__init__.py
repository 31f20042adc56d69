"""The live source of the design."""
