"""Make the pictures of the README from the synthetic head of the demo.

    python docs/images/make_images.py

Two heads are stripped and drawn with their verdicts: one as it is, and one whose signal fades towards the top, as with
a coil that does not reach it, in strong noise.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deskull.demo import make_head
from deskull.pipeline import Stripper
from deskull.report.mosaic import draw_mosaic
from deskull.result import Result
from deskull.volume import Volume

HERE = Path(__file__).parent
#: Colours of the verdicts on the pages.
COLOURS = {"pass": (60, 170, 90), "review": (220, 160, 40), "fail": (215, 70, 60)}
_TEXT, _TITLE_HEIGHT = (235, 235, 235), 64


def spoiled(head: Volume) -> Volume:
    """Return a head whose signal fades towards its top, with noise."""
    data = head.values().astype(np.float32)
    fading = np.linspace(0.9, -0.4, data.shape[2], dtype=np.float32).clip(0, 1) ** 2
    noise = np.random.default_rng(1).normal(0, 0.08 * float(np.percentile(data, 99)), data.shape)
    return replace(head.with_data(np.abs(data * fading + noise).astype(np.float32)), name="spoiled")


def first_plane(picture: Image.Image, fraction: float) -> Image.Image:
    """Return the sagittal rows of a picture of three planes, which take a fraction of its height."""
    return picture.convert("RGB").crop((0, 0, picture.width, round(fraction * picture.height)))


def titled(picture: Image.Image, result: Result) -> Image.Image:
    """Return a picture with two lines above it: verdict and predicted Dice, and the first reason."""
    quality = result.quality
    if quality is None:
        raise SystemExit("error: the mask was not judged.")
    verdict = quality.verdict.value
    out = Image.new("RGB", (picture.width, picture.height + _TITLE_HEIGHT))
    out.paste(picture, (0, _TITLE_HEIGHT))
    draw = ImageDraw.Draw(out)
    draw.rectangle((0, 8, 12, 36), fill=COLOURS[verdict])
    draw.text(
        (22, 10), f"{verdict} (Dice about {quality.predicted_dice:.2f})", fill=_TEXT, font=ImageFont.load_default(20)
    )
    if verdict != "pass" and quality.reasons:
        draw.text((22, 40), quality.reasons[0], fill=_TEXT, font=ImageFont.load_default(15))
    return out


def main() -> None:
    """Write before_after.jpg and verdicts.jpg."""
    stripper, head = Stripper(), make_head()
    results = [stripper.strip(scan) for scan in (head, spoiled(head))]
    for result in results:
        if result.quality:
            print(result.quality.verdict.value, result.quality.predicted_dice, result.quality.reasons)
    clean = results[0]
    both = draw_mosaic(clean.scan, clean.mask, slices=4, title="a raw scan, and its brain", stripped=True, scale=1.5)
    first_plane(both, 0.322).save(HERE / "before_after.jpg", quality=85)
    pictures = [first_plane(draw_mosaic(one.scan, one.mask, slices=4, scale=1.25), 0.34) for one in results]
    rows = [titled(picture, one) for picture, one in zip(pictures, results, strict=True)]
    page = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)))
    top = 0
    for row in rows:
        page.paste(row, (0, top))
        top += row.height
    page.save(HERE / "verdicts.jpg", quality=85)


if __name__ == "__main__":
    main()
