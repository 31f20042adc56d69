"""What stands around the panels: docks, menus, toasts, status bar, files, dialogs."""
