"""The Step panel: one example through the network, node by node, forward and back, with the real numbers."""
