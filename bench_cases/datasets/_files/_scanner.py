"""Make and model of a scanner from the key-value pairs that ITK keeps of a header. No other pair is looked at."""

from __future__ import annotations

from collections.abc import Mapping

from bench_cases.volume import Scanner

_LONGEST = 64
"""Characters that DICOM permits in a value of these two tags (LO)."""


def scanner(pairs: Mapping[str, str]) -> Scanner | None:
    """Return Manufacturer (0008,0070) and Manufacturer's Model Name (0008,1090), the tags that name a machine's make.

    They are written as ``0008|0070`` by ITK and as ``DICOM_0008_0070`` by 3D Slicer. Serial number, station and
    institution would tell one machine from another, and with a date a patient; they are never read.

    >>> scanner({"0008|0070": "SIEMENS ", "DICOM_0008_1090": "Avanto", "0010|0010": "Doe^Jane"})
    Scanner(manufacturer='SIEMENS', model='Avanto')
    """
    manufacturer, model = (
        _clean(pairs.get(f"0008|{element}") or pairs.get(f"DICOM_0008_{element}") or "") for element in ("0070", "1090")
    )
    return Scanner(manufacturer, model) if manufacturer or model else None


def _clean(text: str) -> str | None:
    """Return the text in one line of printable characters, or None when nothing is left."""
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return shown[:_LONGEST].strip() or None
