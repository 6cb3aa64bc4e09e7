"""One thread each: on busy cores more of them spin, and a call of ten milliseconds takes a second."""

import os

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
