"""Studies: many trainings of one design with different settings, kept in a folder, each judged by one number."""
