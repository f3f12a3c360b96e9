"""Visitors and their files: a private folder each, which goes when they go."""

import hashlib
import secrets
import shutil
import threading
import time
from pathlib import Path

IDLE_SECONDS, SWEEP_SECONDS = 300.0, 60.0
"""After which a visitor without an open page is gone; and how often such are looked for."""


class Visitors:
    """Folders of visitors, under names that tell nothing.

    Parameters
    ----------
    root : Path
        A folder that nobody but this user can look into.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._tabs: dict[str, set[str]] = {}
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    @staticmethod
    def new_token() -> str:
        """Draw what a visitor is known by: it stays between the browser and here."""
        return secrets.token_urlsafe(24)

    def folder(self, token: str) -> Path:
        """Return a visitor's folder; its name cannot be guessed, nor the token told from it."""
        folder = self.root / hashlib.sha256(token.encode()).hexdigest()[:32]
        with self._lock:
            self._seen[token] = time.monotonic()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def new_path(self, token: str, name: str) -> Path:
        """Return a path for a file of a visitor's, in a folder of its own; nothing is there yet."""
        folder = self.folder(token) / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        return folder / name

    def owns(self, token: str, path: str | Path) -> bool:
        """Tell whether a file is a visitor's own."""
        own = self.root / hashlib.sha256(token.encode()).hexdigest()[:32]
        try:
            return Path(path).resolve().is_relative_to(own)
        except (OSError, ValueError, RuntimeError):  # names that no file can have
            return False

    def remove(self, token: str, *paths: str | Path | None) -> None:
        """Remove files of a visitor's, with the folders that they were alone in."""
        for path in filter(None, paths):
            if self.owns(token, path):
                shutil.rmtree(Path(path).resolve().parent, ignore_errors=True)

    def see(self, token: str) -> None:
        """Note that a visitor with files here has asked for something."""
        with self._lock:
            if token in self._seen:
                self._seen[token] = time.monotonic()

    def enter(self, token: str, tab: str) -> None:
        """Note that a visitor has opened a page."""
        with self._lock:
            self._tabs.setdefault(token, set()).add(tab)
            self._seen[token] = time.monotonic()

    def leave(self, token: str, tab: str) -> None:
        """Note that a page was closed; with a visitor's last one go the files."""
        with self._lock:
            tabs = self._tabs.get(token, set())
            tabs.discard(tab)
        if not tabs:
            self._forget(token)

    def sweep(self) -> None:
        """Forget visitors without an open page who have not been seen for long."""
        with self._lock:
            old = time.monotonic() - IDLE_SECONDS
            idle = [token for token, seen in self._seen.items() if seen < old]
        for token in idle:
            if not self._tabs.get(token):
                self._forget(token)

    def _forget(self, token: str) -> None:
        with self._lock:
            self._tabs.pop(token, None)
            self._seen.pop(token, None)
        name = hashlib.sha256(token.encode()).hexdigest()[:32]
        shutil.rmtree(self.root / name, ignore_errors=True)
