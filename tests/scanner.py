"""An ordinary scanner, for what was drawn or printed."""

import zxingcpp
from PIL import Image


def read_codes(image: Image.Image) -> list[str]:
    """Return the texts of the QR codes in a picture."""
    found = zxingcpp.read_barcodes(image.convert("L"))
    return [code.text for code in found if code.format == zxingcpp.BarcodeFormat.QRCode]
