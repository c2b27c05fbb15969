"""From the bytes of a picture to an embedding: Vivat, OpenCV and onnxruntime side by side, with the weights of pack open.

    python benches/peers/e2e.py target/release/vivat PHOTO.jpg [--rounds 9] > e2e.json

Needs numpy, onnx, onnxruntime and opencv-python-headless 5. One thread each, rounds interleaved in changing order, CPU time of the
process or thread; trust the ratios. What is not equal: OpenCV looks at the largest face without confirming it, and aligns by
the detector's five points; its picture is shrunk to 320 pixels by cv2.resize, ours and onnxruntime's by averaging areas.
Vivat's embedding includes counting the similarity from strangers' moments, and its landmarks look for a second person.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import tomllib
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
import cv2
import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "fixtures/golden"))
from reference.detectors import detect
from reference.geometry import similarity, warp
from reference.mesh import fit
from reference.pipeline import DETECTION_THRESHOLD, Pipeline

#: The longer side of what YuNet looks at, in all three.
YUNET_SIDE = 320
#: Runs of each chain in one round; what is reported is the median over all rounds.
RUNS = 5


def decoded(picture: np.ndarray) -> np.ndarray:
    """BGR, as OpenCV has it."""
    return cv2.imdecode(picture, cv2.IMREAD_COLOR)


def largest(faces: list):
    return max(faces, key=lambda face: face.box[2])


class OpenCV:
    """FaceDetectorYN, a warp by its five points, and the embedder in OpenCV's own engine."""

    def __init__(self, pipeline: Pipeline, models: Path):
        file = models / "open" / pipeline.detector.entry["file"]
        self.detector = cv2.FaceDetectorYN.create(str(file), "", (YUNET_SIDE, YUNET_SIDE), DETECTION_THRESHOLD, 0.3, 5000)
        embedder = pipeline.embedder
        self.net = cv2.dnn.readNetFromONNX(str(models / "open" / embedder.entry["file"]))
        self.template, self.size = np.array(embedder.entry["template"]), (embedder.width, embedder.height)

    def embed(self, picture: np.ndarray) -> np.ndarray:
        image = decoded(picture)
        scale = YUNET_SIDE / max(image.shape[:2])
        small = cv2.resize(image, None, fx=scale, fy=scale)
        # Sides of multiples of 32.
        below, right = (-side % 32 for side in small.shape[:2])
        small = cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_CONSTANT)
        self.detector.setInputSize((small.shape[1], small.shape[0]))
        face = max(self.detector.detect(small)[1], key=lambda found: found[2])
        points = face[4:14].reshape(5, 2).astype(np.float64) / scale
        crop = warp(image, similarity(points, self.template), *self.size)
        self.net.setInput(cv2.dnn.blobFromImage(crop))
        return self.net.forward()


class OnnxRuntime:
    """The reference pipeline of the golden vectors, with the landmarks or with the detector alone."""

    def __init__(self, pipeline: Pipeline):
        self.pipeline = pipeline

    def embed(self, picture: np.ndarray) -> np.ndarray:
        image = decoded(picture)[..., ::-1]
        face = largest(detect(self.pipeline.detector, image, DETECTION_THRESHOLD))
        return self.pipeline._embedding(image, fit(self.pipeline.landmarks, image, face).five_points())


def of_python(chain, picture: np.ndarray) -> list[float]:
    times = []
    for _ in range(RUNS):
        start = time.process_time_ns()
        chain.embed(picture)
        times.append((time.process_time_ns() - start) / 1e6)
    return times


def of_vivat(program: Path, photo: Path) -> dict[str, float]:
    command = [program, "bench", photo, "--pack", "open", "--models", ROOT / "models", "--repeat", str(RUNS), "--json"]
    stage = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["cpu_ms"]["stage"]
    plain = sum(stage[name] for name in ("decode", "resize", "detect", "align", "embed"))
    return {"vivat": plain, "vivat with landmarks": plain + stage["landmarks"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vivat", type=Path)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    models = ROOT / "models"
    entries = tomllib.loads((models / "manifest.toml").read_text())["model"]
    pipeline = Pipeline([entry for entry in entries if entry["pack"] == "open"], models)
    chains = {"opencv": OpenCV(pipeline, models), "onnxruntime with landmarks": OnnxRuntime(pipeline)}
    picture = np.fromfile(arguments.photo, np.uint8)
    times: dict[str, list[float]] = {}
    for number in range(arguments.rounds + 1):
        for name, chain in list(chains.items())[:: 1 if number % 2 else -1]:
            # The first round warms up.
            measured = of_python(chain, picture)
            times.setdefault(name, []).extend(measured if number else [])
        for name, total in of_vivat(arguments.vivat, arguments.photo).items():
            times.setdefault(name, []).extend([total] if number else [])
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratios = {
        "vivat / opencv": medians["vivat"] / medians["opencv"],
        "vivat / onnxruntime, both with landmarks": medians["vivat with landmarks"] / medians["onnxruntime with landmarks"],
    }
    report = {"opencv": cv2.__version__, "photo": arguments.photo.name, "rounds": arguments.rounds}
    print(json.dumps(report | {"cpu_ms": medians, "ratio": ratios}, indent=2))


if __name__ == "__main__":
    main()
