"""Every change of one place that the functions of a room allow, each with a name of its own."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import ivigmyo

ROOT = Path(__file__).parents[2]
PACKAGE = Path(ivigmyo.__file__).parent

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Div,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitAnd, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip
_PAIRS = ("min max", "any all", "lower upper", "lstrip rstrip", "find rfind", "removeprefix removesuffix", "argmin argmax")
NAMES = {a: b for pair in _PAIRS for a, b in (pair.split(), reversed(pair.split()))}
UNTOUCHED = {"cast", "isinstance", "len", "TypeVar"}  # their arguments are types, or can only be wrong


class Mutant(NamedTuple):
    """A change of a function: the statement before and after, and which of the changes that read alike it is."""

    file: str
    function: str
    before: str
    after: str
    occurrence: int
    lines: tuple[int, int]
    place: int


def rooms() -> dict[str, list[Path]]:
    """The files of each room: a module or a folder of the package."""
    found = [path for path in sorted(PACKAGE.iterdir()) if path.suffix == ".py" or path.is_dir()]
    files = {path.stem: sorted(path.rglob("*.py")) if path.is_dir() else [path] for path in found}
    return {room: paths for room, paths in files.items() if paths and room != "__init__"}


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """The outermost functions and methods, by qualified name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield f"{prefix}{node.name}", node


def _of_call(node: ast.Call) -> Iterator[tuple[str, Any]]:
    if isinstance(node.func, ast.Name) and node.func.id in UNTOUCHED:
        return
    arguments, keywords = node.args, node.keywords
    for k, argument in enumerate(arguments):
        if not isinstance(argument, ast.Starred) and not _is(argument, None):
            yield "args", [*arguments[:k], ast.Constant(None), *arguments[k + 1 :]]
        if len(arguments) + len(keywords) > 1:
            yield "args", [*arguments[:k], *arguments[k + 1 :]]
    for k, keyword in enumerate(keywords):
        if keyword.arg == "strict":  # of `zip`: a guard
            continue
        if keyword.arg and not _is(keyword.value, None):
            yield "keywords", [*keywords[:k], ast.keyword(keyword.arg, ast.Constant(None)), *keywords[k + 1 :]]
        yield "keywords", [*keywords[:k], *keywords[k + 1 :]]


def _of_constant(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str):
        yield f"XX{value}XX"


def _is(node: ast.AST | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """What else a field of a node could hold."""
    match node:
        case ast.Constant(value):
            yield from (("value", other) for other in _of_constant(value))
        case ast.Compare(_, ops):
            yield from (("ops", [*ops[:k], OPERATORS[type(op)](), *ops[k + 1 :]]) for k, op in enumerate(ops))
        case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATORS:
            yield "op", OPERATORS[type(op)]()
        case ast.Call():
            yield from _of_call(node)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            yield "value", ast.Constant("" if _is(value, None) else None)
        case ast.Return(ast.expr() as value) if not _is(value, None):
            yield "value", ast.Constant(None)
        case ast.IfExp():
            yield from (("test", ast.Constant(answer)) for answer in (False, True))
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() as test) | ast.While(test=ast.Call() as test):
            yield "test", ast.UnaryOp(ast.Not(), test)
        case ast.comprehension(ifs=[_, *_]):
            yield "ifs", []
        case ast.Lambda():
            yield "body", ast.Constant(None)
        case ast.Match(cases=cases) if len(cases) > 1:
            yield from (("cases", [*cases[:k], *cases[k + 1 :]]) for k in range(len(cases)))
        case ast.Name(id=name, ctx=ast.Load()) if name in NAMES:
            yield "id", NAMES[name]
        case ast.Attribute(attr=name) if name in NAMES:
            yield "attr", NAMES[name]
    for field, child in ast.iter_fields(node):  # what is taken out of the way: `not`, a sign, a jump
        if isinstance(child, ast.UnaryOp):
            yield field, child.operand


def _walk(node: ast.AST, statement: ast.stmt) -> Iterator[tuple[ast.AST, ast.stmt]]:
    """The nodes below a statement that run when it does, each with its own statement; no types and no docstrings."""
    yield node, statement
    for field, child in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "args") and not isinstance(node, ast.Call):
            continue
        for one in child if isinstance(child, list) else [child]:
            words = isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)
            pieces = isinstance(node, ast.JoinedStr) and isinstance(one, ast.Constant)
            kept = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNTOUCHED
            guard = isinstance(one, ast.keyword) and one.arg == "strict"
            if isinstance(one, ast.AST) and not (words or pieces or kept or guard):
                yield from _walk(one, one if isinstance(one, ast.stmt) else statement)


def _text(statement: ast.stmt) -> str:
    """A statement in one line; of a compound one only its head."""
    if isinstance(statement, ast.FunctionDef):
        return f"def {statement.name}({ast.unparse(statement.args)})"
    if isinstance(getattr(statement, "body", None), list) and not isinstance(statement, ast.Expr):
        return ast.unparse(statement).splitlines()[0]
    return " ".join(line.strip() for line in ast.unparse(statement).splitlines())


def _lines(statement: ast.stmt) -> tuple[int, int]:
    if isinstance(statement, ast.FunctionDef):
        return statement.lineno, statement.end_lineno or 0
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if isinstance(body, list) and body else statement.end_lineno
    return statement.lineno, max(statement.lineno, last or 0)


def _edit(tree: ast.AST) -> Iterator[tuple[str, ast.stmt, str]]:
    """Make each change in turn, and take it back when asked for the next."""
    for name, function in functions(tree):
        texts: dict[ast.stmt, str] = {}
        for statement in function.body[ast.get_docstring(function) is not None :]:
            for node, own in _walk(statement, statement):
                before = texts[own] if own in texts else texts.setdefault(own, _text(own))
                for field, value in list(_changes(node)):
                    kept = getattr(node, field)
                    setattr(node, field, value)
                    yield name, own, before
                    setattr(node, field, kept)
        for default in [*function.args.defaults, *function.args.kw_defaults]:
            for value in _of_constant(default.value) if isinstance(default, ast.Constant) else ():
                kept, before = default.value, _text(function)
                default.value = value
                yield name, function, before
                default.value = kept


def mutants(path: Path) -> list[Mutant]:
    """All mutants of a file."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    file = path.relative_to(PACKAGE).as_posix()
    for place, (name, statement, before) in enumerate(_edit(ast.parse(path.read_text(encoding="utf-8")))):
        after = _text(ast.fix_missing_locations(statement))
        if after != before or isinstance(statement, ast.Match):
            seen[name, before, after] += 1
            found.append(Mutant(file, name, before, after, seen[name, before, after], _lines(statement), place))
    return found


def changed(mutant: Mutant) -> ast.Module:
    """The file of a mutant with its change."""
    tree = ast.parse((PACKAGE / mutant.file).read_text(encoding="utf-8"))
    for place, _ in enumerate(_edit(tree)):
        if place == mutant.place:
            return copy.deepcopy(ast.fix_missing_locations(tree))
    raise LookupError(mutant)
