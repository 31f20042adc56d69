"""``layerloom sample``: what a run decodes from codes that no example has. What costs time is imported when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli_arguments import Json

Run = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run with a latent, a bottleneck or Noise.")]
Given = Annotated[
    list[str] | None, typer.Option("--given", metavar="INPUT=VALUE", help="What else it is told: wanted=3.")
]


def sample(
    run: Run,
    out: Annotated[Path, typer.Option("--out", "-o", help="The .png (tiles) or .npz to write.", show_default=False)],
    node: Annotated[str, typer.Option(help="The node whose output is the code. [default: the only latent]")] = "",
    count: Annotated[int, typer.Option(min=1, help="How many to draw.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same.")] = 0,
    temperature: Annotated[float, typer.Option(min=0.0, help="0: the middle of all; above 1: bolder.")] = 1.0,
    given: Given = None,
    between: Annotated[
        tuple[int, int] | None, typer.Option(help="Instead: the way between these two examples.", show_default=False)
    ] = None,
    example: Annotated[int, typer.Option(min=0, help="Which example gives what else is needed.")] = 0,
    part: Annotated[str, typer.Option(help="Of which part examples are: train, validation or test.")] = "test",
    weights: Annotated[str, typer.Option(help="best or last. [default: those that the run ended with]")] = "",
    as_json: Json = False,
) -> None:
    """Draw from the latent of an autoencoder or the noise of a generator, and write what the network makes of it.

    A latent that Reparameterise draws follows N(0, temperature^2); the code of a plain autoencoder, the Gaussian of
    its training examples. A network that is told a class is asked for each in turn, unless --given says one.
    """
    from designer.cli_sample import Wish, write_samples

    write_samples(run, Wish(out, node, count, seed, temperature, given or (), between, example, part, weights), as_json)


COMMANDS = (sample,)
