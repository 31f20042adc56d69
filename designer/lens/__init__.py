"""The Lens panel: what happens inside the network of a run, node by node."""
