"""How small may what YuNet looks at be? Faces found in photos as they are, and as kiosks and telephones see people.

    python benches/recall.py FOLDER... [--photos 400]

Needs numpy, onnx, onnxruntime and opencv-python. FOLDER is searched for pictures. What is to be found in one is the widest face
that YuNet sees at its published size; a picture without one is told and not counted. A frame of a kiosk has 1280 x 720
pixels and a face of 12 to 20 % of its height, one of a telephone 720 x 1280 and 40 to 60 %; the rest of it is grey, in
every other one with strong noise. A face is found when a box covers it (intersection over union 0.4). `first` is the look at
the whole frame, `all` the three of `src/vision/detect.rs` one after the other. Prints found `first` and `all` at each size.
"""

import argparse
import pathlib
import sys
import tomllib

import cv2
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "fixtures/golden"))

from reference import detectors  # noqa: E402
from reference.geometry import overlap  # noqa: E402

LONGER_SIDES = [320, 256, 192, 160, 128]
KINDS = {"as it is": None, "kiosk": (1280, 720, 0.12, 0.20), "telephone": (720, 1280, 0.40, 0.60)}
SAME = 0.4


class Looker:
    """YuNet with so many pixels on the longer side; the shorter as the picture is, in steps of the grid."""

    def __init__(self, entry, longer):
        self.entry, self.longer, self.models = entry, longer, {}

    def boxes(self, image, filled=1.0):
        height, width = image.shape[:2]
        scale = self.longer / max(width, height)
        size = tuple(-(-round(side * scale) // 32) * 32 for side in (width, height))
        if size not in self.models:
            self.models[size] = detectors.Model(self.entry, ROOT / "models", size)
        shown = np.zeros((size[1], size[0], 3), np.uint8)
        inner = cv2.resize(image, None, fx=scale * filled, fy=scale * filled, interpolation=cv2.INTER_AREA)
        left, top = (size[0] - inner.shape[1]) // 2, (size[1] - inner.shape[0]) // 2
        shown[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
        boxes, scores, _ = detectors._read_yunet(self.models[size], self.models[size].run(shown))
        return (boxes[scores >= 0.6] - [left, top, 0, 0]) / (scale * filled)

    def looks(self, image):
        """The boxes of one look after the other."""
        yield self.boxes(image)
        yield self.boxes(image, 0.5)
        height, width = image.shape[:2]
        if max(width, height) > self.longer:
            wide, high = -(-width * 3 // 5), -(-height * 3 // 5)
            for x, y in ((0, 0), (width - wide, 0), (0, height - high), (width - wide, height - high)):
                yield self.boxes(image[y : y + high, x : x + wide]) + [x, y, 0, 0]


def composed(image, face, kind, random, noisy):
    """The picture in a frame of that kind, its face at a random place, and where that is."""
    width, height, least, most = kind
    scale = random.uniform(least, most) * height / face[3]
    smoothing = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    image, face = cv2.resize(image, None, fx=scale, fy=scale, interpolation=smoothing), face * scale
    frame = np.full((height, width, 3), 127.0) + noisy * random.normal(0, 30, (height, width, 3))
    frame = frame.clip(0, 255).astype(np.uint8)
    free = np.array([width, height]) - face[2:]
    shift = np.round(free * random.uniform(0.1, 0.9, 2) - face[:2]).astype(int)
    low, high = np.maximum(shift, 0), np.minimum(shift + image.shape[1::-1], [width, height])
    part = image[low[1] - shift[1] : high[1] - shift[1], low[0] - shift[0] : high[0] - shift[0]]
    frame[low[1] : high[1], low[0] : high[0]] = part
    return frame, np.concatenate([face[:2] + shift, face[2:]])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", type=pathlib.Path, metavar="FOLDER")
    arguments.add_argument("--photos", type=int, default=400, help="at most so many of a folder, evenly drawn")
    options = arguments.parse_args()
    entries = tomllib.loads((ROOT / "models/manifest.toml").read_text())["model"]
    (entry,) = (entry for entry in entries if entry["head"] == "yunet")
    published, lookers = Looker(entry, entry["input"]["width"]), [Looker(entry, side) for side in LONGER_SIDES]
    for folder in options.folders:
        files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in (".jpg", ".jpeg", ".png", ".bmp"))
        files = files[:: -(-len(files) // options.photos)]
        for name, kind in KINDS.items():
            random, total, found = np.random.default_rng(1), 0, np.zeros((len(lookers), 2), int)
            for index, file in enumerate(files):
                image = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
                faces = published.boxes(image)
                if not len(faces):
                    continue
                face = max(faces, key=lambda box: box[2])
                if kind:
                    image, face = composed(image, face, kind, random, index % 2)
                total += 1
                for looker, counts in zip(lookers, found, strict=True):
                    seen = [len(boxes) > 0 and overlap(face, boxes).max() >= SAME for boxes in looker.looks(image)]
                    counts += [seen[0], any(seen)]
            sizes = ", ".join(f"{side}: {first} {whole}" for side, (first, whole) in zip(LONGER_SIDES, found, strict=True))
            print(f"{folder.name}, {name}: {total} of {len(files)} pictures; {sizes}", flush=True)


if __name__ == "__main__":
    main()
