"""QR codes."""

import segno


def qr_svg(text: str) -> str:
    """Return an SVG element for ``text``, with the quiet zone that scanners need."""
    return _code(text).svg_inline(border=4, omitsize=True)


def qr_data_uri(text: str) -> str:
    """Return the same picture as a ``data:`` URI for an ``img``."""
    return _code(text).svg_data_uri(border=4, omitsize=True)


def _code(text: str) -> segno.QRCode:
    return segno.make(text, error="m", micro=False)
