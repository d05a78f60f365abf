"""Be the command without one part of its work, which the first argument names. For `shares.py`."""

import sys

from tokumei.pipelines.launcher.own_process import settle

settle()  # before what follows imports Arrow, as in the command itself

from tokumei.pipelines.cli import main  # noqa: E402


def search():
    """No removed value is gathered, read or looked for."""
    from tokumei.schemas.table import Table
    from tokumei.transforms.leaks import scan
    from tokumei.transforms.planning import name_columns

    Table.sought = property(lambda _: ())
    name_columns.name_columns = name_columns.code_columns = name_columns.told_columns = lambda _: ()
    scan.scan = lambda *_, **__: {}


def exposures():
    """Nobody is counted by columns that nobody declared, neither in what is written nor in the source."""
    from tokumei.transforms.exposure import count
    from tokumei.transforms.exposure.scope import exposure_scope
    from tokumei.transforms.exposure.sources import SourceExposed
    from tokumei.transforms.release import by_record

    count.count_exposed = lambda plan, *_: count.Exposed(scope=exposure_scope(plan), k=plan.k)
    by_record.exposed_sources = lambda *_: SourceExposed()


PARTS = {part.__name__: part for part in (search, exposures)}

if __name__ == "__main__":
    PARTS[sys.argv.pop(1)]()  # before the steps of the pipeline are imported
    raise SystemExit(main())
