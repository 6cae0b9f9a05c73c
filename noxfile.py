#!/usr/bin/env -S uv run --script

# /// script
# dependencies = ["nox>=2025.2.9"]
# ///

"""What a maintainer runs: tests, checks, docs, mutation and the reference values of R."""

from __future__ import annotations

from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run every test, docstring example and document example."""
    session.install(".[test]")
    session.run("pytest", "-n", "auto", "--cov", "--cov-report=term-missing:skip-covered", *session.posargs)


@nox.session(python="3.11", venv_backend="uv", default=False)
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest dependencies that are declared."""
    # Old releases of matplotlib call what pyparsing 3.3 deprecated, and warnings are errors here.
    session.install(".[test]", "pyparsing==3.2.*", "--resolution=lowest-direct")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session(python="3.12", default=False)
def pandas3(session: nox.Session) -> None:
    """Run the tests with pandas 3, which lifelines does not admit yet."""
    session.install(".[test]")
    session.install("pandas>=3")
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, imports between rooms, docstrings, dead code and dependencies."""
    session.install("ruff", "import-linter", "numpydoc", "vulture", "deptry", ".")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("vulture")
    session.run("deptry", "src")
    session.run("numpydoc", "lint", *map(str, sorted(Path("src").rglob("*.py"))))


@nox.session
def types(session: nox.Session) -> None:
    """Check types by two checkers."""
    session.install(".[dev]", "pyright")
    session.run("mypy")
    session.run("pyright")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation, warnings being errors, and follow its links within itself."""
    session.install(".[docs]")
    session.run("sphinx-build", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html", *session.posargs)
    session.run("python", "docs/links.py", "docs/_build/html")


@nox.session(default=False)
def build(session: nox.Session) -> None:
    """Build the distributions and check them."""
    session.install("build", "twine", "check-wheel-contents", "validate-pyproject", "pyroma")
    session.run("validate-pyproject", "pyproject.toml")
    session.run("python", "-m", "build")
    distributions = [str(path) for path in Path("dist").iterdir()]
    session.run("twine", "check", "--strict", *distributions)
    session.run("check-wheel-contents", *(path for path in distributions if path.endswith(".whl")))
    session.run("pyroma", ".")


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Change the code of rooms in one place at a time and see that a test notices: ``nox -s mutation -- --room change``."""
    session.install("-e", ".[test]")
    session.run("python", "tests/mutation/survey.py", *session.posargs)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Call everything with odd arguments, read damaged files, and kill writers at random moments."""
    session.install(".[test]")
    for script in ("fuzz_api", "fuzz_files", "interrupt_writes"):
        session.run("python", f"tests/fuzz/{script}.py")


@nox.session(default=False)
def benchmarks(session: nox.Session) -> None:
    """Print the tables of docs/performance.md from a clean install; with --quick only show that the scripts run."""
    session.install(".[excel]")
    for script in sorted(Path("benchmarks").glob("*.py")):
        if script.stem != "timing":
            session.run("python", str(script), *session.posargs)


@nox.session(default=False)
def reference(session: nox.Session) -> None:
    """Let R compute the reference values anew, and compare."""
    session.install(".[test]")
    session.run("python", "tests/reference/rerun.py", "--check")


if __name__ == "__main__":
    nox.main()
