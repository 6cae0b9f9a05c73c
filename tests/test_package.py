import ast
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest

import ivigmyo


def test_every_public_name_is_loaded_from_its_room():
    for name, room in ivigmyo._HOME.items():
        assert getattr(ivigmyo, name) is getattr(import_module(f"ivigmyo.{room}"), name)
    assert set(ivigmyo.__all__) <= set(dir(ivigmyo))


def test_a_name_that_is_not_there_is_said_as_python_says_it():
    with pytest.raises(AttributeError, match=r"^module 'ivigmyo' has no attribute 'kaplan_maier'$"):
        _ = ivigmyo.kaplan_maier


def test_type_checkers_see_the_names_that_are_loaded():
    tree = ast.parse(Path(ivigmyo.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {alias.asname: node.module for node in block.body for alias in node.names}
    homes = {name: f"ivigmyo.{room}" for name, room in ivigmyo._HOME.items()} | dict.fromkeys(ivigmyo._MODULES, "ivigmyo")
    assert imported == homes


def test_the_package_is_typed_and_carries_its_data():
    package = files("ivigmyo")
    assert (package / "py.typed").is_file()
    tables = {path.name for path in (package / "saito2008" / "data").iterdir()}
    assert tables >= {f"{name}.csv" for name in ("patients", "assessments", "ck_follow_up", "adverse_events", "treatments")}
    assert tables >= {"study.csv", "disposition.csv", "README.md"}


def modules():
    """The modules of the package by name, each with its tree."""
    root = Path(ivigmyo.__file__).parent
    for path in root.rglob("*.py"):
        name = ".".join(("ivigmyo", *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_what_a_module_takes_from_another_is_among_the_names_it_offers():
    trees = dict(modules())
    taken = {
        (node.module, alias.name)
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in trees
        for alias in node.names
        if f"{node.module}.{alias.name}" not in trees
    }
    hidden = {f"{where}.{name}" for where, name in taken if name not in import_module(where).__all__}
    assert not hidden - {"ivigmyo.__version__"}
