"""Every installed model in our own engine, in onnxruntime and in OpenCV: CPU time on one thread, taking turns.

    python benches/peers/engine.py [--rounds N] [--models DIR] [--json FILE]

Needs numpy, onnx, onnxruntime and opencv-python. The same weights and input sizes everywhere. In each round each engine
runs each model a few times, one after the other, so that a busy moment of the machine hits all; medians are told. What is
not equal: onnxruntime and OpenCV are called from Python, which costs them some microseconds a run.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import time
import tomllib

import cv2
import numpy
import onnx
import onnxruntime

TIMES = 5
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Ours:
    def __init__(self):
        command = ["cargo", "bench", "--quiet", "--bench", "engine"]
        self.process = subprocess.Popen(command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.millions = {}

    def times(self, file, width, height, instructions):
        self.process.stdin.write(f"{file} {width} {height} {instructions} {TIMES}\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.millions[(file, width, height)] = answer["millions"]
        return answer["cpu_ms"]


def timed(run):
    spent = []
    for _ in range(TIMES):
        began = time.process_time_ns()
        run()
        spent.append((time.process_time_ns() - began) / 1e6)
    return spent


def at_size(file, width, height):
    """The model as bytes, its recorded shapes replaced by those that follow from the input."""
    model = onnx.load(file)
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, value in zip(dims, (1, 3, height, width)):
        dim.dim_value = value
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    return onnx.shape_inference.infer_shapes(model).SerializeToString()


def onnxruntime_run(model, planes):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: planes})


def opencv_run(model, planes):
    net = cv2.dnn.readNetFromONNX(numpy.frombuffer(model, numpy.uint8))
    outputs = net.getUnconnectedOutLayersNames()

    def run():
        net.setInput(planes)
        net.forward(outputs)

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--models", type=pathlib.Path, default=ROOT / "models")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    sets = [name for name in ("avx512", "avx2") if name.replace("avx512", "avx512f") in pathlib.Path("/proc/cpuinfo").read_text()]
    sets = sets or ["portable"]
    manifest = tomllib.loads((arguments.models / "manifest.toml").read_text())
    cases = []
    for model in manifest["model"]:
        file = (arguments.models / model["pack"] / model["file"]).resolve()
        width, height = model["input"]["width"], model["input"]["height"]
        for width, height in [(320, 320)] * (model["head"] == "yunet") + [(width, height)]:
            if file.exists():
                cases.append((model["name"], file, width, height))
    ours = Ours()
    peers = {}
    for name, file, width, height in cases:
        planes = numpy.random.default_rng(1).random((1, 3, height, width), numpy.float32)
        model = at_size(file, width, height)
        peers[(name, width)] = {"onnxruntime": onnxruntime_run(model, planes)}
        try:
            run = opencv_run(model, planes)
            run()
            peers[(name, width)]["opencv"] = run
        except cv2.error as error:
            print(f"OpenCV does not run {name}: {str(error).splitlines()[0]}")
    spent = {}
    for _ in range(arguments.rounds):
        for name, file, width, height in cases:
            record = spent.setdefault((name, width, height, file), {})
            for instructions in sets:
                record.setdefault(instructions, []).extend(ours.times(file, width, height, instructions))
            for peer, run in peers[(name, width)].items():
                record.setdefault(peer, []).extend(timed(run))
    report = []
    for (name, width, height, file), record in spent.items():
        medians = {engine: round(statistics.median(times), 4) for engine, times in record.items()}
        report.append({
            "model": name,
            "width": width,
            "height": height,
            "million_multiplications": ours.millions[(file, width, height)],
            "cpu_ms": medians,
            "ratio": {
                f"{set_}/{peer}": round(medians[set_] / medians[peer], 3)
                for set_ in sets
                for peer in ("onnxruntime", "opencv")
                if peer in medians
            },
        })
    whole = {
        "onnxruntime": onnxruntime.__version__,
        "opencv": cv2.__version__,
        "rounds": arguments.rounds,
        "runs_a_round": TIMES,
        "models": report,
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(whole, indent=1))
    for row in report:
        print(row["model"], f"{row['width']}x{row['height']}", row["cpu_ms"], row["ratio"])


if __name__ == "__main__":
    main()
