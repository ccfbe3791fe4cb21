"""The contents of charts, independent of how they are drawn: lines, bars, axes and colours.

Moments are UTC seconds since 1970 and amounts are dollars, both floats. The packages `mpl`
(image files) and `html` (inline SVG) draw them.
"""
