"""The tools of training in the window: a card that asks a process of its own, and applies what it offers."""
