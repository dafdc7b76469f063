"""`python -m tests.benchmarks [names]`."""

from tests.benchmarks.run import main

main()
