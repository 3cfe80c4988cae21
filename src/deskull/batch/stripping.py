"""Stripping one scan of a batch: from its file to its results, with every failure reported in a record.

Whatever runs a batch (processes, a cluster, a workflow) only has to call `strip_task`.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

from deskull.batch.outputs import KINDS_OF_MASK, Sidecar, write_results
from deskull.batch.records import Record, Status
from deskull.batch.resuming import Decision, Step, decide, sidecars_of, with_existing_mask
from deskull.batch.run_record import RunRecord
from deskull.batch.tasks import Task
from deskull.errors import DeskullError, DeskullWarning, UsageError, printable, sentence
from deskull.formats.files import opened_files
from deskull.options import OutputKind, ReadOptions, StripOptions
from deskull.pipeline import Stripper
from deskull.provenance import Provenance
from deskull.quality.verdict import Quality
from deskull.result import Result
from deskull.system.atomic import ResultExistsError, Transaction, refuse_existing
from deskull.system.bugs import report_bug
from deskull.system.installation import install_command
from deskull.system.model_folder import fetched_path
from deskull.system.processes import Failure
from deskull.volume import Volume

#: Number of times that a scan is tried: a network disk or the memory may be short for a moment.
TRIES = 2


def strip_task(task: Task, options: StripOptions, root: Path | None = None) -> Record:
    """Strip a scan and write its results.

    A failure is tried again once, and then described in the record.

    Parameters
    ----------
    task : Task
        The scan and the files of its results.
    options : StripOptions
        What to do with it. With ``resume``, results that exist are kept and only missing ones are written; see
        `deskull.batch.resuming.decide`.
    root : Path, optional
        Folder that must exist for the results to be written; the folders beneath it are made as needed.

    Returns
    -------
    Record
    """
    start = time.perf_counter()
    try:
        files = task.result_files(options.outputs, options.surface)
        decision = decide(task, options)
    except ResultExistsError as error:
        return failed_record(task, options, sentence(error), Status.refused)
    except (DeskullError, OSError) as error:  # for instance of a network disk that is not available
        return failed_record(task, options, sentence(error))
    names = {str(kind): str(path) for kind, path in files.items()}
    if decision.step is Step.skip:
        return _skipped_record(task, names, decision)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        for _ in range(TRIES):
            caught.clear()
            outcome = _attempt(task, options, root, adds=decision.step is Step.add)
            if outcome.is_final:
                break
    messages = tuple(dict.fromkeys(str(warning.message) for warning in caught if _is_own(warning.category)))
    return Record(
        scan=str(task.scan),
        status=outcome.status,
        volume_ml=outcome.volume_ml,
        seconds=time.perf_counter() - start,
        files=names,
        stages=outcome.stages,
        warnings=messages,
        error=outcome.error,
        model=options.model,
        provenance=outcome.provenance,
        icv_ml=outcome.icv_ml,
        quality=outcome.quality,
    )


def _skipped_record(task: Task, files: dict[str, str], decision: Decision) -> Record:
    """Record of a scan whose results are kept."""
    made = decision.provenance
    return Record(
        str(task.scan),
        Status.skipped,
        files=files,
        model=made.model if made else "",
        provenance=made,
        quality=decision.quality,
        version=made.version if made else "",
    )


@dataclass(frozen=True)
class _Outcome:
    """Outcome of one attempt: what the mask was made with and its volume, or one sentence of error."""

    volume_ml: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    provenance: Provenance | None = None
    icv_ml: float | None = None
    quality: Quality | None = None
    error: str = ""
    status: Status = Status.failed
    is_final: bool = True


def _attempt(task: Task, options: StripOptions, root: Path | None, *, adds: bool) -> _Outcome:
    """Strip a scan and write its results, or those that are missing, once."""
    try:
        return _strip(task, options, root, adds=adds)
    except ResultExistsError as error:
        return _Outcome(error=_with_scan(task, sentence(error)), status=Status.refused)
    except UsageError as error:
        return _Outcome(error=_with_scan(task, sentence(error)))
    except (DeskullError, OSError, MemoryError) as error:
        return _Outcome(error=_with_scan(task, sentence(error)), is_final=False)
    except Exception as error:  # a fault of deskull or a library, which must not end the batch
        return _Outcome(error=_with_scan(task, report_bug(error)), is_final=False)


def _is_own(category: type[Warning]) -> bool:
    """Whether a warning is deskull's rather than a library's."""
    return category is UserWarning or issubclass(category, DeskullWarning)


def _with_scan(task: Task, message: str) -> str:
    """A message that names the scan."""
    return message if printable(str(task.scan)) in message else f"{task.scan}: {message}"


def failed_record(task: Task, options: StripOptions, message: str, status: Status = Status.failed) -> Record:
    """Record of a scan that failed or was refused, with a message that need not name the scan."""
    return Record(str(task.scan), status, error=_with_scan(task, message), model=options.model)


def process_failed(
    task: Task, options: StripOptions, failure: Failure, *, timeout: float | None = None, remedy: str
) -> Record:
    """Record of a scan whose process was killed or had to be killed.

    Parameters
    ----------
    task : Task
        The scan.
    options : StripOptions
        Of the batch.
    failure : Failure
        What happened.
    timeout : float, optional
        The time limit, in s.
    remedy : str
        What the user may do if the process was killed, perhaps for lack of memory.
    """
    if failure is Failure.timed_out:
        return failed_record(task, options, f"exceeded timeout={timeout:g}; check the scan or allow more time.")
    return failed_record(task, options, f"{failure.value}, perhaps for lack of memory; {remedy}.")


def refusal(task: Task, options: StripOptions) -> Record | None:
    """Record of a scan whose results exist and may not be replaced; None if it may be stripped."""
    if options.overwrite or options.resume:
        return None
    try:
        for path in (*task.result_files(options.outputs, options.surface).values(), *sidecars_of(task, options)):
            refuse_existing(path, overwrite=False)
    except ResultExistsError as error:
        return failed_record(task, options, sentence(error), Status.refused)
    except (DeskullError, OSError) as error:
        return failed_record(task, options, sentence(error))
    return None


def _strip(task: Task, options: StripOptions, root: Path | None, *, adds: bool) -> _Outcome:
    """Strip a scan and write its results, or those that are missing if a batch is resumed."""
    files, sidecars = _files_to_write(task, options, only_missing=adds)
    with Transaction((*files.values(), *sidecars), overwrite=options.overwrite, root=root) as transaction:
        stripper = load_stripper(options.model, options.threads, options.engine, options.device)
        run = RunRecord(task.scan, replace(options, series=_reading(task, options).series))
        with opened_files() as run.opened:
            result = _strip_scan(stripper, task, options)
        if adds:
            result = with_existing_mask(result, task, options)
        _warn_of_older_results(task, options)
        start = time.perf_counter()
        write_seg = partial(_write_seg, task=task, options=options)
        write_results(result, files, sidecars, transaction, threads=stripper.threads, write_seg=write_seg, run=run)
    stages = {**result.seconds, "write": time.perf_counter() - start}
    return _Outcome(result.volume_ml, stages, result.provenance, result.icv_ml, result.quality, status=Status.done)


def _warn_of_older_results(task: Task, options: StripOptions) -> None:
    """Warn of results that are replaced in part: those of kinds that are not asked for stay as they are."""
    older = [path.name for path in _files_of_other_kinds(task, options) if path.exists()]
    if options.overwrite and older:
        fault = f"{' and '.join(older)} from an earlier run stay as they are and may not fit the new mask"
        warnings.warn(f"{task.scan}: {fault}; write them again too, or remove them.", DeskullWarning, stacklevel=2)


def _files_of_other_kinds(task: Task, options: StripOptions) -> Collection[Path]:
    """Files that do not fit the mask once it is replaced, and that are not asked for."""
    files = set(task.result_files(options.outputs, options.surface).values())
    if task.files is None:
        return [path for path in task.result_files(KINDS_OF_MASK, options.surface).values() if path not in files]
    return task.other_files if any(path.exists() for path in files) else ()


def _files_to_write(
    task: Task, options: StripOptions, *, only_missing: bool
) -> tuple[dict[str, Path], Mapping[Path, Sidecar]]:
    """Results and sidecars to write."""
    files, sidecars = task.result_files(options.outputs, options.surface), sidecars_of(task, options)
    if only_missing:
        files = {kind: path for kind, path in files.items() if not path.exists()}
        sidecars = {path: sidecar for path, sidecar in sidecars.items() if not path.exists()}
    return files, sidecars


def _strip_scan(stripper: Stripper, task: Task, options: StripOptions) -> Result:
    """Read and strip the scan, or one series of it."""
    reading = _reading(task, options)
    return stripper.strip(
        task.scan,
        border=options.border,
        surface=options.surface,
        frame=options.frame,
        icv=OutputKind.icvmask in options.outputs,
        quality=options.quality,
        reading=reading,
        b_values=task.b_values,
    )


def _reading(task: Task, options: StripOptions) -> ReadOptions:
    """Options for reading the scan."""
    return options.reading if task.series is None else replace(options.reading, series=task.series)


def _write_seg(mask: Volume, target: Path, task: Task, options: StripOptions) -> None:
    """Write a mask as DICOM SEG of its source."""
    from deskull.formats.dicom.segmentation import write_seg

    write_seg(mask, task.scan, target, _reading(task, options), keep_identity=options.keep_identity)


def check_options(options: StripOptions) -> None:
    """Refuse options that no scan can be stripped with, before any work.

    Parameters
    ----------
    options : StripOptions
        Of a batch.

    Raises
    ------
    UsageError
        If the network does not exist or cannot do what is asked for, or a package is not installed.
    """
    stripper = load_stripper(options.model, options.threads, options.engine, options.device)
    stripper.check(options.border, options.surface, options.frame, icv=OutputKind.icvmask in options.outputs)
    if OutputKind.distance in options.outputs and not stripper.model.distances:
        fault = f"the network {options.model} predicts no distances; leave them out."
        raise UsageError(fault, parameter="outputs", value="distance")
    if OutputKind.seg in options.outputs and not (find_spec("highdicom") and find_spec("pydicom")):
        raise UsageError(f"needs highdicom; {install_command('dicom')}.", parameter="outputs", value="seg")
    if OutputKind.brain_n4 in options.outputs and not find_spec("SimpleITK"):
        raise UsageError(f"needs SimpleITK; {install_command('n4')}.", parameter="outputs", value="brain_n4")


def load_stripper(model: str, threads: int | None, engine: str, device: str) -> Stripper:
    """Return a network that is loaded once in each process, and again if its file or card has changed.

    Parameters
    ----------
    model : str
        Name of a shipped or fetched network, or path of an ``.onnx`` file.
    threads : int, optional
        Maximum number of threads; None for the default.
    engine, device : str
        See `StripOptions`.

    Raises
    ------
    UsageError
        If there is no such network or engine.
    """
    path = Path(model) if model.endswith(".onnx") else fetched_path(model)
    return _load_stripper(model, threads, engine, device, tuple(map(_changed_ns, (path, path.with_suffix(".json")))))


@lru_cache(maxsize=1)
def _load_stripper(model: str, threads: int | None, engine: str, device: str, _changed: tuple[int, ...]) -> Stripper:
    """Load a network; the times of the last changes of its files are part of the cache's key."""
    return Stripper(model, threads, engine, device)


def _changed_ns(path: Path) -> int:
    """Time of the last change of a file in ns; 0 if there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
