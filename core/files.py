"""Files: reads with a limit, writes that replace the old file whole or not at all, failures told in a sentence."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from core.problem import LayerloomError

MEGABYTE = 1 << 20

_CAUSES = {
    errno.ENOENT: ("missing", "there is no such file or folder"),
    errno.ENOTDIR: ("missing", "a part of its path is a file, not a folder"),
    errno.EACCES: ("permission", "permission was denied"),
    errno.EPERM: ("permission", "permission was denied"),
    errno.EROFS: ("permission", "the disk is read-only"),
    errno.EBUSY: ("in-use", "another program is using it"),
    errno.ETXTBSY: ("in-use", "another program is using it"),
    errno.EISDIR: ("is-folder", "it is a folder, not a file"),
    errno.ENOSPC: ("disk-full", "the disk is full"),
    errno.EDQUOT: ("disk-full", "the disk quota is used up"),
    errno.EFBIG: ("disk-full", "it is larger than the disk or the limits of this process allow"),
    errno.ENAMETOOLONG: ("bad-name", "its name is too long"),
    errno.EINVAL: ("bad-name", "its name has characters that the disk does not take"),
}
_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")  # what a write that was killed leaves behind
_STALE = 60.0  # seconds that a temporary file has not grown before it is taken for such a one
_SHARING = (32, 33)  # Windows: another process holds the file, which `errno` calls a lack of permission


def file_error(doing: str, path: str | Path, error: OSError) -> LayerloomError:
    """The failure of the system as a LayerloomError: ``Could not save /x/a.loom: the disk is full.``

    Its code is ``missing``, ``permission``, ``in-use``, ``is-folder``, ``disk-full``, ``bad-name`` or ``file``.
    """
    number = errno.EBUSY if getattr(error, "winerror", 0) in _SHARING else error.errno or 0
    code, cause = _CAUSES.get(number, ("file", (error.strerror or str(error)).lower().rstrip(".")))
    return LayerloomError(f"Could not {doing} {path}: {cause}.", code=code, detail=repr(error))


def read_bytes(path: str | Path, limit: int) -> bytes:
    """The contents of a file of at most `limit` bytes.

    Raises:
        LayerloomError: the file cannot be read, is no ordinary file (a pipe would never end) or is larger.
    """
    try:
        with Path(path).open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LayerloomError(f"Could not open {path}: it is not an ordinary file.", code="is-folder")
            data = file.read(limit + 1)
    except OSError as error:
        raise file_error("open", path, error) from error
    except ValueError as error:  # a NUL in the name
        raise LayerloomError(f"Could not open {str(path)!r}: it is not a file name.", code="bad-name") from error
    if len(data) > limit:
        raise LayerloomError(
            f"Could not open {path}: it is larger than the limit of {_size(limit)}.",
            code="too-large",
            expected=f"at most {_size(limit)}",
        )
    return data


def read_text(path: str | Path, limit: int) -> str:
    """The UTF-8 text of a file of at most `limit` bytes, lines ended by ``\\n``. Raises like `read_bytes`."""
    data = read_bytes(path, limit)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LayerloomError(
            f"Could not open {path}: it is not a UTF-8 text (byte {error.start} is {data[error.start]:#04x}).",
            code="not-text",
            detail=repr(error),
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def atomic_write(path: str | Path, data: bytes | str) -> None:
    """Write a file so that at any moment, a crash included, the old contents or the new ones are there whole.

    Text is written as UTF-8. Raises LayerloomError; the old file is then untouched.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary file beside `path`, for tools that write files themselves; it takes the place of `path` at the end.

    A link is followed, and the permissions of the old file are kept. When the body raises, the temporary file is
    removed and the old file stays. What writes that were killed have left in the folder goes too.

    Raises:
        LayerloomError: the system refused to write.
    """
    try:
        target = Path(path).resolve()
        temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp")
        if not target.parent.is_dir():
            raise LayerloomError(f"Could not save {path}: there is no folder {target.parent}.", code="missing")
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        try:
            yield temporary
            _settle(temporary, target)
            _sweep(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise file_error("save", path, error) from error


def _settle(temporary: Path, target: Path) -> None:
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    with contextlib.suppress(FileNotFoundError):
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))
    temporary.replace(target)


def _sweep(folder: Path) -> None:
    """Remove temporary files that nobody writes any more; another program may be about to remove the same ones."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _LEFTOVER.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE:
                        Path(entry.path).unlink()


def _size(count: int) -> str:
    return f"{count / MEGABYTE:g} MB" if count >= MEGABYTE else f"{count} bytes"
