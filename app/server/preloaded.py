"""All that workers have in common: imported once, by the process that they are forked from (see `nursery.py`)."""

import gc

import app.server.app
import app.server.slow_operations
import app.server.worker

__all__ = ["app"]

# what is never looked at for garbage is not copied for it either
gc.freeze()
gc.enable()
