"""Draws what e2e.py measured: python3 benches/peers/e2e_plot.py e2e.json docs/peers.svg"""

import json
import sys

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 760, 250, 205, 26, 10, 64
INK, GREY, OURS = "#1a1a1a", "#a8a8a8", "#1d5fa8"
GROUPS = {
    "JPEG of 1280 × 720 to the embedding": {
        "vivat": "Vivat",
        "opencv": "OpenCV {opencv}",
        "face_recognition": "face_recognition (dlib {dlib})",
    },
    "… with 468 landmarks": {
        "vivat with landmarks": "Vivat",
        "onnxruntime with landmarks, nets alone": "onnxruntime, nets alone",
        "onnxruntime with landmarks": "onnxruntime, in Python",
    },
}


def main(source, target):
    with open(source) as file:
        report = json.load(file)
    times = report["median"]["cpu_ms"]
    longest = max(1000 / milliseconds for milliseconds in times.values())
    parts, y = [], TOP
    for title, rows in GROUPS.items():
        parts.append(f'<text x="20" y="{y}" font-weight="bold">{title}</text>')
        y += 14
        for key, label in rows.items():
            if key not in times:
                continue
            each = 1000 / times[key]
            length = each / longest * (WIDTH - LEFT - RIGHT)
            colour, middle = OURS if key.startswith("vivat") else GREY, y + BAR / 2 + 5
            parts += [
                f'<text x="{LEFT - 10}" y="{middle}" text-anchor="end">{label.format(**report["versions"])}</text>',
                f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{colour}"/>',
                f'<text x="{LEFT + length + 8:.1f}" y="{middle}">{each:.3g} a second · {times[key]:.3g} ms</text>',
            ]
            y += BAR + GAP
        y += 26
    font = f'font-family="sans-serif" font-size="15" fill="{INK}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y - 20}" {font}>',
        f'<rect width="{WIDTH}" height="{y - 20}" fill="#fff"/>',
        '<text x="20" y="30" font-size="18" font-weight="bold">Photos a second, on one core</text>',
    ]
    with open(target, "w") as file:
        file.write("\n".join([*head, *parts, "</svg>"]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
