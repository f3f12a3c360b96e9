"""The one error class whose message is meant to be read by the person who runs the pipeline."""


class ConvatlasError(ValueError):
    """Something the user can mend: the message says what was wrong, where, and what to do."""
