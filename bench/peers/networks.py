"""PyTorch as a peer of bench/networks.ts: a process that stays and makes training steps when it is asked.

A request is a line of JSON on stdin, an answer a line on stdout; arrays go through raw files of 32-bit floats. One
thread, eager mode, PyTorch's own Adam with its defaults but for the learning rate. A step is: gradients set to none,
forward, loss, backward, update; the loss is read once after the last step of a request.
"""

import json
import platform
import sys
from time import perf_counter_ns

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


def arrays(request):
    """Parameters and inputs, in the order in which the other side wrote them."""
    flat = np.fromfile(request["data"], dtype=np.float32)
    found, at = {}, 0
    for name, shape in request["arrays"]:
        size = int(np.prod(shape))
        found[name] = torch.from_numpy(flat[at : at + size].reshape(shape).copy())
        at += size
    return found


class Vae:
    """784-200-200-(40+40)-200-200-784, Bernoulli pixels: minus the evidence bound, in nats an image."""

    def __init__(self, request):
        found = arrays(request)
        self.x, self.noise = found.pop("x"), found.pop("noise")
        self.p = {name: value.requires_grad_() for name, value in found.items()}
        self.optimiser = torch.optim.Adam(self.p.values(), lr=request["rate"])

    def linear(self, name, x):
        return F.linear(x, self.p[f"{name}.weight"], self.p[f"{name}.bias"])

    def loss(self):
        h = F.relu(self.linear("encoder.1", F.relu(self.linear("encoder.0", self.x))))
        mean, log_variance = self.linear("posterior", h).chunk(2, 1)
        z = mean + torch.exp(log_variance / 2) * self.noise
        h = F.relu(self.linear("decoder.1", F.relu(self.linear("decoder.0", z))))
        pixels = F.binary_cross_entropy_with_logits(self.linear("pixels", h), self.x, reduction="sum")
        divergence = (torch.exp(log_variance) + mean * mean - 1 - log_variance).sum() / 2
        return (pixels + divergence) / len(self.x)

    def step(self):
        self.optimiser.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        self.optimiser.step()
        return loss


class Convolutions(Vae):
    """1-32-32-1 channels of 3 x 3, ReLU between, mean squared error."""

    def __init__(self, request):
        found = arrays(request)
        # What the other side writes is NHWC and [out, height, width, in].
        self.x = found.pop("x").permute(0, 3, 1, 2).contiguous()
        if request["last"]:
            self.x = self.x.to(memory_format=torch.channels_last)
        self.p = {}
        for name, value in found.items():
            if value.dim() == 4:
                value = value.permute(0, 3, 1, 2).contiguous()
                if request["last"]:
                    value = value.to(memory_format=torch.channels_last)
            self.p[name] = value.requires_grad_()
        self.optimiser = torch.optim.Adam(self.p.values(), lr=request["rate"])

    def loss(self):
        h = self.x
        for layer in range(3):
            h = F.conv2d(h, self.p[f"{layer}.weight"], self.p[f"{layer}.bias"], padding=1)
            h = F.relu(h) if layer < 2 else h
        return F.mse_loss(h, self.x)


class Product:
    """A product of two matrices."""

    def __init__(self, request):
        found = arrays(request)
        self.a, self.b = found["a"], found["b"]

    def step(self):
        with torch.no_grad():
            return (self.a @ self.b)[-1, -1]


KINDS = {"vae": Vae, "convolutions": Convolutions, "product": Product}


def main():
    versions = {"torch": torch.__version__, "python": platform.python_version()}
    print(json.dumps(versions), flush=True)
    case = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "load":
                case = KINDS[request["kind"]](request)
                answer = {}
            else:
                times, value = [], None
                for _ in range(request["steps"]):
                    start = perf_counter_ns()
                    value = case.step()
                    times.append(perf_counter_ns() - start)
                answer = {"ns": times, "value": value.item()}
        except Exception as error:  # noqa: BLE001
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
