"""The Monitor panel: new inputs of a trained network beside those that it was trained on."""
