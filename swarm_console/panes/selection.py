"""What the mouse has selected, set off where lines are drawn one by one."""

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget


def selectable(widget: Widget, line: Strip, y: int) -> Strip:
    """A widget's whole line as the mouse may select from it, with what it selects set off."""
    selection = widget.text_selection
    span = selection.get_span(y) if selection is not None else None
    if span is not None:
        begin, end = span[0], span[1] if span[1] >= 0 else line.cell_length
        style = widget.screen.get_component_rich_style("screen--selection")
        middle = Segment.apply_style(line.crop(begin, end), post_style=style)
        line = Strip([*line.crop(0, begin), *middle, *line.crop(end)])
    return line.apply_offsets(0, y)
