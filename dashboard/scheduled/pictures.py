"""
The charts of a letter: narrower than those of a page, so that they can still be read on a phone, where they are shrunk to its width.

On white, also where the letter is dark: a mail program may not turn the colours of a picture around.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from analysis.words import Language
from dashboard.reports import drawing
from dashboard.reports.drawing import Font
from dashboard.reports.model import Chart

COLOURS: Final = 96
SCALE: Final = 2  # dots per px, for screens that have them
FONT: Final = Font("Arial, Liberation Sans, DejaVu Sans, sans-serif", 1.0)
NAMES_PX: Final = 165
WIDTH_PX: Final = {"bars": 235, "line": 380, "areas": 380}  # of the plot


def png(chart: Chart, lang: Language) -> bytes:
    """A chart as a picture some 420 px wide, in as few colours as it needs: a tenth of the bytes."""
    import vl_convert
    from PIL import Image

    with Image.open(BytesIO(vl_convert.vegalite_to_png(spec(chart, lang), scale=SCALE))) as drawn:
        out = BytesIO()
        drawn.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def spec(chart: Chart, lang: Language) -> dict[str, Any]:
    """The chart of a report, narrowed: names of bars take less room, and a legend stands below."""
    whole = drawing.spec(chart, lang, FONT)
    config = whole["config"]
    legend = {**config["legend"], "orient": "bottom", "columns": 2, "labelLimit": 180}
    layers = [
        {**layer, "encoding": {**layer["encoding"], "y": _narrowed(layer["encoding"]["y"])}}
        for layer in whole.get("layer", [])
    ]
    return {
        **whole,
        "width": WIDTH_PX[chart.shape],
        "background": "#ffffff",
        "padding": 6,
        "config": {**config, "legend": legend},
        **({"layer": layers} if layers else {}),
    }


def _narrowed(y: dict[str, Any]) -> dict[str, Any]:
    axis = {**y["axis"], "labelLimit": NAMES_PX, "minExtent": NAMES_PX, "maxExtent": NAMES_PX}
    return {**y, "axis": axis}
