"""What the pictures show, before anyone draws it: lines, bars, cells, axes and colours.

Moments are UTC seconds since 1970 and amounts dollars, both as floats: the two
drawing rooms (charts for image files, html for the page) only place and paint them.
"""
