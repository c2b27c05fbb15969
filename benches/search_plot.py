"""Draws what `cargo bench --bench search -- LARGEST FILE` measured: python3 benches/search_plot.py FILE docs/search.svg"""

import json
import math
import sys

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 660, 400, 70, 50, 50, 30
INK, GREY = "#1a1a1a", "#9a9a9a"


def main(source, target):
    with open(source) as file:
        measured = json.load(file)["measured"]
    threads = max(row["threads"] for row in measured)
    rows = [row for row in measured if row["threads"] == threads]
    xs = [row["references"] for row in rows]
    times = [row[key] for row in rows for key in ("search_ms", "read_ms")]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    first, last = math.log10(min(xs)), math.log10(max(xs))

    def place(references, milliseconds):
        across = (math.log10(references) - first) / max(last - first, 1)
        up = (math.log10(milliseconds) - low) / (high - low)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - TOP)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for power in range(low, high + 1):
        x, y = place(min(xs), 10.0**power)
        parts.append(f'<path d="M{x:.0f} {y:.1f}H{WIDTH - RIGHT}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{x - 8:.0f}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} ms</text>')
    for references in xs:
        x, y = place(references, 10.0**low)
        parts.append(f'<text x="{x:.0f}" y="{y + 18:.0f}" text-anchor="middle">{references:,}</text>')
    for key, colour, name in (("read_ms", GREY, "reading as many bytes"), ("search_ms", INK, "exact search")):
        points = [place(row["references"], row[key]) for row in rows]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
        y = TOP + (14 if key == "search_ms" else 32)
        parts.append(f'<text x="{LEFT + 16}" y="{y}" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">references of 256 values, '
                 f"{threads} threads</text></svg>")
    with open(target, "w") as file:
        file.write("\n".join(parts) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
