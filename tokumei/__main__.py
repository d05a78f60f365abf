"""`python -m tokumei` is `tokumei`."""

from tokumei.pipelines.cli import main

raise SystemExit(main())
