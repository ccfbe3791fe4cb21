"""The page as a reader's program takes it apart."""

import html
import re
import xml.etree.ElementTree as ET

from usage_tracker.render.html import render
from usage_tracker.reporting.model import Report

_NOT_XML = re.compile(r"^<!doctype html>\n")


def page(report: Report) -> ET.Element:
    """The tree of `report`'s page, which is well-formed even as XML."""
    return ET.fromstring(_NOT_XML.sub("", render(report)))  # noqa: S314  (our own)


def text(node: ET.Element) -> str:
    return html.unescape("".join(node.itertext()))


def rows(node: ET.Element, name: str) -> list[list[str]]:
    """The cells of the body of the table called `name`."""
    (table,) = node.findall(f".//div[@aria-label='{name}']/table")
    return [[text(cell) for cell in row] for row in table.iterfind("tbody/tr")]


def units(node: ET.Element, name: str) -> list[list[int]]:
    """The gateway units in each row of that table."""
    (table,) = node.findall(f".//div[@aria-label='{name}']/table")
    found = (row.iterfind(".//data") for row in table.iterfind("tbody/tr"))
    return [[int(amount.get("value", "")) for amount in amounts] for amounts in found]


def titles(node: ET.Element, name: str) -> list[str]:
    """The headings of that table."""
    (table,) = node.findall(f".//div[@aria-label='{name}']/table")
    return [text(cell) for cell in table.iterfind("thead/tr/th")]
