"""A desk for one test: a network of its own, a screen, buses and a folder for each person who sits
at it, and eyes that read what the windows tell to a screen reader."""
