from lifecircle.catalogue.errors import LifecircleError


class SeedError(LifecircleError):
    """A record of the seed files that cannot be loaded: nothing has been written when this is raised.

    `row` is the line of the file on which the record begins.
    """

    code = "SEED_INVALID"

    def __init__(self, file: str, row: int, column: str, reason: str) -> None:
        self.file, self.row, self.column, self.reason = file, row, column, reason
        self.message = f"{file}:{row} [{column}] {reason}"
        super().__init__(self.message)
