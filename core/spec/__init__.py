"""How things are declared: dimensions, rules, parameters, layers, options."""
