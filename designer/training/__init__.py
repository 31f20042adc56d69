"""The Training panel: the job as a form."""
