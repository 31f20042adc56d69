"""Edge cases: inputs that the data seldom has, tried on a trained network one kind at a time."""
