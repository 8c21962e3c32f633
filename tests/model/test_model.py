"""Whatever happens to a shop, in whatever order: it is what the model says.

20 runs of 50 steps; `MODEL_RUNS=200 pytest tests/model` makes 200.
"""

import os

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Shop, World

RUNS = int(os.environ.get("MODEL_RUNS", "20"))
STEPS = 50


def test_a_shop_is_what_its_model_says(admin_url: str, gateway_url: str) -> None:
    Shop.world = World(admin_url, gateway_url)
    try:
        run_state_machine_as_test(Shop, settings=settings(max_examples=RUNS, stateful_step_count=STEPS))
    finally:
        Shop.world.close()
