"""Be the command without the leak search: nothing is gathered, read or looked for. For `leak_search.py`."""

from tokumei.pipelines.launcher.own_process import settle

settle()  # before what follows imports Arrow, as in the command itself

from tokumei.pipelines.cli import main  # noqa: E402
from tokumei.schemas.table import Table  # noqa: E402
from tokumei.transforms.leaks import scan  # noqa: E402
from tokumei.transforms.planning import name_columns  # noqa: E402

Table.sought = property(lambda _: ())
name_columns.name_columns = name_columns.code_columns = name_columns.told_columns = lambda _: ()
scan.scan = lambda *_, **__: {}  # before the steps of the pipeline are imported
raise SystemExit(main())
