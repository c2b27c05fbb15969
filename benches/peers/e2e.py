"""From the bytes of a picture to an embedding: Vivat, OpenCV, onnxruntime and dlib's face_recognition side by side.

    python benches/peers/e2e.py target/release/vivat [PHOTO.jpg ...] [--rounds 9] > e2e.json

Without photos, portraits of fixtures/photos are set into frames of 1280 x 720 with the noise of a camera. Needs numpy, onnx,
onnxruntime, opencv-python-headless 5; face_recognition (with dlib) where it is installed. One thread each, rounds
interleaved in changing order, CPU time of the process or thread; trust the ratios.

What is equal: the pictures, and for the first three the weights of pack open. What is not:
- OpenCV believes its detector's largest face and its five points; where landmarks are said, all fit a mesh of 468 once.
- "nets alone" is what onnxruntime itself takes, and decoding: a chain whose every other step were free.
- The peers are called from Python, and their pictures are shrunk and turned by OpenCV's functions.
- face_recognition has models of its own (HOG detector, 5 points, ResNet of 128 values) and decodes with Pillow.
- Vivat also counts each similarity from what strangers reach, and with landmarks looks for a second person.
"""

import argparse
import functools
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
import cv2
import numpy as np
import onnxruntime

try:
    import dlib
    import face_recognition
except ImportError as missing:
    face_recognition = None
    print(f"WITHOUT face_recognition: {missing}", file=sys.stderr)

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
PORTRAITS = ("biden.jpg", "obama.jpg", "obama2.jpg", "obama3.jpg")
#: Standard deviation of a camera's noise, of 255.
NOISE = 3


def decoded(picture: np.ndarray) -> np.ndarray:
    """BGR, as OpenCV has it."""
    return cv2.imdecode(picture, cv2.IMREAD_COLOR)


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
        return self.net.forward().reshape(-1)


class OnnxRuntime:
    """The reference pipeline of the golden vectors: detector, mesh, embedder."""

    def __init__(self, pipeline: Pipeline):
        self.pipeline = pipeline

    def embed(self, picture: np.ndarray) -> np.ndarray:
        image = decoded(picture)[..., ::-1]
        face = max(detect(self.pipeline.detector, image, DETECTION_THRESHOLD), key=lambda face: face.box[2])
        return self.pipeline._embedding(image, fit(self.pipeline.landmarks, image, face).five_points())


class NetsAlone:
    """What onnxruntime takes for the same nets, without anything between them."""

    def __init__(self, detector, *rest):
        self.detector, self.rest = detector, rest

    @staticmethod
    @functools.cache
    def _fed(model):
        session = model._session
        (name,) = (fed.name for fed in session.get_inputs())
        planes = np.random.default_rng(1).random((1, 3, model.height, model.width), np.float32)
        return lambda: session.run(None, {name: planes})

    def embed(self, picture: np.ndarray) -> None:
        image = decoded(picture)
        for model in [self.detector.suiting(image), *self.rest]:
            self._fed(model)()


class Dlib:
    """face_recognition as its documentation uses it."""

    def embed(self, picture: np.ndarray) -> np.ndarray:
        image = face_recognition.load_image_file(io.BytesIO(picture.tobytes()))
        largest = max(face_recognition.face_locations(image), key=lambda place: place[2] - place[0])
        return face_recognition.face_encodings(image, [largest], model="small")[0]


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


def frames(folder: Path) -> list[Path]:
    """Portraits as a kiosk's camera would give them: before a grey wall, with noise, as JPEG of quality 90."""
    made = []
    for number, name in enumerate(PORTRAITS):
        portrait = cv2.imread(str(ROOT / "fixtures/photos" / name))
        height, width = portrait.shape[:2]
        # The upper part, as wide as high at most.
        portrait = portrait[: min(height, width)]
        scale = 720 / portrait.shape[0]
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        portrait = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=how)
        frame = np.full((720, 1280, 3), 112, np.float64)
        left = (1280 - portrait.shape[1]) // 2
        frame[:, left : left + portrait.shape[1]] = portrait
        frame += np.random.default_rng(number).normal(0, NOISE, frame.shape)
        made.append(folder / f"{Path(name).stem}-720p.jpg")
        cv2.imwrite(str(made[-1]), frame.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 90])
    return made


def measure(program: Path, photo: Path, chains: dict, rounds: int) -> dict[str, float]:
    """Median milliseconds of each chain on one picture."""
    picture = np.fromfile(photo, np.uint8)
    times: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        for name, chain in list(chains.items())[:: 1 if number % 2 else -1]:
            # The first round warms up.
            measured = of_python(chain, picture)
            times.setdefault(name, []).extend(measured if number else [])
        for name, total in of_vivat(program, photo).items():
            times.setdefault(name, []).extend([total] if number else [])
    return {name: round(statistics.median(values), 3) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vivat", type=Path)
    parser.add_argument("photos", type=Path, nargs="*")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    models = ROOT / "models"
    entries = tomllib.loads((models / "manifest.toml").read_text())["model"]
    pipeline = Pipeline([entry for entry in entries if entry["pack"] == "open"], models)
    chains = {
        "opencv": OpenCV(pipeline, models),
        "onnxruntime with landmarks": OnnxRuntime(pipeline),
        "onnxruntime, nets alone": NetsAlone(pipeline.detector, pipeline.embedder),
        "onnxruntime with landmarks, nets alone": NetsAlone(pipeline.detector, pipeline.landmarks, pipeline.embedder),
    }
    versions = {"opencv": cv2.__version__, "onnxruntime": onnxruntime.__version__}
    if face_recognition:
        chains["face_recognition"] = Dlib()
        versions["dlib"] = dlib.__version__
    pairs = [("vivat", name) for name in ("opencv", "onnxruntime, nets alone", "face_recognition") if name in chains]
    pairs += [("vivat with landmarks", name) for name in chains if name.startswith("onnxruntime with landmarks")]
    with tempfile.TemporaryDirectory() as folder:
        photos = arguments.photos or frames(Path(folder))
        rows = []
        for photo in photos:
            cpu_ms = measure(arguments.vivat, photo, chains, arguments.rounds)
            ratio = {f"{ours} / {peer}": round(cpu_ms[ours] / cpu_ms[peer], 3) for ours, peer in pairs}
            rows.append({"photo": photo.name, "bytes": photo.stat().st_size, "cpu_ms": cpu_ms, "ratio": ratio})
            print(json.dumps(rows[-1]), file=sys.stderr)
    median = {
        key: {name: round(statistics.median(row[key][name] for row in rows), 3) for name in rows[0][key]}
        for key in ("cpu_ms", "ratio")
    }
    print(json.dumps({"versions": versions, "rounds": arguments.rounds, "photos": rows, "median": median}, indent=2))


if __name__ == "__main__":
    main()
