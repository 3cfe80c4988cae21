"""Ordering: from what a page asks for to jobs whose files are in their folders."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deskull.web.choices import Choice
from deskull.web.job import Job
from deskull.web.refusals import RefusedError
from deskull.web.rooted import choices_of_path
from deskull.web.service import Service
from deskull.web.source import Options, Source, SourceKind
from deskull.web.uploads import Upload


def parse_options(fields: object, service: Service) -> Options:
    """Return the options of a request.

    Raises
    ------
    RefusedError
        If a network or a surface is unknown, or the border is no distance.
    """
    if fields is None:
        fields = {}
    if not isinstance(fields, Mapping):
        raise RefusedError(400, "The options are no object; send model, surface and border_mm, or none of them.")
    name, surface, border = fields.get("model", "default"), fields.get("surface", "brain"), fields.get("border_mm")
    model = service.models.get(name) if isinstance(name, str) else None
    if model is None:
        raise RefusedError(422, f"model={name!r}: is unknown; choose {' or '.join(service.models)}.")
    if surface not in model.surfaces:
        raise RefusedError(422, f"surface={surface!r}: is not of this network; choose {' or '.join(model.surfaces)}.")
    if border is not None and not _is_border(border, model.band):
        raise RefusedError(422, f"border_mm={border!r}: must lie within {model.band:g} mm of the surface.")
    return Options(name, surface, None if border is None else float(border))


def _is_border(value: object, band: float) -> bool:
    """Whether a value is a distance that the network can tell."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and abs(value) < band  # type: ignore[arg-type]


async def order_upload(service: Service, upload: Upload, ids: object, options: Options) -> list[Job]:
    """Make jobs of some choices of an upload.

    Raises
    ------
    RefusedError
        If there is no such choice.
    """
    chosen = _chosen(upload.choices, ids)
    service.queue.check_room(len(chosen))
    jobs = []
    for choice in chosen:
        main = "input" if choice.kind == "dicom series" else f"input/{Path(choice.files[0]).name}"
        source = Source(SourceKind.upload, main, selector=choice.series, shown=choice.shown)
        jobs.append(Job(choice.name, source, options))
        await service.helper(link_files, upload.folder, choice.files, service.queue.files(jobs[-1]).input)
    return jobs


def _chosen(choices: Sequence[Choice], ids: object) -> list[Choice]:
    """Return the choices that a page names."""
    by_id = {choice.id: choice for choice in choices}
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) and one in by_id for one in ids):
        raise RefusedError(422, "No choice, or an unknown one, is named; choose from the list.")
    return [by_id[one] for one in dict.fromkeys(ids)]


def link_files(folder: Path, files: Sequence[str], target: Path) -> None:
    """Put files of an upload into the folder of a job; they take no more room on the disk where links are possible.

    Parameters
    ----------
    folder : Path
        Of the upload.
    files : sequence of str
        Relative to it.
    target : Path
        Which is made.
    """
    target.mkdir(parents=True, mode=0o700)
    for number, file in enumerate(files):
        name = Path(file).name if len(files) < 10 else f"{number:06d}{Path(file).suffix}"
        path = target / (f"{number}-{name}" if (target / name).exists() else name)
        try:
            os.link(folder / file, path)
        except OSError:
            shutil.copyfile(folder / file, path)


async def order_paths(service: Service, paths: object, series: object, options: Options) -> list[Job]:
    """Make jobs of paths under the root.

    Raises
    ------
    RefusedError
        If a path may not be used, or holds several series of which none is named.
    """
    root = service.settings.root
    if root is None:
        raise RefusedError(404, "The server has no folder to choose from; start it with --root DIR.")
    if not isinstance(paths, list) or not paths:
        raise RefusedError(400, "No path is named; choose one from the list.")
    service.queue.check_room(len(paths))
    jobs = []
    for path in paths:
        choices: list[Choice] = await service.helper(choices_of_path, root, path)
        if len(choices) > 1 and series is None:
            listed = "; ".join(choice.label for choice in choices)
            more: dict[str, Any] = {"choices": [choice.as_dict() for choice in choices]}
            raise RefusedError(409, f"{path}: holds {len(choices)} series; name those to strip: {listed}.", more)
        for choice in _chosen(choices, series) if series is not None else choices:
            source = Source(SourceKind.path, choice.files[0], choice.series, choice.series, choice.shown)
            jobs.append(Job(choice.name, source, options))
    service.queue.check_room(len(jobs))
    return jobs
