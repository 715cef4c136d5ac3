"""The laws as plain tests, each named by the law that it holds an engine to."""

import pytest

pytest.register_assert_rewrite(
    *(
        f"{__name__}.{module}"
        for module in ("competing", "ending", "judging", "reading", "refusing", "registers", "upkeep", "writing")
    )
)
