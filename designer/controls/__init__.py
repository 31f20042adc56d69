"""Small widgets of the one look, used by every panel."""
