"""How the documentation is built."""

import doctest
import re
from pathlib import Path

from docutils.nodes import SkipNode
from latex2mathml.converter import convert

import ivigmyo

HERE = Path(__file__).parent

project = "ivigmyo"
author = "The ivigmyo developers"
copyright = "2026, the ivigmyo developers"
version = release = ivigmyo.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
default_role = "any"
nitpicky = False
suppress_warnings = ["ref.any", "ref.ref"]  # of docstrings that pandas wrote

html_theme = "furo"
html_title = f"ivigmyo {release}"
html_static_path = ["_static"]
html_css_files = ["formulas.css"]
html_math_renderer = "mathml"  # which browsers show by themselves, without a network

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3


def draw_gallery(_):
    """Run the examples of the gallery, and save what each has drawn where a picture of it is shown."""
    (HERE / "_gallery").mkdir(exist_ok=True)
    names = {}
    for part in doctest.DocTestParser().parse((HERE / "gallery.md").read_text(encoding="utf-8")):
        if isinstance(part, doctest.Example):
            exec(part.source, names)
            continue
        for picture in re.findall(r"\]\((_gallery/\S+)\)", part):
            ivigmyo.figures.save_figure(names["ax"], HERE / picture)


def write_formula(display):
    """Make a writer of formulas, inline or on lines of their own."""

    def visit(writer, node):
        writer.body.append(convert(node.astext(), display=display))
        raise SkipNode

    return visit


def setup(app):
    """Register what is done at a build."""
    app.connect("builder-inited", draw_gallery)
    app.add_html_math_renderer("mathml", (write_formula("inline"), None), (write_formula("block"), None))
