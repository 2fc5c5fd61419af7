"""What can be exported, and how: the one list that the command, the pages and the documentation take their choices from."""

from __future__ import annotations

from typing import Final

# Of analysis.runs.TABLES, all but the map, which is a picture.
TABLES: Final = (
    "segments", "profiles", "trends", "figures", "changes", "shapes", "journeys", "nearer", "touchpoints", "interest", "demand",
)  # fmt: skip
# Laid together when it is asked for, see dashboard.supply.table.
SUPPLY: Final = "supply"
EXPORTED: Final = (*TABLES, SUPPLY)
FORMATS: Final = ("csv", "json", "parquet", "xlsx")
REPORT: Final = "report"
REPORT_FORMATS: Final = ("pdf", "pptx", "xlsx", "html")
CHAPTERS: Final = ("summary", "audiences", "changes", "touchpoints", "demand", "briefs", "about")
WEEKS: Final = ("4", "13", "26", "52")  # of a period, as dashboard.period.LENGTHS has them
COMPARE: Final = ("previous", "year")
LANGUAGES: Final = ("en", "nl")
