"""A screen that nobody sees, with a mouse and a keyboard."""

import os
import subprocess
import time

from . import place

# A window manager would give windows a place and the keyboard; here the test does.
SIZE = '1280x900x24'
START_SECONDS = 20
DRAG_STEPS = 10


class Display:
    """One Xvfb. Everybody has one, so that everybody has the keyboard."""

    def __init__(self, size=SIZE):
        mine, its = os.pipe()
        # Locks have numbers of processes in them, which mean nothing to other namespaces.
        lock = ['-nolock'] if place.is_entered() else []
        self.process = subprocess.Popen(
            ['Xvfb', '-displayfd', str(its), '-screen', '0', size, '-nolisten', 'tcp', '-noreset',
             *lock],
            pass_fds=[its], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(its)
        with os.fdopen(mine) as pipe:
            self.name = ':' + pipe.readline().strip()
        if self.name == ':':
            raise RuntimeError('Xvfb does not start')

    def _run(self, *words):
        return self._try(*words).stdout

    def _try(self, *words):
        return subprocess.run(
            [str(word) for word in words], env=os.environ | {'DISPLAY': self.name},
            capture_output=True, text=True, timeout=30,
        )

    def find_windows(self, title=None):
        """X windows that can be seen and have a title, or this one; the newest last."""
        words = ('xdotool', 'search', '--onlyvisible', '--name', f'^{title}$' if title else '.')
        done = self._try(*words)
        while 'X Error' in done.stderr:  # it gives up over a window that is just being closed
            done = self._try(*words)
        return sorted(int(line) for line in done.stdout.split())

    def focus(self, window):
        self._run('xdotool', 'windowfocus', '--sync', window)

    def resize(self, window, width, height):
        self._run('xdotool', 'windowsize', window, width, height)

    def move(self, window, x, y):
        self._run('xdotool', 'windowmove', window, x, y)

    def geometry(self, window):
        """x, y, width, height"""
        words = dict(
            line.split('=') for line in
            self._run('xdotool', 'getwindowgeometry', '--shell', window).split() if '=' in line
        )
        return tuple(int(words.get(name, 0)) for name in ('X', 'Y', 'WIDTH', 'HEIGHT'))

    def click(self, window, x, y, button=1):
        self._run('xdotool', 'mousemove', '--window', window, int(x), int(y), 'click', button)

    def point(self, window, x, y):
        self._run('xdotool', 'mousemove', '--window', window, int(x), int(y))

    def drag(self, source, target, x, y):
        """From the middle of one window to a place in another, as slowly as a hand."""
        _, _, width, height = self.geometry(source)
        self.point(source, width // 2, height // 2)
        self._run('xdotool', 'mousedown', 1)
        for step in range(1, DRAG_STEPS + 1):
            self.point(source, width // 2 + 4 * step, height // 2)
            time.sleep(0.05)
        for step in range(DRAG_STEPS):
            self.point(target, x + DRAG_STEPS - step, y)
            time.sleep(0.05)
        time.sleep(0.5)  # the two programs talk about what it is
        self._run('xdotool', 'mouseup', 1)

    def key(self, *keys):
        """As X calls them: Return, ctrl+f."""
        self._run('xdotool', 'key', '--delay', '40', *keys)

    def type(self, text):
        self._run('xdotool', 'type', '--delay', '30', text)

    def shoot(self, path, window=None):
        """A PNG of what is on the screen; of the place of this window, with what lies over it."""
        words = ['import', '-window', 'root']
        if window is not None:
            x, y, width, height = self.geometry(window)
            words += ['-crop', f'{width}x{height}+{x}+{y}', '+repage']
        path.parent.mkdir(parents=True, exist_ok=True)
        self._run(*words, path)

    def close(self):
        self.process.terminate()
        self.process.wait()


def wait_until(ask, seconds, pause=0.1):
    """Asks until the answer is true; the last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer or time.monotonic() >= end:
            return answer
        time.sleep(pause)
