"""A plugin of pytest that tries mutants: tests are collected once, and each mutant meets them in a process of its own.

The code of one function is exchanged in the running program, so that no file changes. Which tests run a line is found
beforehand, for each file of tests in a process of its own, and kept until that file or the package changes.
"""

from __future__ import annotations

import ast
import gc
import hashlib
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType

import coverage
import pytest
from mutants import PACKAGE, ROOT, Mutant, changed, functions

KEPT = ROOT / ".mutation"
LONGEST = 30.0  # seconds of tests that a mutant meets at most, the quickest first


class Reach:
    """Which tests run which lines, and how long they take."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.tests: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))

    def add(self, found: dict[str, dict[str, object]]) -> None:
        for test, known in found.items():
            self.seconds[test] = known["seconds"]
            for file, lines in known["lines"].items():
                for line in lines:
                    self.tests[file][line].add(test)

    def of(self, mutant: Mutant) -> list[str]:
        """The tests that meet a mutant, the quickest first."""
        first, last = mutant.lines
        lines = self.tests[mutant.file]
        chosen, spent = [], 0.0
        for test in sorted(set().union(*(lines[line] for line in range(first, last + 1))), key=self.seconds.__getitem__):
            spent += self.seconds[test]
            if spent > LONGEST and chosen:
                break
            chosen.append(test)
        return chosen


def _digest(*paths: Path, words: str = "") -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths) + words.encode()).hexdigest()[:16]


def in_child(work: Callable[[], int], seconds: float) -> int:
    """The exit status of some work done in a process of its own; negative where a signal ended it."""
    child = os.fork()
    if child == 0:
        status = 99
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(null, stream)
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
            resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
            signal.setitimer(signal.ITIMER_REAL, 6 * seconds)
            status = work()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Watch:
    """Notes whether tests pass, how long they take, and the fixtures at work."""

    def __init__(self, session: pytest.Session) -> None:
        self.session, self.failed, self.context = session, False, ""
        self.switch: Callable[[str], None] = lambda _: None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        outer, self.context = self.context, f"fixture {fixturedef.baseid} {fixturedef.argname}"
        self.switch(self.context)
        try:
            return (yield)
        finally:
            self.context = outer
            self.switch(outer)

    def run(self, items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, float]]:
        """Run tests until the reader stops: each with its time."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            self.failed, self.context, start = False, item.nodeid, time.process_time()
            self.switch(item.nodeid)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            yield item, time.process_time() - start


def _fixtures(item: pytest.Item) -> set[str]:
    known = getattr(item, "_fixtureinfo", None)
    return (
        {f"fixture {each.baseid} {name}" for name, defs in known.name2fixturedefs.items() for each in defs}
        if known
        else set()
    )


def _look(watch: Watch, items: list[pytest.Item], kept: Path) -> int:
    """Run the tests of a file, and keep which lines of the package each runs; what fails is left out."""
    measured = coverage.Coverage(data_file=None, include=[f"{PACKAGE}/*"], config_file=False)
    measured.start()
    watch.switch = measured.switch_context
    passed = {item: seconds for item, seconds in watch.run(items) if not watch.failed}
    measured.stop()
    lines: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    data = measured.get_data()
    for file in data.measured_files():
        for line, contexts in data.contexts_by_lineno(file).items():
            for context in contexts:
                lines[context][Path(file).relative_to(PACKAGE).as_posix()].append(line)
    found = {}
    for item, seconds in passed.items():
        own: dict[str, set[int]] = defaultdict(set)
        for context in {item.nodeid, *_fixtures(item)}:
            for file, numbers in lines.get(context, {}).items():
                own[file] |= set(numbers)
        found[item.nodeid] = {"seconds": seconds, "lines": {file: sorted(numbers) for file, numbers in own.items()}}
    kept.write_text(json.dumps(found), encoding="utf-8")
    return 0


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def exchange(mutant: Mutant, tree: ast.Module) -> None:
    """Let the running program have the function of a mutant in place of its own."""
    path = PACKAGE / mutant.file
    importlib.import_module(".".join(["ivigmyo", *Path(mutant.file).with_suffix("").parts]).removesuffix(".__init__"))
    first, _ = mutant.lines
    named = [code for code in _codes(compile(tree, str(path), "exec")) if code.co_qualname == mutant.function]
    new = max((code for code in named if code.co_firstlineno <= first), key=lambda code: code.co_firstlineno)
    alike = [each for each in gc.get_objects() if isinstance(each, FunctionType) and each.__code__.co_filename == str(path)]
    own = [f for f in alike if (f.__code__.co_qualname, f.__code__.co_firstlineno) == (new.co_qualname, new.co_firstlineno)]
    if not own:
        raise LookupError(mutant)
    node = max(
        (node for name, node in functions(tree) if name == mutant.function and node.lineno <= first), key=lambda n: n.lineno
    )
    for function in own:
        function.__code__ = new
        pairs = zip(node.args.defaults, function.__defaults__ or (), strict=True)
        function.__defaults__ = tuple(each.value if isinstance(each, ast.Constant) else old for each, old in pairs) or None
        for argument, each in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if isinstance(each, ast.Constant):
                function.__kwdefaults__[argument.arg] = each.value


class Trial:
    """Try each mutant on the tests that run its line."""

    def __init__(self, mutants: list[Mutant], tell: Callable[[Mutant, str], None]) -> None:
        self.mutants, self.tell = mutants, tell

    def pytest_collection(self) -> None:
        import hypothesis  # not sooner: pytest wants to be there before its plugins are imported

        # A mutant is killed by the first example that fails, and by nothing another one left behind.
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("mutation", database=None, derandomize=True, phases=phases)
        hypothesis.settings.load_profile("mutation")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        watch = Watch(session)
        session.config.pluginmanager.register(watch)
        session.config.pluginmanager.unregister(name="terminalreporter")
        reach = self._reach(watch, session)
        items = {item.nodeid: item for item in session.items}
        for mutant in self.mutants:
            chosen = reach.of(mutant)
            seconds = 15 + 6 * sum(reach.seconds[test] for test in chosen)
            status = in_child(lambda: self._try(watch, mutant, [items[test] for test in chosen]), seconds) if chosen else 0  # noqa: B023
            outcome = {0: "survived" if chosen else "not run", 1: "killed", 2: "impossible"}.get(status, "ended")
            self.tell(mutant, outcome)
        return True

    @staticmethod
    def _try(watch: Watch, mutant: Mutant, items: list[pytest.Item]) -> int:
        try:
            exchange(mutant, changed(mutant))
        except (SyntaxError, ValueError, LookupError):
            return 2
        order = {path: k for k, path in enumerate(dict.fromkeys(item.path for item in items))}
        items = sorted(items, key=lambda item: order[item.path])
        return int(any(watch.failed for _ in watch.run(items)))

    @staticmethod
    def _reach(watch: Watch, session: pytest.Session) -> Reach:
        reach = Reach()
        package = _digest(*sorted(PACKAGE.rglob("*.py")))
        KEPT.mkdir(exist_ok=True)
        by_file: dict[Path, list[pytest.Item]] = defaultdict(list)
        for item in session.items:
            by_file[item.path].append(item)
        stems = {path: path.relative_to(ROOT).as_posix().replace("/", "-") for path in by_file}
        digests = {path: _digest(path, words=" ".join(item.nodeid for item in items)) for path, items in by_file.items()}
        for path, items in by_file.items():
            kept = KEPT / f"{stems[path]}-{package}-{digests[path]}.json"
            if not kept.exists():
                print(f"looking at {stems[path]}", file=sys.__stderr__, flush=True)
                in_child(lambda: _look(watch, items, kept), 1200)  # noqa: B023
            if kept.exists():
                reach.add(json.loads(kept.read_text(encoding="utf-8")))
        return reach
