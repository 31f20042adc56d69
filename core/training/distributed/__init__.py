"""One training in several processes, on one machine or many: torch.distributed under torch's own elastic launcher.

`launcher` starts the processes, and again when one dies; each is a `core.training.worker`. The first of them leads
(`leading`): it speaks the protocol, decides, and writes the folder. The others follow (`following`). Each takes its
part of every batch (`parts`), and `sharing` makes the gradients one.
"""
