"""`python -m foliar` is `foliar`."""

import os
import subprocess
import sys

from foliar import FoliarError, find_program


def main():
    try:
        command = [find_program(), *sys.argv[1:]]
    except FoliarError as error:
        sys.exit("error: {}".format(error))
    if os.name == "nt":
        sys.exit(subprocess.run(command, check=False).returncode)
    # In the place of Python: signals and exit codes are the program's own.
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
