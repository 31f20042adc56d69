"""Names in generated source: what may be one, and how a label becomes one."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Container

_USED_BY_METHODS = """
    F Tensor batch dict enumerate isinstance len math mode module name nn odeint odeint_adjoint parameter print range
    self super torch tuple
"""
_USED_BY_MODULES = """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches
    eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict
    losses modules mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook
    register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
    register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook
    register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_
    set_extra_state set_submodule share_memory state_dict step to to_empty train training type xpu zero_grad
    add_submodule code delete_all_unused_submodules delete_submodule graph meta module_call_graph print_readable
    range_constraints recompile shape_env to_folder validate_inputs
"""

# What generated methods themselves refer to; a value of that name would hide it.
RESERVED = frozenset(_USED_BY_METHODS.split())

# What nn.Module calls so, and the GraphModule that torch.export makes of it: a layer of that name would break them.
MODULE_ATTRIBUTES = frozenset(_USED_BY_MODULES.split())

_MAX_LENGTH = 64


def is_name(text: str) -> bool:
    """Whether the text may name a value or a class in generated source.

    Python folds letters that look alike (NFKC), so only folded names are allowed: two names never turn out to be one.
    """
    return (
        text.isidentifier()
        and len(text) <= _MAX_LENGTH
        and not text.startswith("_")
        and not keyword.iskeyword(text)
        and text not in RESERVED
        and unicodedata.is_normalized("NFKC", text)
    )


def is_module_name(text: str) -> bool:
    """Whether the text may name an attribute of an ``nn.Module`` that holds a layer."""
    return is_name(text) and text not in MODULE_ATTRIBUTES


def identifier(label: str, taken: Container[str] = (), *, default: str = "value") -> str:
    """A name for what a person calls `label`: ``Conv 2D`` becomes ``conv_2d``, or ``conv_2d_2`` where that is taken.

    It may name a value and a layer alike.
    """
    folded = unicodedata.normalize("NFKC", label)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", folded)
    stem = re.sub(r"\W+", "_", words).strip("_").lower()[: _MAX_LENGTH - 8]
    stem = unicodedata.normalize("NFKC", stem)
    if stem[:1].isdigit():
        stem = f"{default}_{stem}"
    if not stem.isidentifier():
        stem = default
    name, count = stem, 1
    while name in taken or not is_module_name(name):
        count += 1
        name = f"{stem}_{count}"
    return name
