"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import EISDIR
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: two writers do not wait for each other there, and nothing left behind is removed
    fcntl = None  # type: ignore[assignment]

__all__ = ["UNFINISHED", "is_being_written", "replace_files", "whole_file", "write_whole"]

UNFINISHED = ".ivigmyo-unfinished"
"""The name of the file that says, while it is there, that a folder's files are being replaced."""

_STAGED = ".ivigmyo-"
"""How the names of files begin that are on their way to their place."""


def write_whole(path: Path, text: str | bytes) -> None:
    """Write a file; one that is there is replaced only once the new one is complete.

    Parameters
    ----------
    path : Path
        The file. Of a link the target is replaced, not the link; what is no regular file (a device, a pipe) is written
        through.
    text : str or bytes
        What it is to hold; text becomes UTF-8.

    Raises
    ------
    OSError
        If it cannot be written, with the name of the file; what was there before is then still there.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a.txt"), "whole")
    ...     Path(folder, "a.txt").read_text()
    'whole'
    """
    content = text.encode("utf-8") if isinstance(text, str) else text
    with _named(path):
        if _is_special(path):
            with path.open("wb") as file:
                _make_room(file.fileno(), len(content))
                file.write(content)
            return
    with whole_file(path) as staged:
        staged.write_bytes(content)


def _make_room(pipe: int, size: int) -> None:
    """Let a pipe hold all that is written, where the system can: whoever reads it may first wait for us to end."""
    room: Any = fcntl
    with suppress(AttributeError, OSError):  # no such module, no such call, or no more room
        room.fcntl(pipe, room.F_SETPIPE_SZ, size)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Offer a name beside a file to write to; what was written there takes the place of the file in one step at the end.

    Raises
    ------
    OSError
        If it cannot be written, with the name of the file.
    """
    target = path.resolve() if path.is_symlink() else path
    with _named(path), _staging(target.parent) as folder:
        staged = folder / target.name
        yield staged
        _put(staged, target)


def replace_files(folder: Path, files: Mapping[str, str], obsolete: Iterable[str], check: Callable[[Path], None]) -> None:
    """Replace the files of a folder together: all or none; other files stay.

    They are first written beside their place, complete, and checked. While they are put in place, a file named `UNFINISHED`
    says so; where the process is killed meanwhile, it stays, and the next write removes it. A second writer waits.

    Parameters
    ----------
    folder : Path
        The folder; it is made if need be.
    files : mapping of str to str
        The content of each file by its name.
    obsolete : iterable of str
        The files that are to be gone.
    check : callable
        What looks at the folder of complete files before they are put in place, and raises if they are not to be.

    Raises
    ------
    OSError
        If a file cannot be written, with its name; nothing is replaced then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    obsolete = tuple(obsolete)
    for name in (*files, *obsolete):
        if (folder / name).is_dir():
            raise IsADirectoryError(EISDIR, "a file is to be written where a folder is", str(folder / name))
    with _staging(folder) as staging:
        for name, text in files.items():
            with _named(folder / name):
                (staging / name).write_text(text, encoding="utf-8", newline="")
                _flush(staging / name)
        check(staging)
        with _marked(folder):
            for name in files:
                with _named(folder / name):
                    _put(staging / name, folder / name)
            for name in obsolete:
                (folder / name).unlink(missing_ok=True)
            _flush(folder)


def _put(staged: Path, path: Path) -> None:
    """Put a complete file in its place: a link keeps its place, and what is no regular file is written through."""
    target = path.resolve() if path.is_symlink() else path
    if _is_special(target):
        target.write_bytes(staged.read_bytes())
        return
    if target.parent != path.parent:
        with whole_file(target) as again:
            again.write_bytes(staged.read_bytes())
        return
    mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
    staged.chmod(stat.S_IMODE(mode))
    _flush(staged)
    staged.replace(target)


@contextmanager
def _staging(parent: Path) -> Iterator[Path]:
    """Make a folder of one's own for files on their way; those that interrupted processes left behind are removed."""
    for left in parent.glob(f"{_STAGED}*"):
        _remove_left(left)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_STAGED, dir=parent))
        with suppress(FileNotFoundError), _locked(folder):
            # Between making and locking it, another process may have taken it for one that was left behind.
            if folder.exists():
                try:
                    yield folder
                finally:
                    _remove(folder)
                return


def _remove_left(folder: Path) -> None:
    """Remove a staging folder unless its process, which holds a lock on it, is alive."""
    with suppress(OSError), _locked(folder, wait=False):
        _remove(folder)


@contextmanager
def _locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a file or folder, which the system releases when the process ends, in whatever way."""
    if fcntl is None:
        if not wait:
            raise OSError("there are no locks here: nobody can tell who is alive")
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)


def is_being_written(folder: Path) -> bool:
    """Tell whether the files of a folder are being replaced by a process that is alive; False where one was interrupted."""
    try:
        with _locked(folder / UNFINISHED, wait=False):
            return False
    except FileNotFoundError:
        return True  # it was a moment ago, and is finished now
    except OSError:
        return True


@contextmanager
def _marked(folder: Path) -> Iterator[None]:
    """Mark a folder as unfinished, one writer at a time; the mark stays where the writer fails or is killed."""
    mark = folder / UNFINISHED
    while True:
        mark.touch()
        with suppress(FileNotFoundError), _locked(mark):
            # The writer who was waited for has removed its mark: this one may be no longer there, or a third one's.
            if not mark.exists():
                continue
            yield
            mark.unlink()
            return


def _is_special(path: Path) -> bool:
    """Tell what is there but is no regular file and no folder: a device, a pipe, a socket."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let an OSError name the file that was asked for, not the one on its way there."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _remove(folder: Path) -> None:
    """Remove a staging folder with what is in it; another process may do the same at the same time."""
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                path.unlink()
        folder.rmdir()
