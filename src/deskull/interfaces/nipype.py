"""nipype: `Strip` as an interface, `strip_node` as a node with its threads and memory declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nipype import Node
from nipype.interfaces.base import BaseInterfaceInputSpec, File, SimpleInterface, TraitedSpec, traits

from deskull.batch.local import GB_PER_PROCESS
from deskull.batch.stripping import strip_task
from deskull.batch.tasks import Task
from deskull.options import StripOptions


class StripInputSpec(BaseInterfaceInputSpec):  # type: ignore[misc]
    """What `Strip` takes."""

    in_file = File(exists=True, mandatory=True, desc="head scan, 3-D or 4-D")
    border = traits.Float(0.0, usedefault=True, desc="end the mask this many mm outside the surface")
    surface = traits.Enum("brain", "intracranial", usedefault=True, desc="which surface the mask follows")
    frame = traits.Enum("each", "mean", usedefault=True, desc="of a series: a mask of each frame, or of their mean")
    model = traits.Str("default", usedefault=True, desc="a shipped model, or the path of an .onnx file")
    num_threads = traits.Int(1, usedefault=True, nohash=True, desc="at most so many threads")


class StripOutputSpec(TraitedSpec):  # type: ignore[misc]
    """What `Strip` gives."""

    mask_file = File(exists=True, desc="1 inside the brain")
    out_file = File(exists=True, desc="the scan inside the brain, 0 elsewhere")
    volume_ml = traits.Float(desc="volume of the mask in millilitres")


class Strip(SimpleInterface):  # type: ignore[misc]
    """Find the brain in a head scan of any contrast.

    Files are written to the node's own folder, named as ``deskull strip`` names them.
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
        given = self.inputs.get_traitsfree()
        settings = StripOptions(
            model=given["model"],
            surface=given["surface"],
            frame=given["frame"],
            border=given["border"],
            threads=given["num_threads"],
            overwrite=True,  # of what an earlier try left in the node's folder
        )
        record = strip_task(Task(Path(given["in_file"]), Path(runtime.cwd)), settings).checked()
        self._results = {
            "mask_file": record.files["brainmask"],
            "out_file": record.files["brain"],
            "volume_ml": record.volume_ml,
        }
        return runtime


def strip_node(name: str = "strip", threads: int = 1, **inputs: Any) -> Any:
    """Return a node of `Strip` that declares its threads and the memory it may take."""
    return Node(Strip(num_threads=threads, **inputs), name=name, n_procs=threads, mem_gb=GB_PER_PROCESS)
