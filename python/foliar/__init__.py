"""Runs foliar, which is a program, from Python.

>>> import foliar
>>> for row in foliar.predict(["leaf.jpg", "field-photos"], "runs/first/model.foliar"):
...     print(row["path"], row.get("answer", row.get("error")))
"""

import json
import os
import subprocess
import sys
import sysconfig

__all__ = ["FoliarError", "find_program", "predict"]

# Exit code where all is done but for some files, which rows with an "error" name.
_FILES_LEFT_OUT = 3


class FoliarError(RuntimeError):
    """The program is missing or has failed; the message is what it said."""


def find_program():
    """Path of the program that this package was installed with."""
    name = "foliar.exe" if os.name == "nt" else "foliar"
    user = sysconfig.get_preferred_scheme("user") if sys.version_info >= (3, 10) else os.name + "_user"
    folders = [
        sysconfig.get_path("scripts"),
        # A virtual environment that uses the packages of the system.
        sysconfig.get_path("scripts", vars={"base": sys.base_prefix}),
        # `pip install --user`, and `pip install --target FOLDER`.
        sysconfig.get_path("scripts", user),
        os.path.join(os.path.dirname(os.path.dirname(__file__)), "bin"),
    ]
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    # One from PATH might be another version.
    raise FoliarError("the program foliar is in none of {}: install the wheel again".format(", ".join(folders)))


def predict(paths, model, options=()):
    """What a classifier says of photos.

    paths: one path or several: photos, or folders of photos.
    model: a bundle (model.foliar) or a run folder.
    options: more arguments of `foliar predict`, such as ["--risk", "0.05", "--all"].

    Returns one dictionary per photo, the rows of `foliar predict --format jsonl`. A photo that cannot be read has the
    key "error". Raises FoliarError where there are no answers at all, with the program's own words.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    paths = [os.fspath(path) for path in paths]
    if not paths:
        return []
    # After `--` nothing is an option, whatever files are called.
    command = [find_program(), "predict", *options, "--format", "jsonl", "--", os.fspath(model), *paths]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, _FILES_LEFT_OUT):
        said = done.stderr.decode("utf-8", "replace").strip()
        raise FoliarError(said or "foliar ended with code {}".format(done.returncode))
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines() if line]
