"""What a program of GTK finds around it in a test, and what must be installed for that."""

import os
import shutil
import sys
from pathlib import Path

SYSTEM_PYTHON = '/usr/bin/python3'
TOOLS = ('Xvfb', 'dbus-daemon', 'xdotool', 'import')
ACCESSIBILITY = ('/etc/at-spi2/accessibility.conf',
                 '/usr/share/defaults/at-spi2/accessibility.conf')
REGISTRIES = ('/usr/libexec/at-spi2-registryd', '/usr/lib/at-spi2-core/at-spi2-registryd',
              '/usr/lib/at-spi2/at-spi2-registryd')
SUPPRESSIONS = Path(__file__).resolve().parent.parent / 'lsan.supp'
MISSING = ('the windows are not tested here, because this is not installed: {}; '
           '“./dev test” installs it')


def is_required():
    """Nobody may take untested windows for good ones: in CI that is a failure."""
    return os.environ.get('CI') == 'true'


def find_python():
    """gi belongs to the system's python3: when another was found first, starts over with that."""
    try:
        import gi  # noqa: F401
    except ImportError:
        if os.path.realpath(sys.executable) != os.path.realpath(SYSTEM_PYTHON) and \
                os.path.exists(SYSTEM_PYTHON):
            os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])


def find_first(paths):
    return next((path for path in paths if os.path.exists(path)), None)


def find_missing():
    """Why windows cannot be tested here; '' when they can."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if not find_first(REGISTRIES) or not find_first(ACCESSIBILITY):
        missing.append('at-spi2-core')
    try:
        import gi  # noqa: F401
    except ImportError:
        missing.append('python3-gi')
    return MISSING.format(', '.join(missing)) if missing else ''


def share_without_programs(folder):
    """XDG_DATA_DIRS: all that this computer shares but its programs. What opens a link is for the
    test to say, and no browser that somebody installed here may start."""
    shares = os.environ.get('XDG_DATA_DIRS') or '/usr/local/share:/usr/share'
    found = []
    for number, share in enumerate(Path(path) for path in shares.split(':') if path):
        ours = Path(folder) / 'share' / str(number)
        found.append(str(ours))
        if ours.exists() or not share.is_dir():
            continue
        ours.mkdir(parents=True)
        for entry in share.iterdir():
            if entry.name != 'applications':
                (ours / entry.name).symlink_to(entry)
    return ':'.join(found)


def of_gtk(folder, display, session_address):
    """A home of its own, and nothing of whoever runs the test."""
    return {
        'HOME': str(folder),
        'XDG_DATA_DIRS': share_without_programs(folder),
        'XDG_DATA_HOME': f'{folder}/data',
        'XDG_STATE_HOME': f'{folder}/state',
        'XDG_CONFIG_HOME': f'{folder}/config',
        'XDG_CACHE_HOME': f'{folder}/cache',
        'XDG_RUNTIME_DIR': f'{folder}/run',
        'LC_ALL': 'C.UTF-8',
        'DISPLAY': display,
        'DBUS_SESSION_BUS_ADDRESS': session_address,
        'GDK_BACKEND': 'x11',
        'GSK_RENDERER': 'cairo',
        # Mesa leaks what nobody can name, because its library is gone at the end
        'GDK_DEBUG': 'gl-disable',
        'GDK_DISABLE': 'gl,vulkan',
        # In its own home, so that the next life finds what the last one kept
        'GSETTINGS_BACKEND': 'keyfile',
        'GIO_USE_VFS': 'local',
        'GTK_IM_MODULE': 'gtk-im-context-simple',
        'G_DEBUG': 'fatal-criticals,gc-friendly',
        # Leaks are told from what is written: see stage.py
        'ASAN_OPTIONS': 'detect_leaks=1:exitcode=0:abort_on_error=1',
        'LSAN_OPTIONS': f'suppressions={SUPPRESSIONS}:print_suppressions=0',
        'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
    }
