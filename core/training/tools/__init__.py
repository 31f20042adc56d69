"""What a researcher asks of a training: which learning rate, can it learn at all, are its gradients right, which batch
fits, where did a number break. (T)"""
