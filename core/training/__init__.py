"""Jobs, the worker that runs them, and the protocol between it and whoever watches."""
