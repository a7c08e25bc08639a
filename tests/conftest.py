"""Tests change the number of threads all the time, on machines where others use the cores too: threads that wait must
sleep, not spin. Set before anything loads OpenMP."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")
