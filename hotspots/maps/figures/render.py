"""A drawing becomes the bytes of a file: the same ones for the same drawing, without a date or a maker's name."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG

from hotspots.maps.figures.sheet import house

if TYPE_CHECKING:
    from hotspots.maps.figures.sheet import Drawing

DPI = 200.0
_UNDATED = {"Date": None, "Creator": None, "Format": None, "Type": None}


def png_bytes(drawing: Drawing, dpi: float = DPI) -> bytes:
    """Return a drawing as PNG.

    Parameters
    ----------
    drawing
        What a function of a figure returned; it stays as it was.
    dpi
        Pixels to the inch; plots are 7.25 inches wide, the map is A4.

    Returns
    -------
    bytes
        The same for the same drawing and releases of matplotlib and Pillow.
    """
    data = io.BytesIO()
    figure = drawing.figure
    canvas, before = figure.canvas, figure.dpi
    with house():
        try:
            figure.set_dpi(dpi)
            FigureCanvasAgg(figure).print_png(data, metadata={"Software": None})  # type: ignore[no-untyped-call]
        finally:
            figure.set_dpi(before)
            figure.set_canvas(canvas)
    return data.getvalue()


def svg_bytes(drawing: Drawing) -> bytes:
    """Return a drawing as SVG with its title and text alternative, letters as outlines.

    Outlines keep every word as wide as it was laid out, so that none runs into another where a machine
    lacks the font. There is no document type: nothing in the file points to a network address that is fetched.

    Parameters
    ----------
    drawing
        What a function of a figure returned; it stays as it was.

    Returns
    -------
    bytes
        UTF-8, one ``svg`` element; the same for the same drawing and release of matplotlib.
    """
    data = io.BytesIO()
    figure = drawing.figure
    canvas, before = figure.canvas, figure.dpi
    with house():
        try:
            FigureCanvasSVG(figure).print_svg(data, metadata=_UNDATED)  # type: ignore[no-untyped-call]
        finally:
            figure.set_dpi(before)
            figure.set_canvas(canvas)
    text = data.getvalue().decode("utf-8")
    opening, _, rest = text[text.index("<svg") :].partition(">")
    words = f"<title>{html.escape(drawing.title)}</title>\n <desc>{html.escape(drawing.alt)}</desc>"
    return f'{opening} role="img">\n {words}{rest}'.encode()
