"""How the documentation is built."""

import ivigmyo

project = "ivigmyo"
author = "The ivigmyo developers"
copyright = "2026, the ivigmyo developers"
version = release = ivigmyo.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
default_role = "any"
nitpicky = False
suppress_warnings = ["ref.any"]

html_theme = "furo"
html_title = f"ivigmyo {release}"

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
