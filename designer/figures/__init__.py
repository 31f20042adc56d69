"""Painted pictures that several panels use: charts, sheets of examples; and when to ask for them anew."""
