#!/usr/bin/env python3
"""Run by meson dist: all that goes into the archive is as old as the commit, so that the archive of
a commit is always the same."""

import os
import subprocess
from pathlib import Path

source, root = Path(os.environ['MESON_PROJECT_SOURCE_ROOT']), Path(os.environ['MESON_DIST_ROOT'])
time = int(subprocess.run(['git', '-C', source, 'log', '-1', '--format=%ct'], check=True,
                          capture_output=True, text=True).stdout)
for path in [*root.rglob('*'), root]:
    if not path.is_symlink():
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    os.utime(path, (time, time), follow_symlinks=False)
