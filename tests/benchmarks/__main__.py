"""All benchmarks of the gateway, one after the other: `python -m tests.benchmarks`.

On the database of TEST_DATABASE_ADMIN_URL, else on an embedded one below .custom-data/benchmarks; the first run builds
the data, in about a minute. Other work on the machine shows in the figures: read ratios, and medians. Not among them:
reading beside PostGraphile, which takes ten minutes and installs it: `python -m tests.benchmarks.reading`.
"""

import uvloop

from tests.benchmarks import contacts, growth, prices, saving
from tests.benchmarks.grid import server

with server() as url:
    for benchmark in (prices, contacts, saving, growth):
        print(f"\n# {benchmark.__name__.rpartition('.')[2]}")
        uvloop.run(benchmark.main(url))
