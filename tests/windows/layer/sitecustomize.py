"""Runs first in every interpreter that has this folder on PYTHONPATH: from then on it behaves as one on Windows."""

from __future__ import annotations

import os

import windows_layer

windows_layer.install(os.environ["WINDOWS_LAYER_ROOT"])
