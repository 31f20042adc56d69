"""The Evaluation panel: how well the network of a run answers."""
