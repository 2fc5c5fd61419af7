"""
What `make bench` runs: each part prints a table of ratios against references measured in the same run.

    python -m tests.benchmarks [collector] [chain] [memory] [audiences] [changes] [real] [signatures] [pages] [reports] [api] [--quick]
"""

from __future__ import annotations

import argparse
import importlib

# Each is a module beside this one with a function ``run(quick=…)``.
PARTS = ("collector", "chain", "memory", "audiences", "changes", "real", "signatures", "pages", "reports", "api")


def main() -> None:
    """Run the parts that are asked for; without a name, all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    arguments = parser.parse_args()
    for part in arguments.parts or PARTS:
        print(f"\n== {part}", flush=True)
        importlib.import_module(f"tests.benchmarks.{part}").run(quick=arguments.quick)


if __name__ == "__main__":
    main()
