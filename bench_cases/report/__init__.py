"""The report of a run: its format, the journal behind it, writing and reading."""

from bench_cases.report.cost_rows import CostRow, costs
from bench_cases.report.environment import describe as describe_environment
from bench_cases.report.journal import Journal
from bench_cases.report.read import Report, load
from bench_cases.report.summary import SummaryRow, summarise
from bench_cases.report.table import render
from bench_cases.report.write import write_report

__all__ = [
    "CostRow",
    "Journal",
    "Report",
    "SummaryRow",
    "costs",
    "describe_environment",
    "load",
    "render",
    "summarise",
    "write_report",
]
