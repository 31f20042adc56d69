"""Live pictures of training: bounded series, curves, the decision boundary."""
