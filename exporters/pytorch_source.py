"""The program as a Python file that runs with PyTorch alone."""

from __future__ import annotations

from pathlib import Path

from core.files import atomic_write
from core.program.layout import statement
from core.program.program import Program
from core.program.source import source
from core.program.text import literal
from core.spec.shape import Dim
from exporters.formats import Delivery

_EXAMPLE_SIZES = {"B": 2}
_OTHER_SIZE = 16
_MAKERS = {"float": "torch.randn({0})", "int": "torch.zeros({0}, dtype=torch.long)", "bool": "torch.ones({0}).bool()"}


def write(delivery: Delivery, path: Path) -> None:
    export_python(delivery.program, path)


def export_python(program: Program, path: str | Path) -> None:
    """Write the program's source, with an end that shows it at work when the file is run.

    Run as ``python FILE [WEIGHTS]``, it prints the number of parameters and the shape of each output for a random
    batch; WEIGHTS is a ``.safetensors`` file (with safetensors installed) or one of ``torch.save``.

    Raises:
        LayerloomError: the source cannot be written, or the file cannot.
    """
    atomic_write(path, standalone(program))


def standalone(program: Program) -> str:
    """The text that `export_python` writes."""
    made = source(program, also=("sys", "torch"))
    return "\n".join([made.text, "", *_main(program, made.main)]) + "\n"


def _main(program: Program, main: str) -> list[str]:
    lines = [
        'if __name__ == "__main__":',
        f"    model = {main}()",
        "    if len(sys.argv) > 1:",
        '        if sys.argv[1].endswith(".safetensors"):',
        "            from safetensors.torch import load_file",
        "",
        "            model.load_state_dict(load_file(sys.argv[1]))",
        "        else:",
        "            model.load_state_dict(torch.load(sys.argv[1], weights_only=True))",
        "    model.eval()",
        "    parameters = sum(p.numel() for p in model.parameters())",
        '    print(f"{type(model).__name__}: {parameters:,} parameters")',
        "    with torch.no_grad():",
    ]
    makers = [_MAKERS[v.type.dtype].format(_sizes(v.type.shape)) for v in program.inputs]
    lines += statement(2, "outputs = ", f"model({', '.join(makers)})")
    if len(program.outputs) == 1:
        lines.append("    outputs = (outputs,)")
    names = literal([output.name for output in program.outputs])
    lines += statement(1, "for name, output in ", f"zip({names}, outputs, strict=True)", ":")
    lines.append('        print(f"{name}: {tuple(output.shape)}")')
    return lines


def _sizes(shape: tuple[Dim, ...]) -> str:
    return ", ".join(str(_size(dim)) for dim in shape)


def _size(dim: Dim) -> Dim:
    if isinstance(dim, int):
        return dim
    return dim.evaluate({name: _EXAMPLE_SIZES.get(name, _OTHER_SIZE) for name in dim.symbols})
