"""What a trained network does, told from the folder of its run as plain JSON of bounded size. For worker processes."""
