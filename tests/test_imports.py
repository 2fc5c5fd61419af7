"""The house stays easy to see: who imports whom, and what is not imported before it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("polars", "numpy", "scipy", "sklearn", "numba", "umap", "hdbscan", "flask", "sqlalchemy", "altair")


def loaded(statement: str) -> set[str]:
    """Top-level modules that are loaded after *statement* in a fresh process."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_a_collector_worker_loads_nothing_heavy():
    """The collector's application starts without Polars, numba, UMAP, HDBSCAN, Flask or SQLAlchemy."""
    assert not loaded("import collector.app, collector.imports") & set(HEAVY)


def test_the_command_loads_what_it_needs_when_it_needs_it():
    """`telpunt --help` and `telpunt site list` do not pay for the analysis or the pages."""
    assert not loaded("import dashboard.cli") & set(HEAVY)


@pytest.mark.parametrize("module", ["dashboard", "analysis.fold", "analysis.jobs", "analysis.pipeline"])
def test_only_an_analysis_imports_umap_and_hdbscan(module):
    """Pages, folds and the scheduler never pay seconds and hundreds of megabytes for UMAP, HDBSCAN and numba."""
    assert not loaded(f"import {module}") & {"umap", "hdbscan", "numba"}
