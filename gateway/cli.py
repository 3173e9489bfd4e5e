"""The `lifecircle` command."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from lifecircle.catalogue.errors import CannotStart, LifecircleError
from lifecircle.gateway.settings import Settings, described, read_settings

EXIT_REFUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 0 done, 1 failed, 2 cannot start."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CannotStart as error:
        print(f"lifecircle: cannot start: {error}", file=sys.stderr)
        return EXIT_REFUSED
    except LifecircleError as error:
        print(f"lifecircle: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lifecircle", description="便民生活圈: backend of a resident super-app")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, summary, add_arguments in _COMMANDS:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run)
        add_arguments(command)
    return parser


def _serving_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", help="listening address")
    command.add_argument("--port", type=int, help="listening port")
    command.add_argument("--workers", type=int, help="server processes")
    _state_argument(command)
    command.add_argument("--demo", action="store_true", default=None, help="seed an empty database, demo sign-in on")
    command.add_argument(
        "--demo-public", action="store_true", default=None, help="let --demo listen beyond this machine"
    )


def _state_argument(command: argparse.ArgumentParser) -> None:
    command.add_argument("--state", type=Path, help="folder for the embedded database and demo keys")


def _seed_arguments(command: argparse.ArgumentParser) -> None:
    _state_argument(command)
    command.add_argument("--size", type=int, help="grow the district to this many stores, for benchmarks")
    command.add_argument("--from", dest="folder", type=Path, help="read the district from this folder instead")


def _rules_arguments(command: argparse.ArgumentParser) -> None:
    _state_argument(command)
    command.add_argument("--from", dest="folder", type=Path, help="read certification_rules.yaml from this folder")


def _tour_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--url", default="http://127.0.0.1:8000", help="address of a server in demo mode")


def _demo_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=int, default=None, help="listening port")
    _state_argument(command)
    command.add_argument("--once", action="store_true", help="stop after the tour")


def _appoint_arguments(command: argparse.ArgumentParser) -> None:
    _state_argument(command)
    command.add_argument("phone", help="number of a resident who has signed in")
    office = command.add_mutually_exclusive_group(required=True)
    office.add_argument("--area", help="area code that they are to be staff of")
    office.add_argument("--auditor", action="store_true", help="let them read the audit")


def _export_arguments(command: argparse.ArgumentParser) -> None:
    _state_argument(command)
    command.add_argument("--format", choices=("hsds", "geojson", "csv"), required=True, help="form of the export")
    command.add_argument("--output", type=Path, required=True, help="a file; for hsds a folder, or a .json file")
    command.add_argument("--merchant", help="csv of this merchant's stores only, as importStores takes it back")


def _import_arguments(command: argparse.ArgumentParser) -> None:
    _state_argument(command)
    command.add_argument("--format", choices=("hsds",), default="hsds", help="form of the file")
    command.add_argument("path", type=Path, help="folder or .json file that `export --format hsds` wrote")


def _report_arguments(command: argparse.ArgumentParser) -> None:
    _state_argument(command)
    command.add_argument("what", choices=("area",), help="what the report is about")
    command.add_argument("--area", required=True, help="area code; everything below it is reported too")
    command.add_argument("--format", choices=("csv", "geojson"), default="csv", help="form of the report")
    command.add_argument("--output", type=Path, help="file; without it the report is printed")


def _keys_arguments(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, help="where to write fresh keys")


def _assistant_arguments(command: argparse.ArgumentParser) -> None:
    from lifecircle.assistant.evaluation.arguments import add_arguments

    add_arguments(command)


def _policies_arguments(command: argparse.ArgumentParser) -> None:
    from lifecircle.gateway.policy_arguments import add_arguments

    add_arguments(command)


def _nothing(command: argparse.ArgumentParser) -> None:
    """No arguments."""


def _settings(options: argparse.Namespace) -> Settings:
    names = ("host", "port", "workers", "state", "demo", "demo_public")
    return read_settings(**{name: getattr(options, name, None) for name in names})


def _serve(options: argparse.Namespace) -> int:
    gc.disable()  # until a worker is ready: what is imported and loaded at the start stays anyway
    from lifecircle.gateway.supervising import import_early

    settings = _settings(options)
    import_early(settings.workers)
    from lifecircle.gateway.logs import set_up_logging
    from lifecircle.gateway.serve import serve

    set_up_logging(settings.log_level)
    serve(settings)
    return 0


def _config(options: argparse.Namespace) -> int:
    for name, value, summary in described(_settings(options)):
        print(f"{name}={value}  # {summary}")
    return 0


def _seed(options: argparse.Namespace) -> int:
    from lifecircle.gateway.seeding import seed

    for line in asyncio.run(seed(_settings(options), options.size, options.folder)):
        print(line)
    return 0


def _rules(options: argparse.Namespace) -> int:
    from lifecircle.gateway.rules_command import load_rules

    print(asyncio.run(load_rules(_settings(options), options.folder)))
    return 0


def _appoint(options: argparse.Namespace) -> int:
    from lifecircle.gateway.appointing import appoint

    print(asyncio.run(appoint(_settings(options), options.phone, options.area)))
    return 0


def _export(options: argparse.Namespace) -> int:
    from lifecircle.gateway.exchange_commands import export

    for line in asyncio.run(export(_settings(options), options.format, options.output, options.merchant)):
        print(line)
    return 0


def _import(options: argparse.Namespace) -> int:
    from lifecircle.gateway.exchange_commands import import_file

    for line in asyncio.run(import_file(_settings(options), options.path)):
        print(line)
    return 0


def _report(options: argparse.Namespace) -> int:
    from lifecircle.gateway.exchange_commands import report_area, write_text

    text = asyncio.run(report_area(_settings(options), options.area, options.format))
    if options.output:
        write_text(text, options.output)
    else:
        sys.stdout.buffer.write(text.encode())
    return 0


def _tour(options: argparse.Namespace) -> int:
    from lifecircle.gateway.tour import take_tour

    return 0 if take_tour(options.url) else 1


def _demo(options: argparse.Namespace) -> int:
    from lifecircle.gateway.showing import show

    return show(_settings(options), once=options.once)


def _schema(options: argparse.Namespace) -> int:
    from lifecircle.graphql.schema import build_schema

    print(build_schema().as_str())
    return 0


def _assistant(options: argparse.Namespace) -> int:
    if options.step == "review":
        from lifecircle.gateway.review_command import review

        for line in asyncio.run(review(_settings(options), options)):
            print(line)
        return 0
    from lifecircle.assistant.evaluation.command import STEPS

    return STEPS[options.step](options)


def _policies(options: argparse.Namespace) -> int:
    from lifecircle.gateway.policy_commands import run

    return run(_settings(options), options)


def _keys(options: argparse.Namespace) -> int:
    from lifecircle.catalogue.sealing import make_keys_file, read_key_ring

    make_keys_file(options.file)
    read_key_ring(options.file)
    print(f"keys are in {options.file}: keep a copy apart from the backups")
    return 0


_COMMANDS = (
    ("serve", _serve, "serve the GraphQL gateway", _serving_arguments),
    ("config", _config, "show the settings, secrets masked", _serving_arguments),
    ("seed", _seed, "load the demo district; a second run changes nothing", _seed_arguments),
    ("certification-rules", _rules, "load the rules of the pension certification alone", _rules_arguments),
    ("export", _export, "write the catalogue: hsds, geojson or csv", _export_arguments),
    ("import", _import, "take an hsds export in, all or nothing", _import_arguments),
    ("report", _report, "report on an area and everything below it", _report_arguments),
    ("appoint", _appoint, "make a resident staff of an area, or an auditor", _appoint_arguments),
    ("tour", _tour, "take the guided tour against a server in demo mode", _tour_arguments),
    ("demo", _demo, "serve in demo mode and take the guided tour", _demo_arguments),
    ("schema", _schema, "print the GraphQL schema", _nothing),
    ("keys", _keys, "write a file of fresh keys", _keys_arguments),
    ("assistant", _assistant, "train, evaluate or review what the assistant understands", _assistant_arguments),
    ("policies", _policies, "take laws and regulations in, or list them", _policies_arguments),
)


if __name__ == "__main__":
    sys.exit(main())
