"""What can be wrong with a question."""


class UnknownIdError(LookupError, ValueError):
    """An id that the network does not have; the message names it and what would be valid."""
