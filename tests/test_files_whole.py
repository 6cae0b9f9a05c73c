"""Files and folders are written whole or not at all."""

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ivigmyo import saito2008
from ivigmyo.errors import DataError
from ivigmyo.files import whole
from ivigmyo.files.folder import read_study, write_study
from ivigmyo.files.whole import UNFINISHED, replace_files, whole_file, write_whole


def listed(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_by_the_whole_new_one(tmp_path):
    path = tmp_path / "a.txt"
    write_whole(path, "old")
    path.chmod(0o640)
    write_whole(path, "new\r\n日本")
    assert path.read_bytes() == "new\r\n日本".encode()
    write_whole(path, b"\xff")
    assert path.read_bytes() == b"\xff"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert listed(tmp_path) == ["a.txt"]


def test_a_file_that_cannot_be_finished_is_not_begun(tmp_path):
    path = tmp_path / "a.txt"
    write_whole(path, "old")

    def half():
        with whole_file(path) as staged:
            staged.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert path.read_text() == "old"
    assert listed(tmp_path) == ["a.txt"]


def test_a_full_disk_names_the_file_that_was_asked_for(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere on the way")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(path, "new")
    assert caught.value.filename == str(path)
    with pytest.raises(OSError, match="No such file") as caught:
        write_whole(tmp_path / "none" / "a.txt", "new")
    assert caught.value.filename == str(tmp_path / "none" / "a.txt")
    assert listed(tmp_path) == []


def test_the_target_of_a_link_is_replaced_not_the_link(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    write_study(saito2008.load_study(), tmp_path / "study")
    patients = (tmp_path / "study" / "patients.csv").rename(tmp_path / "elsewhere" / "patients.csv")
    (tmp_path / "study" / "patients.csv").symlink_to(patients)
    write_study(saito2008.load_study().efficacy_set, tmp_path / "study")
    assert (tmp_path / "study" / "patients.csv").is_symlink()
    assert len(read_study(tmp_path / "study").patients) == 15
    assert listed(tmp_path / "elsewhere") == ["patients.csv", "target.txt"]


def test_a_pipe_and_a_device_are_written_through(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "through")
    reader.join(10)
    assert read == ["through"]
    assert pipe.is_fifo()
    write_whole(Path(os.devnull), "nowhere")
    assert not Path(os.devnull).is_file()


def test_what_an_interrupted_write_left_is_removed_by_the_next_and_what_is_alive_is_not(tmp_path):
    (tmp_path / ".ivigmyo-dead").mkdir()
    (tmp_path / ".ivigmyo-dead" / "a.txt").write_text("half")
    with whole_file(tmp_path / "a.txt") as staged:
        staged.write_text("a")
        write_whole(tmp_path / "b.txt", "b")
    assert listed(tmp_path) == ["a.txt", "b.txt"]
    assert (tmp_path / "a.txt").read_text() == "a"


def test_a_folder_s_files_are_replaced_together_and_others_stay(tmp_path):
    replace_files(tmp_path / "new", {"a.csv": "1", "b.csv": "1"}, (), lambda _: None)
    (tmp_path / "new" / "note.txt").write_text("mine")
    seen = []
    replace_files(tmp_path / "new", {"a.csv": "2"}, ["b.csv", "c.csv"], lambda staging: seen.append(listed(staging)))
    assert listed(tmp_path / "new") == ["a.csv", "note.txt"]
    assert (tmp_path / "new" / "a.csv").read_text() == "2"
    assert seen == [["a.csv"]]
    (tmp_path / "new" / "b.csv").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_files(tmp_path / "new", {"a.csv": "3", "b.csv": "3"}, (), lambda _: None)
    assert (tmp_path / "new" / "a.csv").read_text() == "2"


def test_a_folder_that_is_half_written_is_refused_until_it_is_written_again(tmp_path, monkeypatch):
    study = saito2008.load_study()
    write_study(study, tmp_path)
    put = whole._put

    def killed(staged, path):
        if path.name == "treatments.csv":
            raise KeyboardInterrupt
        put(staged, path)

    monkeypatch.setattr(whole, "_put", killed)
    with pytest.raises(KeyboardInterrupt):
        write_study(study.efficacy_set, tmp_path)
    assert UNFINISHED in listed(tmp_path)
    with pytest.raises(DataError, match="interrupted"):
        read_study(tmp_path)
    monkeypatch.undo()
    write_study(study.efficacy_set, tmp_path)
    assert read_study(tmp_path) == study.efficacy_set
    assert not [name for name in listed(tmp_path) if name.startswith(".")]


def test_a_folder_that_changes_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    study = saito2008.load_study()
    write_study(study, tmp_path)
    from ivigmyo.files import folder

    original, times = folder.read_table, []

    def slow(path, *args, **options):
        if path.name == "assessments.csv" and not times:
            times.append(1)
            monkeypatch.setattr(folder, "read_table", original)
            write_study(study.efficacy_set, tmp_path)
            monkeypatch.setattr(folder, "read_table", slow)
        return original(path, *args, **options)

    monkeypatch.setattr(folder, "read_table", slow)
    assert read_study(tmp_path) == study.efficacy_set


def test_a_writer_that_is_killed_gives_its_place_free(tmp_path):
    code = "\n".join(
        [
            "import os, signal, sys",
            "from pathlib import Path",
            "from ivigmyo.files import whole",
            "whole._put = lambda staged, path: os.kill(os.getpid(), signal.SIGKILL)",
            "whole.replace_files(Path(sys.argv[1]), {'patients.csv': 'x'}, (), lambda _: None)",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, timeout=60)
    assert done.returncode == -9
    assert UNFINISHED in listed(tmp_path)
    write_study(saito2008.load_study(), tmp_path)
    assert read_study(tmp_path) == saito2008.load_study()
    assert not [name for name in listed(tmp_path) if name.startswith(".")]
