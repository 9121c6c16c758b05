import urllib.parse

import segno

from core.qr import qr_data_uri, qr_svg

ADDRESS = "https://example.invalid/v/0123456789ab"


def test_qr_svg_scales_to_its_place_and_keeps_the_quiet_zone():
    svg = qr_svg(ADDRESS)
    modules = segno.make(ADDRESS, error="m", micro=False).symbol_size(border=4)[0]
    assert svg.startswith("<svg ")
    assert f'viewBox="0 0 {modules} {modules}"' in svg
    assert "width=" not in svg.partition(">")[0]


def test_qr_data_uri_is_the_same_picture():
    head, _, body = qr_data_uri(ADDRESS).partition(",")
    assert head.startswith("data:image/svg+xml")
    path = qr_svg(ADDRESS).partition(' d="')[2].partition('"')[0]
    assert path in urllib.parse.unquote(body)


def test_qr_of_two_addresses_differs():
    assert qr_svg(ADDRESS) != qr_svg(ADDRESS + "c")
