"""Importing a sheet of stores."""

from __future__ import annotations

from typing import Self

import strawberry

from lifecircle.catalogue.imports import model
from lifecircle.catalogue.imports.service import ImportRequest
from lifecircle.catalogue.imports.sheet import COLUMNS, template
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.context import Info
from lifecircle.graphql.editing_inputs import optional_key
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.permissions import query as root


@strawberry.type(description="What is wrong in one row of a sheet.")
class RowError:
    row: int = strawberry.field(description="As the spreadsheet counts: the headers are row 1.")
    column: str | None = strawberry.field(description="Chinese header; null: the whole row.")
    code: str = strawberry.field(description="Stable code: INVALID_INPUT, DUPLICATE, LIMIT_REACHED.")
    message: str = strawberry.field(description="Chinese: what is wrong and what to do.")


@strawberry.type(description="What an import did, or in a dry run would do. With any row error it changes nothing.")
class StoreImport:
    rows: int = strawberry.field(description="Rows that say anything, the headers left out.")
    created: int = strawberry.field(description="New stores.")
    updated: int = strawberry.field(description="Stores that change.")
    unchanged: int = strawberry.field(description="Stores that are as the sheet says already.")
    failed: int = strawberry.field(description="Rows with errors.")
    row_errors: list[RowError] = strawberry.field(description="In the order of the rows; the first 500.")

    @classmethod
    def of(cls, done: model.StoreImport) -> Self:
        errors = [RowError(row=e.row, column=e.column, code=e.code, message=e.message) for e in done.row_errors]
        return cls(
            rows=done.rows,
            created=done.created,
            updated=done.updated,
            unchanged=done.unchanged,
            failed=done.failed,
            row_errors=errors,
        )


@strawberry.input(description="A sheet of stores; exactly one of `csv` and `upload`.")
class ImportStoresInput:
    merchant: strawberry.ID = strawberry.field(description="Whose stores.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="The brand that they belong to.")
    csv: str | None = strawberry.field(default=None, description="The text itself, for small sheets.")
    upload: strawberry.ID | None = strawberry.field(default=None, description="What POST /uploads answered.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Same key and input: same outcome. Same key, other input: IDEMPOTENCY_CONFLICT."
    )
    dry_run: bool = strawberry.field(default=True, description="Only say what would happen.")

    def to_domain(self) -> ImportRequest:
        """Raises NotFound."""
        return ImportRequest(
            merchant=key_of(self.merchant, "Merchant", "merchant"),
            chain=optional_key(self.chain, "Chain", "chain"),
            csv=self.csv,
            upload=optional_key(self.upload, "Upload", "upload"),
            dry_run=self.dry_run,
            key=self.idempotency_key,
        )


@strawberry.type(description="What was done, or why nothing was.")
class ImportStoresPayload:
    import_: StoreImport | None = strawberry.field(name="import", description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success; errors of rows are in `import`.")


@strawberry.type(description="A column of the sheet that `importStores` reads.")
class ImportColumn:
    header: str = strawberry.field(description="Chinese header.")
    help: str = strawberry.field(description="What belongs there, in Chinese.")


@strawberry.type(description="What a sheet of stores looks like.")
class ImportTemplate:
    csv: str = strawberry.field(description="A file to fill in: headers and one example, UTF-8 with a mark for Excel.")
    columns: list[ImportColumn] = strawberry.field(description="Every column; only 门店编号 must be there.")


@strawberry.type(description="What an import needs.")
class ImportQueries:
    @root(Needs.NOTHING, "The sheet that `importStores` reads. A blank cell leaves what is there, 无 empties it.")
    def store_import_template(self, info: Info) -> ImportTemplate | None:
        columns = [ImportColumn(header=header, help=text) for header, text in COLUMNS.items()]
        return ImportTemplate(csv=template(), columns=columns)


@strawberry.type(description="Importing.")
class ImportMutations:
    @mutation(Needs.MEMBER, "Make and change stores from a sheet, by the merchant's own numbers: all of it or nothing.")
    async def import_stores(self, info: Info, input: ImportStoresInput) -> ImportStoresPayload:
        context = info.context
        done = await context.services.editing.imports.run(await context.roles(), input.to_domain())
        return ImportStoresPayload(import_=StoreImport.of(done), errors=[])
