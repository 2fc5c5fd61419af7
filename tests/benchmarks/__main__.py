"""
What `make bench` runs: each part prints a table of ratios against references measured in the same run.

    python -m tests.benchmarks [collector] [audiences] [real] [signatures] [chain] [memory] [--quick]
"""

from __future__ import annotations

import argparse


def main() -> None:
    """Run the parts that are asked for; without a name, all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument(
        "parts",
        nargs="*",
        choices=["collector", "audiences", "real", "signatures", "chain", "memory", []],
        metavar="part",
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    arguments = parser.parse_args()
    parts = arguments.parts or ["collector", "chain", "memory", "audiences", "real", "signatures"]
    for part in parts:
        print(f"\n== {part}", flush=True)
        if part == "collector":
            from tests.benchmarks import collector

            collector.run()
        elif part == "chain":
            from tests.benchmarks import chain

            chain.run(quick=arguments.quick)
        elif part == "memory":
            from tests.benchmarks import memory

            memory.run(quick=arguments.quick)
        elif part == "real":
            from tests.benchmarks import real

            real.run(quick=arguments.quick)
        elif part == "signatures":
            from tests.benchmarks import signatures

            signatures.run(quick=arguments.quick)
        else:
            from tests.benchmarks import audiences

            audiences.run(quick=arguments.quick)


if __name__ == "__main__":
    main()
