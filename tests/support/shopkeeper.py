"""A merchant over HTTP: approved, with an owner who edits."""

from __future__ import annotations

import secrets
from typing import Any

import httpx2
import plain_http
from licences import a_licence
from servers import Client, Server

from lifecircle.graphql.ids import global_id

AREA = "330199001001"
PLACE = {"longitude": 120.2019, "latitude": 30.2926}

APPLY = """mutation($input: ApplyAsMerchantInput!) {
  applyAsMerchant(input: $input) { merchant { id } errors { message } } }"""
APPROVE = """mutation($input: ApproveMerchantInput!) {
  approveMerchant(input: $input) { merchant { id } errors { message } } }"""
CHAIN = """mutation($input: CreateChainInput!) {
  createChain(input: $input) { chain { id name version openingHours { weekday } } errors { code field message } } }"""
STORE_FIELDS = """{ id name version phone notice address photos closedUntil closedReason inherits isOpen
  community { id } chain { id } movedTo { id } category { code } accessibility operatorName
  openingHours { weekday opens closes validFrom } exceptions { date closed opens reason }
  location { longitude latitude } }"""
CREATE_STORE = f"""mutation($input: CreateStoreInput!) {{
  createStore(input: $input) {{ store {STORE_FIELDS} errors {{ code field message }} }} }}"""
UPDATE_STORE = f"""mutation($input: UpdateStoreInput!) {{
  updateStore(input: $input) {{ store {STORE_FIELDS} errors {{ code field message }} }} }}"""
CLOSE_STORE = f"""mutation($input: CloseStoreInput!) {{
  closeStore(input: $input) {{ store {STORE_FIELDS} errors {{ code field message }} }} }}"""
HOURS = f"""mutation($input: SetOpeningHoursInput!) {{
  setOpeningHours(input: $input) {{ store {STORE_FIELDS} chain {{ id version openingHours {{ weekday opens }} }}
    errors {{ code field message }} }} }}"""
EXCEPTIONS = f"""mutation($input: SetExceptionalHoursInput!) {{
  setExceptionalHours(input: $input) {{ store {STORE_FIELDS} errors {{ code field message }} }} }}"""
OFFERING_FIELDS = "{ id name price { amount } version inherits capacity bookable kind durationMinutes description }"
SAVE = f"""mutation($input: SaveOfferingInput!) {{
  saveOffering(input: $input) {{ offering {OFFERING_FIELDS} errors {{ code field message }} }} }}"""
ARCHIVE = f"""mutation($input: ArchiveOfferingInput!) {{
  archiveOffering(input: $input) {{ offering {OFFERING_FIELDS} errors {{ code field message }} }} }}"""
IMPORT = """mutation($input: ImportStoresInput!) {
  importStores(input: $input) {
    import { rows created updated unchanged failed rowErrors { row column code message } }
    errors { code field message } } }"""
STORE = f"query($id: ID!) {{ store(id: $id) {STORE_FIELDS} }}"


def an_owner(server: Server, url: str | None = None) -> tuple[Client, str]:
    """Somebody with an approved merchant."""
    owner = Client(url or server.url).sign_in(f"demo:店主{secrets.token_hex(6)}")
    asked = {"name": "桂花里商贸", "licenceNumber": a_licence(), "contactPhone": "13812345678"}
    merchant = owner.ask(APPLY, input={**asked, "area": global_id("Area", AREA)})["applyAsMerchant"]["merchant"]["id"]
    staff = Client(server.url).sign_in(f"demo-staff:{AREA}")
    assert staff.ask(APPROVE, input={"merchant": merchant})["approveMerchant"]["errors"] == []
    return owner, merchant


def do(client: Client, mutation: str, **given: Any) -> Any:
    """The changed object. Fails where there are errors."""
    (payload,) = client.ask(mutation, input=given).values()
    assert payload.pop("errors") == []
    (found,) = (part for part in payload.values() if part is not None)
    return found


def refusal(client: Client, mutation: str, **given: Any) -> dict[str, Any]:
    """The one error of what is refused."""
    (payload,) = client.ask(mutation, input=given).values()
    (error,) = payload.pop("errors")
    assert not any(payload.values())
    return dict(error)


def a_shop(client: Client, merchant: str, **changes: Any) -> dict[str, Any]:
    plain = {"name": "桂花里便利店", "category": "convenience-store", "address": "桂花路12号", "location": PLACE}
    return dict(do(client, CREATE_STORE, merchant=merchant, **{**plain, **changes}))


def a_sheet(count: int, prefix: str = "A", **cells: str) -> str:
    columns = {"名称": "桂花里{n}号店", "类别": "便利店", "地址": "桂花路{n}号", "电话": "0571-88886666"}
    columns |= {"经度": "120.2019", "纬度": "30.2926", "营业时间": "每天 07:00-22:00", **cells}
    rows = [
        ",".join([f"{prefix}{n}", *(text.replace("{n}", str(n)) for text in columns.values())]) for n in range(count)
    ]
    return "\r\n".join([",".join(["门店编号", *columns]), *rows])


def upload(client: Client, raw: bytes, **headers: str) -> httpx2.Response:
    given = {"authorization": f"Bearer {client.token}"} if client.token else {}
    return plain_http.post(f"{client.url}/uploads", content=raw, headers={**given, **headers}, timeout=30)
