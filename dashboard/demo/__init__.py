"""A simulated careers site: a made-up employer, audiences that come and go, sent through the same pipeline as real visits."""

from dashboard.demo.employer import HOST, KEY
from dashboard.demo.traffic import DAYS, Counts, fill, simulate

__all__ = ["DAYS", "HOST", "KEY", "Counts", "fill", "simulate"]
