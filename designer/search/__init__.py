"""The Search panel: hyper-parameters as variables, trials as they come, and what they tell."""
