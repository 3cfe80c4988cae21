"""``deskull info``: what a bug report should state of an installation and its machine."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from deskull.cli.wording import on_one_line

#: Version of the layout of the JSON object: names are added without a change of it, but never changed or removed.
_LAYOUT = 1
#: Number of columns of the names in the text.
_INDENT = 14


def info(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False) -> None:
    """State versions, machine, engine, networks and extras: what to attach to a bug report.

    Nothing is sent anywhere, and no scan is named.
    """
    facts = installation_facts()
    print(json.dumps(facts, indent=2) if as_json else "\n".join(map(on_one_line, _lines(facts))))


def installation_facts() -> dict[str, Any]:
    """Return what is known of this installation and its machine.

    Returns
    -------
    dict
        ``layout``, ``deskull``, ``python``, ``libraries``, ``machine``, ``memory``, ``engine``, ``models`` and
        ``extras``; None stands for what is unknown or missing.
    """
    from deskull import __version__
    from deskull.system import installation, machine

    found = installation.this_distribution()
    needed = installation.requirements(found)
    return {
        "layout": _LAYOUT,
        "deskull": {"version": __version__, "installed_from": installation.origin_text(installation.origin(found))},
        "python": {"version": platform.python_version(), "implementation": platform.python_implementation()},
        "libraries": {one.name: one.version for one in needed if not one.extra},
        "machine": {**machine.describe_machine(), "all_cores": machine.all_cores()},
        "memory": machine.describe_memory(),
        "engine": _engine(),
        "models": list(_models()),
        "extras": {extra: _extra(extra, needed) for extra in sorted({one.extra for one in needed} - {""})},
    }


def _engine() -> dict[str, Any]:
    """The default inference engine: its version and what it can run on."""
    from deskull.models.runtime import import_onnxruntime

    try:
        onnxruntime = import_onnxruntime()
        return {"name": "onnxruntime", "version": onnxruntime.__version__,
                "providers": onnxruntime.get_available_providers(), "fault": None}  # fmt: skip
    except Exception as error:  # what a report is about, perhaps
        return {"name": "onnxruntime", "version": None, "providers": [], "fault": " ".join(str(error).split())}


def _models() -> Iterator[dict[str, Any]]:
    """The networks that ship or were fetched, each with whether its file is the one that its card names."""
    from deskull.errors import InputError
    from deskull.models import fetched_models, shipped_models

    for model in (*shipped_models(), *fetched_models()):
        try:
            intact = bool(model.content())
        except (InputError, OSError):
            intact = False
        card = model.card
        source = "fetched" if model.is_fetched else "shipped"
        yield {"name": model.path.stem, "source": source, "sha256": card["sha256"],
               "licence": card.get("licence"), "intact": intact}  # fmt: skip


def _extra(extra: str, needed: tuple[Any, ...]) -> dict[str, Any]:
    """An extra: its packages with their versions, whether all are there, and the command that installs it."""
    from deskull.system.installation import install_command

    packages = {one.name: one.version for one in needed if one.extra == extra}
    return {"found": all(packages.values()), "packages": packages, "install": install_command(extra)}


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """The facts as text."""
    python, machine, memory, engine = (facts[name] for name in ("python", "machine", "memory", "engine"))
    sets = machine["instruction_sets"]
    yield _line("deskull", f"{facts['deskull']['version']}, installed from {facts['deskull']['installed_from']}")
    yield _line("Python", f"{python['version']} ({python['implementation']})")
    yield _line("System", machine["system"])
    cores = f"{machine['cores']} of {machine['all_cores']} cores usable"
    yield _line("Processor", f"{machine['cpu'] or 'unknown'}, {cores}")
    yield _line("", f"instruction sets: {'unknown' if sets is None else ', '.join(sets) or 'none that matter'}")
    yield _line("Memory", _memory_text(memory))
    yield _line("Engine", engine["fault"] or f"onnxruntime {engine['version']} ({', '.join(engine['providers'])})")
    for number, model in enumerate(facts["models"]):
        state = "" if model["intact"] else "; its file is damaged, install or fetch it again"
        licence = model["licence"] or "no licence stated"
        text = f"{model['name']} ({model['source']}), {licence}, sha256 {model['sha256']}{state}"
        yield _line("" if number else "Models", text)
    yield _line("Libraries", _versions(facts["libraries"]))
    yield from _extra_lines(facts["extras"])


def _extra_lines(extras: Mapping[str, Any]) -> Iterator[str]:
    """The extras that are found and missing, and the command that installs the latter."""
    from deskull.system.installation import install_command

    for number, (name, extra) in enumerate(extras.items()):
        state = "found" if extra["found"] else "missing"
        yield _line("" if number else "Extras", f"{name}: {state} ({_versions(extra['packages'])})")
    missing = [name for name, extra in extras.items() if not extra["found"]]
    if missing:
        yield _line("", f"to install what is missing: {install_command(','.join(missing))}")


def _line(name: str, text: str) -> str:
    """A line of the text."""
    return f"{name:<{_INDENT}}{text}"


def _memory_text(memory: Mapping[str, float | None]) -> str:
    """The memory in words."""
    total, limit, free = ("unknown" if gb is None else f"{gb:.1f} GB" for gb in memory.values())
    return f"{total}, of which a container or queue grants {limit if memory['limit_gb'] else 'all'}; {free} free"


def _versions(packages: Mapping[str, str | None]) -> str:
    """Packages with their versions."""
    return ", ".join(f"{name} {version or 'missing'}" for name, version in packages.items()) or "unknown"
