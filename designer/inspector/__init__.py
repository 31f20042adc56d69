"""The inspector: what is selected, its values, its facts, its help."""
