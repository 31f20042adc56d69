"""The drawing as a figure: SVG, PDF or PNG, for papers and slides."""
