"""Summary: what viewers say of a mask, as HTML."""

from __future__ import annotations

from html import escape

from deskull.result import Result


def summary(result: Result, border: float, volume_ml: float) -> str:
    """Return verdict, volume and reasons as HTML, a line each.

    Parameters
    ----------
    result : Result
    border : float
        Where the mask that is shown ends, in mm.
    volume_ml : float
        Of that mask.
    """
    quality, made = result.quality, result.provenance
    verdict = quality.summary() if quality else "not judged"
    place = f" at {border:g} mm from the {made.surface}{'' if 'mask' in made.surface else ' surface'}" if made else ""
    lines = [f"<b>{escape(verdict)}</b>; volume {volume_ml:,.0f} ml{escape(place)}"]
    lines += [escape(reason) for reason in (quality.reasons if quality else ())]
    if quality and made and border != made.border:
        lines.append(f"The verdict is that of the mask at {made.border:g} mm.")
    return "<br>".join(lines)
