"""A damaged image is noticed, read around and replaced."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from factories import a_store
from keeping import Keep, an_image, images, name_of
from snapshots import a_full_catalogue

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.snapshot.baked import bake, unbake
from lifecircle.catalogue.snapshot.folder import ImageFolder
from lifecircle.catalogue.snapshot.image import ImageUnreadable


def damaged(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "truncated":
        del content[len(content) // 2 :]
    elif how == "one byte":
        content[len(content) * 3 // 4] ^= 0x40
    elif how == "head":
        content[60] ^= 0x01
    elif how == "empty":
        content.clear()
    else:
        content[:] = secrets.token_bytes(5_000)
    path.write_bytes(content)


DAMAGES = ["truncated", "one byte", "head", "empty", "garbage"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_image_is_noticed(tmp_path: Path, how: str) -> None:
    bake(a_full_catalogue(), tmp_path / "one.image", {})
    damaged(tmp_path / "one.image", how)
    with pytest.raises(ImageUnreadable):
        unbake(tmp_path / "one.image")


@pytest.mark.parametrize("how", DAMAGES)
async def test_a_damaged_image_is_read_around_and_replaced(
    database: Database, keep: Keep, folder: ImageFolder, how: str
) -> None:
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    (image,) = images(folder)
    damaged(image, how)
    keeper = await keep()
    assert (keeper.reloads, name_of(keeper, "s1")) == (1, "好邻居s1")
    await keeper.rebased()
    assert (await keep()).reloads == 0


async def test_a_damaged_pointer_is_read_around(database: Database, keep: Keep, folder: ImageFolder) -> None:
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    folder.path("current.json").write_text('{"image": "../../keys.json"')
    assert (await keep()).reloads == 1


async def test_an_image_of_another_release_is_not_opened(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_image(keep)
    monkeypatch.setattr("lifecircle.catalogue.snapshot.baked.SHAPE", "1-of-another-release")
    assert (await keep()).reloads == 1
