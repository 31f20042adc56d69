"""New inputs held beside those that a network was trained on: drift, confidence, live metrics, latency, alerts."""
