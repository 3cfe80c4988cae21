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


def spoiled(head: Volume) -> Volume:
    """Return a head whose signal fades towards its top, with noise."""
    data = head.values().astype(np.float32)
    fading = np.linspace(0.9, -0.4, data.shape[2], dtype=np.float32).clip(0, 1) ** 2
    noise = np.random.default_rng(1).normal(0, 0.08 * float(np.percentile(data, 99)), data.shape)
    return replace(head.with_data(np.abs(data * fading + noise).astype(np.float32)), name="spoiled")


def titled(picture: Image.Image, result: Result) -> Image.Image:
    """Return a picture with a line above it: verdict, predicted Dice and first reason."""
    quality = result.quality
    if quality is None:
        raise SystemExit("error: the mask was not judged.")
    text = f"{quality.verdict.value} (Dice about {quality.predicted_dice:.2f})"
    text += f"   {quality.reasons[0]}" if quality.reasons and quality.verdict.value != "pass" else ""
    out = Image.new("RGB", (picture.width, picture.height + 44))
    out.paste(picture.convert("RGB"), (0, 44))
    draw = ImageDraw.Draw(out)
    draw.rectangle((0, 8, 12, 36), fill=COLOURS[quality.verdict.value])
    draw.text((22, 10), text, fill=(235, 235, 235), font=ImageFont.load_default(20))
    return out


def main() -> None:
    """Write before_after.jpg and verdicts.jpg."""
    stripper, head = Stripper(), make_head()
    results = [stripper.strip(scan) for scan in (head, spoiled(head))]
    for result in results:
        if result.quality:
            print(result.quality.verdict.value, result.quality.predicted_dice, result.quality.reasons)
    clean = results[0]
    options = {"slices": 4, "stripped": True, "scale": 1.5, "width": 1500}
    both = draw_mosaic(clean.scan, clean.mask, title="a raw scan, and its brain", **options)
    both.convert("RGB").save(HERE / "before_after.jpg", quality=85)
    rows = [titled(draw_mosaic(one.scan, one.mask, slices=2, scale=1.25, width=1500), one) for one in results]
    page = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows)))
    top = 0
    for row in rows:
        page.paste(row, (0, top))
        top += row.height
    page.save(HERE / "verdicts.jpg", quality=85)


if __name__ == "__main__":
    main()
