"""Licences and remarks that many sets share, worded once."""

from __future__ import annotations

from bench_cases.volume import Window

CC_BY = "CC BY 4.0"
CC_BY_SA = "CC BY-SA 4.0"
CC_BY_NC_SA = "CC BY-NC-SA 4.0"

ABDOMEN = Window(level=40, width=400)
LUNG = Window(level=-600, width=1500)
BONE = Window(level=400, width=1800)
OWN_WINDOW = "The window is this project's choice, a textbook one: no study of the set states its own."
SEEN = "seen in torch-em's dataset table; not checked against the archive by us"
NOT_INDEPENDENT = "Images of one patient are volumes of their own here: they are not independent."
