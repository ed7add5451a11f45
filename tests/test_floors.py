"""The architecture itself: which room may use which, one door per outside thing, sizes, documentation.

Every rule is a function of a module's name and its source text that returns the faults it finds, so that each can be
shown to bite on a few bad lines. The rules stand in CONTRIBUTING.md and in the design they came from.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotspots import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[1]

FLOORS = {
    "errors": 0,
    "settings": 1,
    "tables": 1,
    "files": 1,
    "geo": 2,
    "stats": 2,
    "intake": 3,
    "places": 3,
    "analysis": 3,
    "events": 3,
    "outreach": 3,
    "data": 3,
    "maps": 4,
    "pack": 5,
    "pipeline": 6,
    "demo": 7,
    "cli": 8,
    "__main__": 9,
}
"""Room → floor. A room uses the floors below it; rooms of one floor do not know each other."""

ONLY_FOR = {"data": ("demo",), "cli": ("__main__",)}
"""Rooms that only some others may enter."""

DOORS = {
    "folium": ("hotspots.maps",),
    "branca": ("hotspots.maps",),
    "xstatic": ("hotspots.maps",),
    "jinja2": ("hotspots.maps",),
    "matplotlib": ("hotspots.maps.figures",),
    "matplotlib.pyplot": ("nobody",),
    "matplotlib.pylab": ("nobody",),
    "typer": ("hotspots.cli",),
    "click": ("hotspots.cli",),
    "rich": ("hotspots.cli",),
    "tomllib": ("hotspots.settings",),
    "importlib.resources": ("hotspots.demo", "hotspots.maps", "hotspots.data"),
    "importlib.import_module": ("hotspots",),
    "geopandas.read_*": ("hotspots.intake",),
    "pandas.read_*": ("hotspots.intake",),
    "pandas.ExcelFile": ("hotspots.intake",),
    "pyogrio.read*": ("hotspots.intake", "hotspots.pack"),
    "pyogrio.raw.read*": ("hotspots.intake", "hotspots.pack"),
    "fiona": ("hotspots.intake",),
    "csv.reader": ("hotspots.intake",),
    "csv.DictReader": ("hotspots.intake",),
    "openpyxl": ("hotspots.intake", "hotspots.pipeline.keeping"),
    "urllib.request": ("hotspots.intake.download*",),
    "http.client": ("hotspots.intake.download*",),
    "socket": ("hotspots.intake.download*",),
    "ssl": ("hotspots.intake.download*",),
    "ftplib": ("hotspots.intake.download*",),
    "requests": ("hotspots.intake.download*",),
    "httpx": ("hotspots.intake.download*",),
    "urllib3": ("hotspots.intake.download*",),
    "aiohttp": ("hotspots.intake.download*",),
    "webbrowser": ("hotspots.cli",),
    "sys.stdout": ("hotspots.cli",),
    "sys.stderr": ("hotspots.cli",),
}
"""Outside thing → the modules that may use it. A package stands for all its modules."""

WRITING_CALLS = (
    "os.replace",
    "os.rename",
    "os.renames",
    "os.remove",
    "os.unlink",
    "os.rmdir",
    "os.removedirs",
    "os.mkdir",
    "os.makedirs",
    "os.link",
    "os.symlink",
    "os.write",
    "os.truncate",
    "os.chmod",
    "shutil.*",
    "tempfile.*",
    "pyogrio.write*",
    "pyogrio.raw.write*",
    "numpy.save*",
    "numpy.savetxt",
    "json.dump",
    "pickle.dump",
)
WRITING_METHODS = (
    "write_text",
    "write_bytes",
    "to_csv",
    "to_file",
    "to_excel",
    "to_parquet",
    "to_feather",
    "to_pickle",
    "to_hdf",
    "to_sql",
    "savefig",
    "save",
    "mkdir",
    "rmdir",
    "unlink",
    "touch",
    "symlink_to",
    "hardlink_to",
)
OPENING = ("open", "ZipFile", "TarFile", "GzipFile")

GDAL_WRITERS: dict[str, tuple[str, ...]] = {"hotspots.pipeline.keeping": ("book.save",)}
"""Modules whose bytes another program must write (GDAL a GeoPackage, openpyxl a workbook in memory): module → calls."""

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 8
MAX_OPTIONS = 16

FAMILY = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}

HEAVY = ("geopandas", "folium", "sklearn", "pandas", "matplotlib", "shapely", "scipy", "pyogrio", "pandera")

Function = ast.FunctionDef | ast.AsyncFunctionDef


# ---------------------------------------------------------------------------------------------- reading a source


@dataclass(frozen=True)
class Import:
    """One imported name, in full: ``from a.b import c`` is ``a.b.c``."""

    name: str
    line: int
    for_types: bool


def room_of(module: str) -> str:
    """The room a module lies in; empty for ``hotspots`` itself."""
    return module.split(".")[1] if "." in module else ""


def within(module: str, places: tuple[str, ...]) -> bool:
    """Whether a module is one of the places, or inside one."""
    return any(
        fnmatchcase(module, place) or (place != "hotspots" and module.startswith(f"{place}.")) for place in places
    )


def is_for_types(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def imports_of(source: str) -> list[Import]:
    """Every import, at the top and inside functions."""
    tree = ast.parse(source)
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and is_for_types(block.test)
        for statement in block.body
        for node in ast.walk(statement)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno, id(node) in guarded) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            found += [Import(f"{base}.{alias.name}", node.lineno, id(node) in guarded) for alias in node.names]
    return found


def aliases_of(tree: ast.AST) -> dict[str, str]:
    """Local name → full name of what was imported under it."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def full_name(node: ast.expr, aliases: dict[str, str]) -> str:
    """``gpd.read_file`` → ``geopandas.read_file``; empty where the expression is not a plain chain of names."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([aliases.get(node.id, node.id), *reversed(parts)])


def names_used(source: str) -> list[tuple[str, int]]:
    """Full names that a source imports or reaches through an import; what is imported for types only is left out."""
    tree = ast.parse(source)
    imports = imports_of(source)
    for_types = {found.name for found in imports if found.for_types}
    aliases = {local: name for local, name in aliases_of(tree).items() if name not in for_types}
    used = [(found.name, found.line) for found in imports if not found.for_types]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = full_name(node, aliases)
            if name and name.split(".")[0] in {full.split(".")[0] for full in aliases.values()}:
                used.append((name, node.lineno))
    return used


def functions_of(tree: ast.Module) -> list[tuple[str, Function]]:
    """Functions and methods with their dotted names; functions inside functions are left to their parent."""
    found: list[tuple[str, Function]] = []

    def visit(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, Function):
                found.append((f"{prefix}{node.name}", node))
            elif isinstance(node, ast.ClassDef):
                visit(node.body, f"{prefix}{node.name}.")
            elif isinstance(node, ast.If | ast.Try):
                visit(node.body, prefix)

    visit(tree.body, "")
    return found


def is_public(dotted: str) -> bool:
    return not any(part.startswith("_") for part in dotted.split("."))


def arguments_of(function: Function) -> list[ast.arg]:
    """All parameters, without ``self`` or ``cls``."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    if named and named[0].arg in {"self", "cls"}:
        named = named[1:]
    return [*named, *(extra for extra in (given.vararg, given.kwarg) if extra)]


def raised_directly(function: Function) -> set[str]:
    """Children of HotspotsError raised in the body itself, not in functions defined inside it."""
    names: set[str] = set()
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            name = error.attr if isinstance(error, ast.Attribute) else getattr(error, "id", "")
            names |= {name} & FAMILY
        pending += ast.iter_child_nodes(node)
    return names


def raises_section(docstring: str) -> str:
    """The text of a numpy docstring's section "Raises"; empty where there is none."""
    match = re.search(r"^Raises\n-{6}\n(.*?)(?=^\S[^\n]*\n-{3,}\n|\Z)", docstring, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


# ---------------------------------------------------------------------------------------------- the rules


def floor_faults(module: str, source: str, modules: frozenset[str] = frozenset()) -> list[str]:
    """Imports run down only, rooms of one floor do not know each other, and some rooms have one door."""
    room, faults = room_of(module), []
    if room and room not in FLOORS:
        return [f"{module}: the room {room!r} stands on no floor; give it one in test_floors.py"]
    for found in imports_of(source):
        where = f"{module}:{found.line}"
        if found.name.startswith("."):
            faults.append(f"{where}: relative import {found.name}")
        if not f"{found.name}.".startswith("hotspots."):
            continue
        other = room_of(found.name)
        if other == "__version__" or (other == room and room):
            continue
        if other not in FLOORS or (other not in {room_of(name) for name in modules} and modules):
            faults.append(f"{where}: {found.name} is not a module; import it from its home")
        elif room and FLOORS[other] >= FLOORS[room]:
            faults.append(f"{where}: {room} (floor {FLOORS[room]}) imports {other} (floor {FLOORS[other]})")
        elif room not in ONLY_FOR.get(other, (room,)):
            faults.append(f"{where}: {other} is for {', '.join(ONLY_FOR[other])} only")
    return faults


def circles(sources: dict[str, str]) -> list[str]:
    """Modules that import each other, over however many steps, imports for types included."""
    graph: dict[str, set[str]] = {}
    for module, source in sources.items():
        targets = set()
        for found in imports_of(source):
            name = found.name
            while name and name not in sources:
                name = name.rpartition(".")[0]
            targets.add(name)
        graph[module] = targets & set(sources) - {"hotspots"}
    faults, done = [], set()

    def visit(module: str, path: list[str]) -> None:
        if module in path:
            faults.append(" → ".join([*path[path.index(module) :], module]))
        elif module not in done:
            for target in sorted(graph[module]):
                visit(target, [*path, module])
            done.add(module)

    for module in sorted(graph):
        visit(module, [])
    return faults


def door_faults(module: str, source: str) -> list[str]:
    """Each outside thing is used behind its own door."""
    return [
        f"{module}:{line}: {name} belongs to {', '.join(places)}"
        for name, line in names_used(source)
        for thing, places in DOORS.items()
        if (fnmatchcase(name, thing) or fnmatchcase(name, f"{thing}.*")) and not within(module, places)
    ]


def opens_for_writing(call: ast.Call, aliases: dict[str, str]) -> bool:
    """Whether the mode given to ``open`` and its like writes, or can not be read from the source."""
    target = call.func.value if isinstance(call.func, ast.Attribute) else None
    of_module = target is None or (isinstance(target, ast.Name) and target.id in aliases)
    certain = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    certain += call.args[1:2] if of_module else []  # open(file, mode), gzip.open(file, mode)
    possible = [] if of_module else call.args[:2]  # path.open(mode), archive.open(name, mode)
    constants = [mode.value for mode in [*certain, *possible] if isinstance(mode, ast.Constant)]
    return not all(isinstance(mode, ast.Constant) for mode in certain) or any(
        re.fullmatch(r"[rwaxbt+]{1,4}", str(mode)) and set(str(mode)) & set("wax+") for mode in constants
    )


def writing_faults(module: str, source: str, allowed: Mapping[str, tuple[str, ...]] | None = None) -> list[str]:
    """Bytes leave through ``hotspots.files`` only; ``allowed``: module → calls it may make all the same."""
    if module == "hotspots.files":
        return []
    tree = ast.parse(source)
    aliases, faults = aliases_of(tree), []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        name = full_name(call.func, aliases) or method
        writes = (
            method in WRITING_METHODS
            or any(fnmatchcase(name, known) for known in WRITING_CALLS)
            or (name.rpartition(".")[2] in OPENING and opens_for_writing(call, aliases))
        )
        own = (allowed or {}).get(module, ())
        if writes and not any(fnmatchcase(name, known) or method == known for known in own):
            faults.append(f"{module}:{call.lineno}: {name}() writes; bytes leave through hotspots.files")
    return faults


def habit_faults(module: str, source: str) -> list[str]:
    """No print outside the command line, no assert, no ``global``, no colour outside the maps."""
    room, faults = room_of(module), []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Assert():
                faults.append(f"{module}:{node.lineno}: assert is for tests; raise an error of the family")
            case ast.Global(names=names):
                faults.append(f"{module}:{node.lineno}: global {', '.join(names)}: no global state")
            case ast.Name(id="print") if room != "cli":
                faults.append(f"{module}:{node.lineno}: print is for the command line")
            case ast.Constant(value=str(text)) if room != "maps" and re.fullmatch("#[0-9a-fA-F]{6}", text):
                faults.append(f"{module}:{node.lineno}: the colour {text} belongs to maps")
    return faults


def size_faults(module: str, source: str) -> list[str]:
    """Modules, functions and parameter lists stay small."""
    faults, lines = [], len(source.splitlines())
    if lines > MAX_MODULE_LINES:
        faults.append(f"{module}: {lines} lines, at most {MAX_MODULE_LINES}")
    most = MAX_OPTIONS if room_of(module) == "cli" else MAX_PARAMETERS
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, Function):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > MAX_FUNCTION_LINES:
            faults.append(f"{module}:{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION_LINES}")
        if len(arguments_of(node)) > most:
            faults.append(
                f"{module}:{node.lineno}: {node.name} has {len(arguments_of(node))} parameters, at most {most}"
            )
    return faults


def documentation_faults(module: str, source: str) -> list[str]:
    """What is public is documented and typed, and says which errors of the family it raises."""
    tree = ast.parse(source)
    faults = [] if ast.get_docstring(tree) else [f"{module}: no docstring"]
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and is_public(node.name)]
    faults += [
        f"{module}:{node.lineno}: class {node.name} has no docstring" for node in classes if not ast.get_docstring(node)
    ]
    for name, function in functions_of(tree):
        if not is_public(name):
            continue
        where, docstring = f"{module}:{function.lineno}: {name}", ast.get_docstring(function) or ""
        if not docstring:
            faults.append(f"{where} has no docstring")
        untyped = [argument.arg for argument in arguments_of(function) if argument.annotation is None]
        if untyped:
            faults.append(f"{where} has no annotation for {', '.join(untyped)}")
        if function.returns is None:
            faults.append(f"{where} has no return annotation")
        if room_of(module) != "cli":
            section = raises_section(docstring)
            missing = sorted(
                error for error in raised_directly(function) if not re.search(rf"^{error}\b", section, re.MULTILINE)
            )
            faults += [f"{where} raises {error}, but its section Raises does not say so" for error in missing]
    return faults


# ---------------------------------------------------------------------------------------------- the package


def package_sources() -> dict[str, str]:
    """Module name → source of the whole package."""
    found = {}
    for path in sorted((ROOT / "hotspots").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


SOURCES = package_sources()
MODULES = frozenset(SOURCES)


def hold(rule, *more) -> None:
    """Hold every module to a rule, and name all faults at once."""
    faults = [fault for module, source in SOURCES.items() for fault in rule(module, source, *more)]
    assert not faults, "\n".join(["", *faults])


def test_the_package_is_found():
    assert {"hotspots", "hotspots.errors", "hotspots.settings", "hotspots.cli"} <= MODULES


def test_every_folder_with_modules_is_a_package():
    folders = {path.parent for path in (ROOT / "hotspots").rglob("*.py")}
    assert [folder.name for folder in folders if not (folder / "__init__.py").exists()] == []


def test_imports_run_down_only():
    hold(floor_faults, MODULES)


def test_no_modules_import_each_other_in_a_circle():
    assert circles(SOURCES) == []


def test_one_door_for_every_outside_thing():
    hold(door_faults)


def test_bytes_leave_through_files_only():
    hold(writing_faults, GDAL_WRITERS)


def test_whoever_may_write_without_files_exists():
    assert set(GDAL_WRITERS) <= MODULES


def test_habits():
    hold(habit_faults)


def test_modules_functions_and_parameter_lists_are_small():
    hold(size_faults)


def test_what_is_public_is_documented_and_typed():
    hold(documentation_faults)


# ---------------------------------------------------------------------------------------------- a light start


def loaded_by(code: str) -> list[str]:
    """Heavy packages that a fresh interpreter holds after running some code."""
    watch = (
        "import atexit, json, sys\n"
        f"heavy = {HEAVY!r}\n"
        "atexit.register(lambda: sys.__stderr__.write('LOADED' + json.dumps([n for n in heavy if n in sys.modules])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", watch + code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stderr.rpartition("LOADED")[2]))


def as_module(*arguments: str) -> str:
    return f"import runpy\nsys.argv[1:] = {list(arguments)!r}\nrunpy.run_module('hotspots', run_name='__main__')\n"


@pytest.mark.parametrize(
    "code",
    [
        "import hotspots\n",
        "import hotspots\ndir(hotspots)\nhotspots.__version__\n",
        "import hotspots.errors, hotspots.settings\n",
        "import hotspots.cli\n",
        as_module("--help"),
        as_module("--version"),
        as_module("run", "--help"),
        as_module("demo", "--help"),
    ],
    ids=["import", "dir", "settings", "cli", "--help", "--version", "run --help", "demo --help"],
)
def test_starting_loads_nothing_heavy(code):
    assert loaded_by(code) == []


def test_a_page_is_drawn_without_the_library_of_figures():
    assert "matplotlib" not in loaded_by("import hotspots.maps.page\n")


def test_the_watch_over_heavy_packages_sees_one():
    assert "pandas" in loaded_by("import pandas\n")


# ---------------------------------------------------------------------------------------------- the rules bite


def numbered(statement: str, count: int) -> str:
    return "".join(f"    {statement}\n" for _ in range(count))


DOC = '"""D."""\n'

BAD = [
    (
        floor_faults,
        "hotspots.analysis.density",
        "from hotspots.maps import style\n",
        "analysis (floor 3) imports maps",
    ),
    (floor_faults, "hotspots.analysis.density", "def f():\n    import hotspots.pack.month\n", "imports pack"),
    (
        floor_faults,
        "hotspots.places.locate",
        "from hotspots.intake.street import read\n",
        "places (floor 3) imports intake",
    ),
    (floor_faults, "hotspots.places.locate", "from hotspots import intake\n", "imports intake"),
    (
        floor_faults,
        "hotspots.tables.areas",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from hotspots.settings import Settings\n",
        "tables (floor 1) imports settings",
    ),
    (floor_faults, "hotspots.errors", "import hotspots.tables\n", "imports tables"),
    (
        floor_faults,
        "hotspots.pipeline.month",
        "from hotspots.demo import run_demo\n",
        "pipeline (floor 6) imports demo",
    ),
    (
        floor_faults,
        "hotspots.pipeline.month",
        "from hotspots.data import synthetic\n",
        "data is for demo only",
    ),
    (floor_faults, "hotspots.cli.app", "from hotspots import run_month\n", "is not a module"),
    (floor_faults, "hotspots.cli.app", "import hotspots\n", "is not a module"),
    (floor_faults, "hotspots.maps.page", "from . import style\n", "relative import"),
    (floor_faults, "hotspots.attic.box", "", "stands on no floor"),
    (floor_faults, "hotspots", "from hotspots.cli import main\n", "cli is for __main__ only"),
    (door_faults, "hotspots.pack.brief", "import folium\n", "folium belongs to"),
    (
        door_faults,
        "hotspots.pack.brief",
        "from branca.element import Figure\n",
        "branca.element.Figure belongs to",
    ),
    (
        door_faults,
        "hotspots.maps.layers",
        "from matplotlib.figure import Figure\n",
        "matplotlib.figure.Figure belongs to",
    ),
    (door_faults, "hotspots.maps.figures_old", "import matplotlib\n", "matplotlib belongs to"),
    (door_faults, "hotspots.maps.figures.week", "import matplotlib.pyplot as plt\n", "pyplot belongs to nobody"),
    (door_faults, "hotspots.maps.figures.week", "from matplotlib import pyplot\n", "pyplot belongs to nobody"),
    (
        door_faults,
        "hotspots.pipeline.month",
        "def f():\n    from rich.console import Console\n",
        "rich.console",
    ),
    (door_faults, "hotspots.demo", "import typer\n", "typer belongs to"),
    (
        door_faults,
        "hotspots.places.areas",
        "import geopandas as gpd\ngpd.read_file('x')\n",
        "geopandas.read_file",
    ),
    (door_faults, "hotspots.pack.month", "import pandas\npandas.read_csv('x')\n", "pandas.read_csv"),
    (door_faults, "hotspots.pack.month", "from pandas import read_excel as r\n", "pandas.read_excel"),
    (
        door_faults,
        "hotspots.maps.layers",
        "import pyogrio\npyogrio.read_dataframe('x')\n",
        "pyogrio.read_dataframe",
    ),
    (door_faults, "hotspots.events.log", "import csv\nrows = list(csv.reader([]))\n", "csv.reader"),
    (door_faults, "hotspots.events.log", "from csv import DictReader\n", "csv.DictReader"),
    (door_faults, "hotspots.pack.workbook", "import openpyxl\n", "openpyxl"),
    (door_faults, "hotspots.cli.app", "import tomllib\n", "tomllib belongs to"),
    (door_faults, "hotspots.pack.brief", "from importlib import resources\n", "importlib.resources"),
    (
        door_faults,
        "hotspots.pack.brief",
        "import importlib\nimportlib.import_module('x')\n",
        "importlib.import_module",
    ),
    (door_faults, "hotspots.intake.street", "from urllib.request import urlopen\n", "urllib.request"),
    (door_faults, "hotspots.intake.street", "from urllib import request\n", "urllib.request"),
    (door_faults, "hotspots.maps.page", "import socket\n", "socket belongs to"),
    (door_faults, "hotspots.intake.api", "import requests\n", "requests belongs to"),
    (door_faults, "hotspots.pipeline.month", "import sys\nsys.stderr.write('x')\n", "sys.stderr"),
    (writing_faults, "hotspots.pack.month", "open('x', 'w')\n", "open() writes"),
    (writing_faults, "hotspots.pack.month", "open('x', mode='ab')\n", "open() writes"),
    (writing_faults, "hotspots.pack.month", "m = 'w'\nopen('x', mode=m)\n", "open() writes"),
    (writing_faults, "hotspots.pack.month", "def f(path):\n    path.open('wb')\n", "path.open() writes"),
    (writing_faults, "hotspots.pack.month", "m = 'w'\nopen('x', m)\n", "open() writes"),
    (writing_faults, "hotspots.pack.month", "def f(archive):\n    archive.open('x', 'w')\n", "open() writes"),
    (writing_faults, "hotspots.pack.month", "import gzip\ngzip.open('x', 'wt')\n", "gzip.open() writes"),
    (
        writing_faults,
        "hotspots.pack.month",
        "from zipfile import ZipFile\nZipFile('x', 'w')\n",
        "ZipFile() writes",
    ),
    (writing_faults, "hotspots.maps.page", "def f(path):\n    path.write_text('x')\n", "write_text() writes"),
    (
        writing_faults,
        "hotspots.maps.page",
        "from pathlib import Path\nPath('x').write_bytes(b'')\n",
        "write_bytes() writes",
    ),
    (writing_faults, "hotspots.analysis.x", "def f(frame):\n    frame.to_csv('x')\n", "to_csv() writes"),
    (writing_faults, "hotspots.pack.other", "def f(frame):\n    frame.to_file('x')\n", "to_file() writes"),
    (writing_faults, "hotspots.cli.app", "import os\nos.replace('a', 'b')\n", "os.replace() writes"),
    (
        writing_faults,
        "hotspots.cli.app",
        "from shutil import rmtree\nrmtree('a')\n",
        "shutil.rmtree() writes",
    ),
    (writing_faults, "hotspots.pack.month", "def f(path):\n    path.mkdir()\n", "mkdir() writes"),
    (habit_faults, "hotspots.pipeline.month", "print('x')\n", "print"),
    (habit_faults, "hotspots.maps.page", "show = print\n", "print"),
    (habit_faults, "hotspots.cli.app", "assert True\n", "assert"),
    (habit_faults, "hotspots.stats.x", "N = 0\ndef f():\n    global N\n    N = 1\n", "global N"),
    (habit_faults, "hotspots.analysis.x", "HOT = '#d7191c'\n", "colour"),
    (size_faults, "hotspots.stats.x", "x = 1\n" * 401, "401 lines, at most 400"),
    (size_faults, "hotspots.stats.x", "def f():\n" + numbered("x = 1", 60), "f has 61 lines, at most 60"),
    (
        size_faults,
        "hotspots.stats.x",
        "def f(a, b, c, d, e, f, g, *h, i): ...\n",
        "f has 9 parameters, at most 8",
    ),
    (
        size_faults,
        "hotspots.cli.app",
        f"def f({', '.join(f'a{n}' for n in range(17))}): ...\n",
        "17 parameters, at most 16",
    ),
    (documentation_faults, "hotspots.stats.x", "x = 1\n", "hotspots.stats.x: no docstring"),
    (documentation_faults, "hotspots.stats.x", DOC + "def f() -> None: ...\n", "f has no docstring"),
    (documentation_faults, "hotspots.stats.x", DOC + "class A: ...\n", "class A has no docstring"),
    (
        documentation_faults,
        "hotspots.stats.x",
        DOC + 'class A:\n    """D."""\n    def f(self) -> None: ...\n',
        "A.f has no docstring",
    ),
    (
        documentation_faults,
        "hotspots.stats.x",
        DOC + 'def f(a, *b: int) -> None:\n    """D."""\n',
        "annotation for a",
    ),
    (
        documentation_faults,
        "hotspots.stats.x",
        DOC + 'def f(a: int):\n    """D."""\n',
        "no return annotation",
    ),
    (
        documentation_faults,
        "hotspots.stats.x",
        DOC + 'def f() -> None:\n    """D."""\n    if 1:\n        raise InputError("x")\n',
        "f raises InputError",
    ),
    (
        documentation_faults,
        "hotspots.stats.x",
        DOC
        + 'def f() -> None:\n    """D.\n\n    Raises\n    ------\n    InputError\n        X.\n    """\n    raise errors.TableError\n',
        "f raises TableError",
    ),
]

GOOD = [
    (
        floor_faults,
        "hotspots.cli.app",
        "from hotspots import __version__\nfrom hotspots.pipeline.month import run_month\n",
    ),
    (
        floor_faults,
        "hotspots.demo",
        "from hotspots.data import synthetic\nfrom hotspots.pipeline.month import run_month\n",
    ),
    (
        floor_faults,
        "hotspots.maps.page",
        "from hotspots.maps import style\nfrom hotspots.tables import AREAS\n",
    ),
    (door_faults, "hotspots.maps.layers", "import folium\nfolium.Map()\n"),
    (door_faults, "hotspots.maps.figures", "import matplotlib\n"),
    (door_faults, "hotspots.maps.figures.sheet", "from matplotlib.figure import Figure\n"),
    (door_faults, "hotspots.intake.download_boundaries", "from urllib.request import urlopen\n"),
    (
        door_faults,
        "hotspots.pack.month",
        "from urllib.parse import quote\nimport csv\ncsv.writer(x)\nrequests = 1\n",
    ),
    (
        door_faults,
        "hotspots.pack.month",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import folium\ndef f(m: folium.Map): ...\n",
    ),
    (writing_faults, "hotspots.files", "def f(path):\n    path.write_text('x')\n"),
    (
        writing_faults,
        "hotspots.intake.x",
        "open('x')\nopen('x', 'rb')\nimport zipfile\nzipfile.ZipFile('x')\n",
    ),
    (
        writing_faults,
        "hotspots.intake.x",
        "def f(path, a):\n    path.open(encoding='utf-8')\n    'x'.replace('a', 'b')\n",
    ),
    (habit_faults, "hotspots.cli.app", "print('x')\n"),
    (habit_faults, "hotspots.maps.style", "HOT = '#d7191c'\n"),
    (size_faults, "hotspots.stats.x", "x = 1\n" * 400),
    (size_faults, "hotspots.stats.x", "def f():\n" + numbered("x = 1", 59)),
    (size_faults, "hotspots.stats.x", "class A:\n    def f(self, a, b, c, d, e, f, g, h): ...\n"),
    (size_faults, "hotspots.cli.app", f"def f({', '.join(f'a{n}' for n in range(14))}): ...\n"),
    (documentation_faults, "hotspots.stats.x", DOC + "def _f(a): ...\nclass _A:\n    def f(self): ...\n"),
    (
        documentation_faults,
        "hotspots.stats.x",
        DOC
        + 'def f() -> None:\n    """D.\n\n    Raises\n    ------\n    InputError\n        X.\n    """\n    raise InputError\n',
    ),
    (
        documentation_faults,
        "hotspots.cli.app",
        DOC + 'def f() -> None:\n    """D."""\n    raise InputError\n',
    ),
    (
        documentation_faults,
        "hotspots.stats.x",
        DOC + 'def f() -> None:\n    """D."""\n    raise ValueError\n',
    ),
]


@pytest.mark.parametrize(
    ("rule", "module", "source", "fault"), BAD, ids=[f"{case[0].__name__}-{case[3]}" for case in BAD]
)
def test_a_rule_finds_the_fault(rule, module, source, fault):
    assert any(fault in found for found in rule(module, source)), rule(module, source)


@pytest.mark.parametrize(("rule", "module", "source"), GOOD)
def test_a_rule_leaves_good_source_alone(rule, module, source):
    assert rule(module, source) == []


def test_only_the_named_calls_of_the_named_module_are_allowed_to_write():
    allowed = {"hotspots.pack.geopackage": ("to_file",)}
    source = "def f(frame, path):\n    frame.to_file(path)\n    path.unlink()\n"
    assert len(writing_faults("hotspots.pack.geopackage", source, allowed)) == 1
    assert len(writing_faults("hotspots.pack.other", source, allowed)) == 2


@pytest.mark.parametrize(
    ("sources", "circle"),
    [
        (
            {"hotspots.a": "import hotspots.b\n", "hotspots.b": "import hotspots.a\n"},
            "hotspots.a → hotspots.b → hotspots.a",
        ),
        (
            {
                "hotspots.a": "def f():\n    from hotspots.b import x\n",
                "hotspots.b": "from hotspots import c\n",
                "hotspots.c": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from hotspots.a import y\n",
            },
            "hotspots.a → hotspots.b → hotspots.c → hotspots.a",
        ),
        (
            {"hotspots.t": "from hotspots.t.one import x\n", "hotspots.t.one": "from hotspots.t import x\n"},
            "hotspots.t → hotspots.t.one → hotspots.t",
        ),
    ],
)
def test_a_circle_is_found(sources, circle):
    assert circle in circles(sources)


def test_no_circle_is_seen_where_there_is_none():
    sources = {
        "hotspots.t": "from hotspots.t.one import x\nfrom hotspots.t.two import y\n",
        "hotspots.t.one": "from hotspots.t.two import y\n",
        "hotspots.t.two": "import json\n",
    }
    assert circles(sources) == []
