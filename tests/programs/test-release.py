#!/usr/bin/env python3
"""A release: its version comes to all of its places or to none, and the archive of a commit is the
same whoever makes it, and whenever. In clones of this checkout.

    test-release.py ROOT      prints TAP
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import tap as tap_module  # noqa: E402


def run(*words, cwd=None):
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def git(folder, *words):
    status, said = run('git', '-c', 'user.name=a', '-c', 'user.email=a@example.org', *words,
                       cwd=folder)
    if status != 0:
        sys.exit(said)
    return said


def test_name(tap, clone):
    release = clone / 'data/release.py'
    for version in ('1.2', '1.2.3.4', 'v1.2.3', ''):
        status, said = run(sys.executable, release, 'name', version)
        tap.check(f'release/name/“{version}”-is-no-version',
                  status == 1 and 'three numbers' in said, [said])
    changes = clone / 'CHANGELOG.md'
    written = changes.read_text()
    changes.write_text(written.replace('(not released)', '(2026-01-31)'))
    before = git(clone, 'diff')
    status, said = run(sys.executable, release, 'name', '7.8.9')
    tap.check('release/name/nothing-without-an-entry', status == 1 and 'no entry' in said, [said])
    tap.check('release/name/and-then-nothing-is-changed', git(clone, 'diff') == before)
    changes.write_text('# Changes\n\n## 7.8.9 (not released)\n\n' + written)
    metadata = next((clone / 'data').glob('*.metainfo.xml.in'))
    metadata.write_text(metadata.read_text().replace('type="stable"', 'type="development"', 1))
    status, said = run(sys.executable, release, 'name', '7.8.9')
    tap.check('release/name/is-given', status == 0, [said])
    status, said = run(sys.executable, clone / 'tests/lint/check-documents.py', clone)
    tap.check('release/name/and-is-the-same-everywhere', status == 0, [said])


def test_pack(tap, clone, folder):
    release = clone / 'data/release.py'
    status, said = run(sys.executable, release, 'pack', folder / 'a')
    tap.check('release/pack/what-is-not-committed-is-not-packed',
              status == 1 and 'not committed' in said, [said])
    git(clone, 'commit', '--quiet', '--all', '--message', 'a release')
    status, said = run(sys.executable, release, 'pack', folder / 'a')
    tap.check('release/pack/is-made-twice-alike', status == 0, [said])
    archives = list((folder / 'a').glob('*.tar.xz'))
    tap.check('release/pack/is-named-for-its-version',
              [path.name for path in archives] == ['udpnat-7.8.9.tar.xz'], archives)
    status, said = run('sha256sum', '--check', archives[0].name + '.sha256', cwd=folder / 'a')
    tap.check('release/pack/its-sum-is-right', status == 0, [said])
    with tarfile.open(archives[0]) as archive:
        inside = {name.partition('/')[2] for name in archive.getnames()} - {''}
    files = set(git(clone, 'ls-files').splitlines())
    tap.check('release/pack/has-every-file-of-the-commit', not files - inside, files - inside)
    tap.check('release/pack/and-no-other', not [
        name for name in inside - files if not any(file.startswith(name + '/') for file in files)])


def main():
    root = Path(sys.argv[1]).resolve()
    if not (root / '.git').exists() or not shutil.which('git'):
        return tap_module.skip_all('this is no clone')
    os.environ |= {'LC_ALL': 'C.UTF-8', 'GIT_CONFIG_GLOBAL': '/dev/null'}
    tap = tap_module.Tap()
    with tempfile.TemporaryDirectory(prefix='udpnat-test-release-') as name:
        folder = Path(name)
        git(folder, 'clone', '--quiet', '--no-hardlinks', root, folder / 'clone')
        test_name(tap, folder / 'clone')
        test_pack(tap, folder / 'clone', folder)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
