"""Equality of numbers as they are written in decimals: one tolerance for every room."""

from __future__ import annotations

__all__ = ["TOLERANCE"]

TOLERANCE = 1e-9
"""Relative: every pair of numbers of up to six significant digits is decided exactly, the nearest other ratio being
7e-8 away."""
