"""Fetching: bring a group's own network, with its card, into the folder of models, and remove it again.

This is the only part of deskull that uses the network, and only when it is told to. What it brings is not trusted:
nothing is stored before the network's SHA-256 is the one that the user gave and the card has been checked.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from deskull.errors import UsageError
from deskull.models.card_files import is_digest, read_card
from deskull.models.cards import Model, load_model, shipped_names
from deskull.models.sources import MAX_CARD_BYTES, MAX_NETWORK_BYTES, Source, find_source
from deskull.system.atomic import Transaction
from deskull.system.model_folder import fetched_names, fetched_path

#: Names that cannot be given: the commands of ``deskull models``, and what Windows reserves.
_RESERVED = {"show", "fetch", "remove", "con", "prn", "aux", "nul"} | {
    f"{p}{n}" for p in ("com", "lpt") for n in "123456789"
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def fetch(name: str, source: str, sha256: str, *, overwrite: bool = False) -> Model:
    """Fetch a network and its card, check both, and store them.

    Parameters
    ----------
    name : str
        What the model is called from then on.
    source : str
        An ``.onnx`` file, or a folder that holds ``NAME.onnx``: a path, or a URL of ``http`` or ``https``. The card has
        the same name with ``.json``.
    sha256 : str
        Digest that the network must have.
    overwrite : bool
        Whether a model of that name that was fetched before is replaced.

    Returns
    -------
    Model

    Raises
    ------
    UsageError
        If the name, the digest, the source or the card cannot be used.
    InputError
        If a file cannot be fetched, is too large, or is another one.
    OutputError
        If the model exists already, or cannot be stored.
    """
    _check_name(name)
    digest = sha256.lower().removeprefix("sha256:")
    if not is_digest(digest):
        raise UsageError("must be a SHA-256 digest (64 hexadecimal digits).", parameter="sha256", value=sha256[:80])
    found, target = find_source(source, name), fetched_path(name)
    with (
        Transaction((target, target.with_suffix(".json")), overwrite=overwrite) as transaction,
        tempfile.TemporaryDirectory(prefix="deskull-fetch-") as folder,
    ):
        network, card = Path(folder, f"{name}.onnx"), Path(folder, f"{name}.json")
        found.card.bring(card, MAX_CARD_BYTES)
        _check_card(card, found.card, digest)
        found.network.bring(network, MAX_NETWORK_BYTES, digest)
        for path, unfinished in ((network, target), (card, target.with_suffix(".json"))):
            with transaction.writing(unfinished) as partial:
                shutil.copyfile(path, partial)
    return load_model(name)


def remove(name: str) -> None:
    """Remove a fetched model.

    Parameters
    ----------
    name : str

    Raises
    ------
    UsageError
        If it is a shipped model, or there is none of that name.
    """
    if name in shipped_names():
        raise UsageError(f"{name}: ships with deskull and cannot be removed.")
    if name not in (known := fetched_names()):
        choice = f"choose {' or '.join(known)}" if known else "no model has been fetched"
        raise UsageError(f"{name}: there is no such fetched model; {choice}.")
    fetched_path(name).unlink()  # without it the card is not looked at
    fetched_path(name).with_suffix(".json").unlink(missing_ok=True)


def _check_name(name: str) -> None:
    """Refuse names that could lead elsewhere, hide a shipped model or be taken for a command.

    Raises
    ------
    UsageError
    """
    if not _NAME.fullmatch(name):
        fault = "cannot be the name of a model; use up to 64 letters, digits, '-' and '_', a letter or digit first"
        raise UsageError(f"{name[:80]}: {fault}.")
    if name.lower() in {shipped.lower() for shipped in shipped_names()}:
        raise UsageError(f"{name}: is the name of a model that ships with deskull; choose another name.")
    if name.lower() in _RESERVED:
        raise UsageError(f"{name}: cannot be the name of a model, because it has another meaning; choose another name.")


def _check_card(card: Path, source: Source, digest: str) -> None:
    """Refuse a card that cannot be used, or that belongs to another network.

    Raises
    ------
    UsageError
    """
    try:
        facts = read_card(card)
    except UsageError as error:
        raise UsageError(str(error).replace(str(card), source.place)) from None
    if facts["sha256"] != digest:
        fault = f"is the card of a network with another SHA-256 ({facts['sha256']})"
        raise UsageError(f"{source.place}: {fault}; check the digest and the source.")
