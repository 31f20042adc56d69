"""Networks of other tools as designs: operations become layers of the catalogue, arrays their weights."""
