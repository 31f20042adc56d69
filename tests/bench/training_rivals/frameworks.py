"""Trainers that people use: each as its guide shows it, without checkpoints, validation and progress bars.

Only the epochs themselves count, not what a call of ``fit`` does around them.
"""

from __future__ import annotations

import logging
import os
from typing import Any

import torch
from torch import Tensor, nn

from tests.bench.training_rivals.setting import BATCH, RATE, Setting, Turn


def skorch(given: Setting) -> Turn:
    from skorch import NeuralNetClassifier
    from skorch.callbacks import Callback

    class Timed(Callback):
        def on_epoch_begin(self, net: Any, **_: Any) -> None:
            given.clock.start()

        def on_epoch_end(self, net: Any, **_: Any) -> None:
            given.clock.stop()

    net = NeuralNetClassifier(
        given.net,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=RATE,
        batch_size=BATCH,
        train_split=None,
        iterator_train__sampler=given.shuffle,
        callbacks=[Timed()],
        classes=list(range(10)),
        verbose=0,
    ).initialize()
    given.net = net.module_

    def turn(epochs: int) -> None:
        net.partial_fit(given.x, given.y, epochs=epochs)

    return turn


def lightning(given: Setting) -> Turn:
    """Lightning's Trainer, with loss and accuracy logged."""
    from lightning.pytorch import LightningModule, Trainer

    class Module(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net, self.loss_of, self.adam = given.net, nn.CrossEntropyLoss(), given.adam()

        def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
            features, target = batch
            scores = self.net(features)
            loss: Tensor = self.loss_of(scores, target)
            self.log("loss", loss)
            self.log("accuracy", (scores.argmax(1) == target).float().mean())
            return loss

        def on_train_epoch_start(self) -> None:
            given.clock.start()

        def on_train_epoch_end(self) -> None:
            given.clock.stop()

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return self.adam  # the same for every call of fit

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    quiet = {f"enable_{what}": False for what in ("checkpointing", "progress_bar", "model_summary")}
    trainer = Trainer(max_epochs=0, accelerator="cpu", logger=False, **quiet)  # type: ignore[arg-type]
    module, loader = Module(), given.loader()

    def turn(epochs: int) -> None:
        trainer.fit_loop.max_epochs = trainer.current_epoch + epochs
        trainer.fit(module, loader)

    return turn


def keras(given: Setting) -> Turn:
    """Keras 3 on PyTorch, around the very same module; it shuffles by itself."""
    os.environ["KERAS_BACKEND"] = "torch"
    import keras as k

    class Timed(k.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            given.clock.start()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            given.clock.stop()

    model = k.Sequential([k.layers.Input(given.x.shape[1:]), k.layers.TorchModuleWrapper(given.net)])
    model.compile(
        optimizer=k.optimizers.Adam(RATE, epsilon=1e-8),
        loss=k.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    x, y = given.x.numpy(), given.y.numpy()

    def turn(epochs: int) -> None:
        model.fit(x, y, batch_size=BATCH, epochs=epochs, shuffle=True, verbose=0, callbacks=[Timed()])

    return turn
