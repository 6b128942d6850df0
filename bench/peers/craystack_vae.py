"""craystack's BB-ANS on a binary autoencoder, as a peer of bench/images.ts: a process that stays.

    python craystack_vae.py CRAYSTACK

The argument is a folder with a clone of github.com/j-towns/craystack. A request is a line of JSON on stdin, an answer a
line on stdout; arrays go through raw files. Precisions are those of its own example (8 bits of latents, 16 of pixels, 14
of posteriors), and so is the number of images that are coded side by side unless the request says otherwise. Networks are
NumPy's products in 32-bit floats, on one thread, and are in the time.
"""

import json
import platform
import sys
import warnings
from time import perf_counter_ns

import numpy as np

sys.path.insert(0, sys.argv[1])
import craystack as cs  # noqa: E402
from autograd.builtins import tuple as ag_tuple  # noqa: E402
from craystack import bb_ans, rans  # noqa: E402

# It makes up random bits where its stack is empty, and says so each time. Its heads hold 31 bits each to begin with.
warnings.filterwarnings("ignore", message="Popping from empty message")

PRIOR, PIXELS, POSTERIOR = 8, 16, 14


class Case:
    def __init__(self, request):
        flat = np.fromfile(request["data"], dtype=np.float32)
        self.p, at = {}, 0
        for name, shape in request["arrays"]:
            size = int(np.prod(shape))
            self.p[name] = flat[at : at + size].reshape(shape)
            at += size
        images = np.fromfile(request["images"], dtype=np.uint8).reshape(-1, request["pixels"])
        lanes = request["lanes"]
        self.latents = self.p["mean.bias"].shape[0]
        self.shapes = (lanes, self.latents), (lanes, request["pixels"])
        self.sizes = [int(np.prod(shape)) for shape in self.shapes]
        self.images = np.split(np.uint64(images), len(images) // lanes)

        def view(head):
            split = self.sizes[0]
            return ag_tuple((np.reshape(head[:split], self.shapes[0]), np.reshape(head[split:], self.shapes[1])))

        vae = bb_ans.VAE(self.generate, self.recognise, lambda p: cs.Bernoulli(p, PIXELS), PRIOR, POSTERIOR)
        self.codec = cs.repeat(cs.substack(vae, view), len(self.images))

    def dense(self, name, x):
        return x @ self.p[f"{name}.weight"] + self.p[f"{name}.bias"]

    def recognise(self, x):
        h = np.maximum(self.dense("encoder.0", np.float32(x)), 0)
        return self.dense("mean", h), np.exp(self.dense("scale", h))

    def generate(self, z):
        h = np.maximum(self.dense("decoder.0", np.float32(z)), 0)
        return 1 / (1 + np.exp(-self.dense("pixels", h)))

    def run(self):
        heads = sum(self.sizes)
        start = rans.base_message(heads, randomize=True)
        clock = perf_counter_ns()
        (message,) = self.codec.push(start, self.images)
        flat = rans.flatten(message)
        encode = perf_counter_ns() - clock
        clock = perf_counter_ns()
        rest, images = self.codec.pop(rans.unflatten(flat, heads))
        decode = perf_counter_ns() - clock
        restored = all(np.array_equal(a, b) for a, b in zip(images, self.images))
        return {
            "encode": encode,
            "decode": decode,
            "streamBits": 32 * len(flat),
            # Heads come back as they were; what was made up stays in the tail.
            "startBits": 64 * heads,
            "restored": bool(restored),
        }


def main():
    print(json.dumps({"numpy": np.__version__, "python": platform.python_version()}), flush=True)
    case = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "load":
                case = Case(request)
                answer = {}
            else:
                answer = case.run()
        except Exception as error:  # noqa: BLE001
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
