"""What a run tells of itself between its batches: small reporters with one interface, and one budget for all."""
