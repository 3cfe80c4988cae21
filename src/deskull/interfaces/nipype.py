"""nipype: `Strip` as an interface, and `strip_node` as a node that declares its threads and memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype import Node
from nipype.interfaces.base import BaseInterfaceInputSpec, File, SimpleInterface, TraitedSpec, traits

from deskull.batch.local import GB_PER_PROCESS
from deskull.batch.stripping import strip_task
from deskull.batch.tasks import Task
from deskull.options import Frame, OutputKind, StripOptions, Surface, option_fields

_DEFAULTS = StripOptions()
_HELP = {name: field.help for name, field in option_fields().items()}


class StripInputSpec(BaseInterfaceInputSpec):  # type: ignore[misc]
    """Inputs of `Strip`."""

    in_file = File(exists=True, mandatory=True, desc="head scan, 3-D or 4-D")
    border = traits.Union(None, traits.Float, default_value=None, usedefault=True, desc=_HELP["border"])
    surface = traits.Enum(*map(str, Surface), usedefault=True, desc=_HELP["surface"])
    frame = traits.Enum(*map(str, Frame), usedefault=True, desc=_HELP["frame"])
    icv = traits.Bool(False, usedefault=True, desc="also write the intracranial mask, at its default border")
    model = traits.Str(_DEFAULTS.model, usedefault=True, desc=_HELP["model"])
    num_threads = traits.Int(1, usedefault=True, nohash=True, desc=_HELP["threads"])


class StripOutputSpec(TraitedSpec):  # type: ignore[misc]
    """Outputs of `Strip`."""

    mask_file = File(exists=True, desc="1 inside the brain and 0 elsewhere")
    out_file = File(exists=True, desc="the scan inside the brain and 0 elsewhere")
    volume_ml = traits.Float(desc="volume of the mask in millilitres")
    icv_mask_file = File(exists=True, desc="with icv: 1 inside the intracranial surface and 0 elsewhere")
    icv_ml = traits.Float(desc="with icv: intracranial volume in millilitres")


class Strip(SimpleInterface):  # type: ignore[misc]
    """Find the brain in a head scan of any contrast.

    Results are written to the folder of the node, with the names that ``deskull strip`` gives them. ``icv``
    is refused with the surface intracranial, whose mask is the intracranial one.
    """

    input_spec = StripInputSpec
    output_spec = StripOutputSpec

    def _run_interface(self, runtime: Any) -> Any:
        """Strip the scan.

        Raises
        ------
        InputError
            If it cannot be stripped.
        """
        inputs = self.inputs.get_traitsfree()
        options = StripOptions(
            outputs=(*_DEFAULTS.outputs, *([OutputKind.icvmask] if inputs["icv"] else [])),
            model=inputs["model"],
            surface=inputs["surface"],
            frame=inputs["frame"],
            border=inputs["border"],
            threads=inputs["num_threads"],
            overwrite=True,  # an earlier attempt may have left results in the folder of the node
        )
        record = strip_task(Task(Path(inputs["in_file"]), Path(runtime.cwd)), options).checked()
        self._results = {
            "mask_file": record.files["brainmask"],
            "out_file": record.files["brain"],
            "volume_ml": record.volume_ml,
        }
        if record.icv_ml is not None:
            self._results |= {"icv_mask_file": record.files["icvmask"], "icv_ml": record.icv_ml}
        return runtime


def strip_node(name: str = "strip", threads: int = 1, **inputs: Any) -> Any:
    """Return a node of `Strip` that declares its number of threads and its memory.

    Parameters
    ----------
    name : str
        Name of the node.
    threads : int
        Maximum number of threads.
    **inputs
        Inputs of `Strip`.

    Returns
    -------
    nipype.Node
    """
    return Node(Strip(num_threads=threads, **inputs), name=name, n_procs=threads, mem_gb=GB_PER_PROCESS)
