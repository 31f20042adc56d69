"""Text that a trained network writes."""
