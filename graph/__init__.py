"""The document, and all that understands a graph."""
