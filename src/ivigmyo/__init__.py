"""Analysis of trials of intravenous immunoglobulin (IVIG) in polymyositis and dermatomyositis."""

__version__ = "0.1.0"
