"""The exception tree. Every message says what was wrong, what was expected, and what to do."""


class SambenchError(Exception):
    r"""Base of every error this project raises on purpose.

    What it says can be shown: names and values that it quotes come from files, and must not steer a terminal.

    >>> str(SambenchError("no file \x1b[2J"))
    'no file \\x1b[2J'
    """

    def __str__(self) -> str:
        """Return the message with whatever cannot be printed written as an escape; line breaks and tabs stay."""
        message = super().__str__()
        if message.isprintable():
            return message
        return "".join(it if it.isprintable() or it in "\n\t" else ascii(it)[1:-1] for it in message)


class SelectionError(SambenchError):
    """A name on the command line or in a file means nothing: unknown dataset, model, strategy or target."""


class DataError(SambenchError):
    """A scan or its mask cannot be used: unreadable, truncated, misaligned, empty, not a volume."""


class AssetError(SambenchError):
    """A download or a cached file is missing or is not what its digest says."""


class CheckpointError(SambenchError):
    """A checkpoint file cannot be read, or does not fit the architecture it was given."""


class StrategyError(SambenchError):
    """A prompting strategy cannot be applied: bad name, no target on the slice, or a model that cannot take it."""


class TimeLimitError(SambenchError):
    """A pass over a volume took longer than ``--sam-timeout`` allows."""


class SeedError(SambenchError):
    """A stored seed is not there, damaged, unsafe or of an unknown schema, or cannot be used as asked."""


class ReportError(SambenchError):
    """A report or journal is damaged, of an unknown schema, or cannot be compared with another."""


class ConfigError(SambenchError):
    """A settings file (floors.toml, dataset.toml, the preset of a study) is malformed."""


class ScaleError(SambenchError):
    """A cluster cannot be had, a worker was lost, or workers do not agree about code, data or weights."""
