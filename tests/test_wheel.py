"""The wheel, installed in a clean environment, serves from another folder and finds its data."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import venv
import zipfile
from pathlib import Path

import httpx2
import plain_http
import pytest
from commands import clean_environment
from servers import free_port

from lifecircle.gateway.tour import take_tour

ROOT = Path(__file__).parent.parent
FOLDERS = ("gateway", "graphql", "assistant", "catalogue", "seeds")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target, source = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("source")
    for name in (*FOLDERS, "pyproject.toml", "README.md", "LICENSE"):  # a copy: no build leftovers of the checkout
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(target), str(source)], check=True, capture_output=True, timeout=120)
    return next(target.glob("lifecircle-*.whl"))


def test_the_wheel_holds_every_module_and_data_file(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    kinds = (".py", ".yaml", ".csv", ".graphql", ".js", ".css", ".html", ".typed")
    wanted = {
        f"lifecircle/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in kinds and "__pycache__" not in path.parts
    }
    assert sorted(wanted - held) == []


def test_the_wheel_serves_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    site = next(home.glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    # the dependencies are those of this environment, its own checkout of the package is not
    dependencies = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    (site / "dependencies.py").write_text(f"import sys; sys.path.append({str(dependencies)!r})\n")
    (site / "dependencies.pth").write_text("import dependencies\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    python, port = home / "bin" / "python", free_port()
    where = subprocess.run(
        [python, "-c", "import lifecircle.gateway.cli as cli; print(cli.__file__)"],
        cwd=elsewhere,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(site) in where.stdout
    command = [python, "-m", "lifecircle.gateway.cli", "serve", "--demo", "--port", str(port), "--state", "state"]
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=elsewhere, env=clean_environment(PATH=path), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not _ready(port):
            assert server.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert take_tour(f"http://127.0.0.1:{port}", lambda _: None)
        assert "GraphiQL" in plain_http.get(f"http://127.0.0.1:{port}/graphql").text
    finally:
        server.terminate()
        server.wait(60)


def _ready(port: int) -> bool:
    try:
        return plain_http.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False
