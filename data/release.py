#!/usr/bin/env python3
"""A release: the version in its places, and the archive of the source.

    release.py name VERSION     what is not released yet becomes VERSION, of today, in meson.build,
                                CHANGELOG.md and the AppStream metadata, to be committed
    release.py pack FOLDER      the archive of the last commit in FOLDER, made twice, from two
                                clones, and compared: whoever has the commit can make the same
"""

import datetime
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / 'meson.build'
CHANGES = ROOT / 'CHANGELOG.md'
METADATA = ROOT / 'data/io.github.udpnat.Udpnat.metainfo.xml.in'
VERSION = re.compile(r'\d+\.\d+\.\d+')


def fail(why):
    sys.exit(f'release: {why}')


def replace_once(text, pattern, words, path, what):
    changed, count = re.subn(pattern, words, text, count=1, flags=re.M)
    if count == 0:
        fail(f'{path.relative_to(ROOT)} has {what}')
    return changed


def name_release(version):
    if not VERSION.fullmatch(version):
        fail(f'a version is three numbers with dots, as 1.2.3; not “{version}”')
    today = datetime.date.today().isoformat()
    texts = {path: path.read_text(encoding='utf-8') for path in (BUILD, CHANGES, METADATA)}
    texts[BUILD] = replace_once(texts[BUILD], r"^  version: '[^']+'", f"  version: '{version}'",
                                BUILD, 'no version')
    texts[CHANGES] = replace_once(
        texts[CHANGES], r'^## \S+ \(not released\)$', f'## {version} ({today})', CHANGES,
        f'no entry “## {version} (not released)”: write there what is new')
    texts[METADATA] = replace_once(
        texts[METADATA], r'<release version="[^"]+" date="[^"]+" type="development">',
        f'<release version="{version}" date="{today}" type="stable">', METADATA,
        'no release of type="development": write there what is new, for people')
    for path, text in texts.items():  # all of them, or none
        path.write_text(text, encoding='utf-8')
    print(f'This is {version} now. Look at it with git diff, commit it, then: ./dev release')


def run(*words, cwd=None):
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        fail(f'{" ".join(map(str, words))}:\n{done.stdout}{done.stderr}')
    return done.stdout


def make_archive(folder, umask):
    """In a clone of its own, so that nothing goes into it that only lies here."""
    os.umask(umask)
    run('git', 'clone', '--quiet', '--no-hardlinks', ROOT, folder / 'source')
    run('meson', 'setup', folder / 'build', folder / 'source', '-Dgui=disabled', '-Dcli=false',
        '-Dtests=false')
    run('meson', 'dist', '-C', folder / 'build', '--no-tests', '--formats', 'xztar')
    [archive] = (folder / 'build/meson-dist').glob('*.tar.xz')
    disown(archive)
    return archive


def disown(path):
    """It does not matter who has made it."""
    own = path.with_suffix('.own')
    path.rename(own)
    with tarfile.open(own) as given, tarfile.open(path, 'w:xz', format=tarfile.GNU_FORMAT) as taken:
        for member in given:
            member.uid = member.gid = 0
            member.uname = member.gname = 'root'
            taken.addfile(member, given.extractfile(member) if member.isfile() else None)


def pack(folder):
    if run('git', 'status', '--porcelain', cwd=ROOT):
        fail('there are changes that are not committed: commit them, or put them away')
    with tempfile.TemporaryDirectory(prefix='udpnat-release-') as first, \
            tempfile.TemporaryDirectory(prefix='udpnat-release-again-') as second:
        archives = [make_archive(Path(second), 0o077), make_archive(Path(first), 0o022)]
        contents = [archive.read_bytes() for archive in archives]
        if contents[0] != contents[1]:
            fail('two archives of one commit differ')
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / archives[0].name
        path.write_bytes(contents[0])
    digest = hashlib.sha256(contents[0]).hexdigest()
    path.with_name(path.name + '.sha256').write_text(f'{digest}  {path.name}\n')
    print(f'{digest}  {path}')


def main():
    if len(sys.argv) == 3 and sys.argv[1] == 'name':
        name_release(sys.argv[2])
    elif len(sys.argv) == 3 and sys.argv[1] == 'pack':
        pack(Path(sys.argv[2]).resolve())
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
