"""What was done to the design, and the way back."""
