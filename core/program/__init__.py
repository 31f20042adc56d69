"""The Program that a drawing is lowered to, and all that is made from it: source text, module, costs."""
