# SPDX-License-Identifier: Apache-2.0
"""Line charts as one SVG: small, side by side, both axes logarithmic where it helps."""
import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 430, 250, 58, 14, 30, 58
COLUMNS = 2
COLORS = ("#1f5fbf", "#c2410c", "#15803d", "#7e22ce")


def short(v):
    """1000 as 1k; small numbers with the digits they have."""
    for limit, letter in ((1e6, "M"), (1e3, "k")):
        if v >= limit:
            return "%g%s" % (v / limit, letter)
    return "%g" % v


class Axis:
    """From values to pixels. A logarithmic axis ends at powers of ten, a linear one at 0."""

    def __init__(self, values, start, end, logarithmic):
        self.start, self.end, self.log = start, end, logarithmic
        if logarithmic:
            self.low = math.floor(math.log10(min(values)) + 1e-9)
            self.high = max(math.ceil(math.log10(max(values)) - 1e-9), self.low + 1)
            self.ticks = [10.0 ** i for i in range(self.low, self.high + 1)]
        else:
            step = 10.0 ** math.floor(math.log10(max(values)))
            while max(values) / step < 3:
                step /= 2
            self.low, self.high = 0, math.ceil(max(values) / step) * step
            self.ticks = [i * step for i in range(int(round(self.high / step)) + 1)]

    def __call__(self, v):
        v = math.log10(v) if self.log else v
        return self.start + (v - self.low) / (self.high - self.low) * (self.end - self.start)


def one(title, lines, x0, y0):
    """lines: {name: [(x, y), ...]}; yields SVG elements."""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [max(y, 1e-3) for points in lines.values() for _, y in points]
    x_axis = Axis(xs, x0 + LEFT, x0 + WIDTH - RIGHT, True)
    y_axis = Axis(ys, y0 + HEIGHT - BOTTOM, y0 + TOP, max(ys) > 30 * min(ys))
    yield '<text x="%d" y="%d" font-weight="bold">%s</text>' % (x0 + 8, y0 + 16,
                                                               html.escape(title))
    for tick in y_axis.ticks:
        y = y_axis(tick)
        yield ('<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" '
               'text-anchor="end">%s</text>' % (x0 + LEFT, y, x0 + WIDTH - RIGHT,
                                                x0 + LEFT - 5, y + 4, short(tick)))
    for tick in x_axis.ticks:
        yield '<text x="%.1f" y="%d" text-anchor="middle">%s</text>' % (
            x_axis(tick), y0 + HEIGHT - BOTTOM + 16, short(tick))
    legend = x0 + LEFT
    for (name, points), color in zip(lines.items(), COLORS):
        path = " ".join("%.1f,%.1f" % (x_axis(x), y_axis(max(y, 1e-3))) for x, y in points)
        yield '<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>' % (path, color)
        for x, y in points:
            yield '<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/>' % (
                x_axis(x), y_axis(max(y, 1e-3)), color)
        yield '<text x="%d" y="%d" fill="%s">%s</text>' % (legend, y0 + HEIGHT - 14, color,
                                                          html.escape(name))
        legend += 7 * len(name) + 16


def svg(charts):
    """charts: {title: {line: [(x, y), ...]}}; returns the file's text."""
    rows = (len(charts) + COLUMNS - 1) // COLUMNS
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
             'font-family="sans-serif" font-size="11">' % (COLUMNS * WIDTH, rows * HEIGHT),
             '<rect width="100%" height="100%" fill="white"/>']
    for i, (title, lines) in enumerate(charts.items()):
        parts += one(title, lines, i % COLUMNS * WIDTH, i // COLUMNS * HEIGHT)
    return "\n".join(parts + ["</svg>"]) + "\n"
