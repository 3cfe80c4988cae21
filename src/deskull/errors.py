"""The errors a user can cause: one sentence naming the file, the fault and the remedy."""


class DeskullError(Exception):
    """Base of every error that deskull raises on purpose; ``str(error)`` is one clear sentence."""


class InputError(DeskullError):
    """A scan, mask or folder that cannot be used as it is."""


class OutputError(DeskullError):
    """A result that could not be written; nothing partial is left behind."""


class UsageError(DeskullError):
    """Options that contradict each other or name something unknown."""


def sentence(error: BaseException) -> str:
    """One sentence for an error a user can meet."""
    if isinstance(error, MemoryError):
        return "not enough memory for this scan; close other programs or reduce it first."
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}; check its permissions and the free space."
    return str(error)
