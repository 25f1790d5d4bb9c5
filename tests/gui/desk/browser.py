"""What a desktop opens links with: a program that only notes what it was asked to open."""

# What a file of text is, for a desktop that opens files by what is in them
OF_FILES = ('text/plain', 'application/octet-stream')


class Browser:
    """The first choice of this person for these schemes; "file" means files, too."""

    def __init__(self, person, *schemes):
        self.notes = person.folder / 'opened.txt'
        program = person.folder / 'browser'
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{self.notes}"\n')
        program.chmod(0o755)
        types = [f'x-scheme-handler/{scheme}' for scheme in schemes]
        types += OF_FILES if 'file' in schemes else ()
        self.entry = person.folder / 'data/applications/browser.desktop'
        self.choices = person.folder / 'config/mimeapps.list'
        self.entry.parent.mkdir(parents=True)
        self.entry.write_text(
            f'[Desktop Entry]\nType=Application\nName=Browser\nExec="{program}" %u\n'
            f'MimeType={"".join(f"{kind};" for kind in types)}\n')
        self.choices.write_text(
            '[Default Applications]\n' + ''.join(f'{kind}=browser.desktop\n' for kind in types))

    def remove(self):
        self.entry.unlink()
        self.choices.unlink()

    def read(self):
        """All that it was asked for, oldest first."""
        return self.notes.read_text().splitlines() if self.notes.exists() else []
