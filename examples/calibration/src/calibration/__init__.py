"""A simulated night and the pipeline that calibrates it; each step is a program: python -m calibration.STEP."""

import os

__version__ = "1.0.0"

# A step is one process on one core; the linear-algebra libraries read these when numpy is first imported.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
