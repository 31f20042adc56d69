"""Logs of a run for other tools: TensorBoard, MLflow, Weights & Biases.

Each log that a job asks for is written by a process of its own (`feed`), started by the worker (`feeding`), which
follows the event log of the run. So a log never holds up a step, and whatever befalls it is a warning of the run.
"""
