"""From a named source to batches of tensors: sources, splits, transforms."""
