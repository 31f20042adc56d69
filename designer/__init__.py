"""The application: window and command line."""
