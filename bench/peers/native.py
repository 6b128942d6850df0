"""constriction's wheel as a peer of bench/coders.ts: a process that stays, with one case's arrays at a time.

A request is a line of JSON on stdin, an answer a line on stdout; arrays go through raw files. Only the coders' own
calls on whole arrays are timed, with the clock of this process.
"""

import json
import platform
import sys
from time import perf_counter_ns

import constriction
import numpy as np

MODELS = constriction.stream.model
ANS = constriction.stream.stack.AnsCoder
RANGE = constriction.stream.queue.RangeEncoder
CHAIN = constriction.stream.chain.ChainCoder


class Case:
    def __init__(self, request):
        self.symbols = np.fromfile(request["symbols"], dtype=np.int32)
        self.data = np.fromfile(request["data"], dtype=np.uint32)
        self.parameters = [np.fromfile(path, dtype=np.float64) for path in request["parameters"]]
        if "weights" in request:
            self.model = MODELS.Categorical(np.array(request["weights"], dtype=np.float64), perfect=False)
        else:
            self.model = getattr(MODELS, request["family"])(*request["args"])
        # One model for all symbols is decoded by their number, a family by its arrays.
        self.rest = self.parameters or [len(self.symbols)]
        self.singles = request["singles"]
        few = range(self.singles)
        if self.parameters:
            make = getattr(MODELS, request["family"])
            self.models = [make(*request["args"], *(column[i].item() for column in self.parameters)) for i in few]
        else:
            self.models = [self.model for _ in few]
        self.made = {}

    def encode(self, coder):
        """Encodes all symbols; a chain coder goes on from what it decoded."""
        if coder == "range":
            made = self.made[coder] = RANGE()
            call = made.encode
        else:
            made = self.made[coder] if coder == "chain" else ANS()
            self.made[coder] = made
            call = made.encode_reverse
        start = perf_counter_ns()
        call(self.symbols, self.model, *self.parameters)
        return perf_counter_ns() - start

    def decode(self, coder):
        if coder == "chain":
            made = self.made[coder] = CHAIN(self.data, seal=True)
        else:
            made = self.made[coder].get_decoder() if coder == "range" else self.made[coder]
        start = perf_counter_ns()
        symbols = made.decode(self.model, *self.rest)
        taken = perf_counter_ns() - start
        if not np.array_equal(symbols, self.symbols):
            raise ValueError(f"constriction's {coder} coder decoded other symbols")
        return taken

    def encode_single(self, coder):
        """A Python loop over the first symbols, which costs more than what it calls."""
        pairs = list(zip(self.symbols[: self.singles].tolist(), self.models))
        key = f"{coder} single"
        if coder == "range":
            made = self.made[key] = RANGE()
            call = made.encode
        else:
            made = self.made[key] if coder == "chain" else ANS()
            self.made[key] = made
            call = made.encode_reverse
            pairs.reverse()
        start = perf_counter_ns()
        for symbol, model in pairs:
            call(symbol, model)
        return perf_counter_ns() - start

    def decode_single(self, coder):
        key = f"{coder} single"
        if coder == "chain":
            made = self.made[key] = CHAIN(self.data, seal=True)
        else:
            made = self.made[key].get_decoder() if coder == "range" else self.made[key]
        decode = made.decode
        start = perf_counter_ns()
        for model in self.models:
            decode(model)
        return perf_counter_ns() - start

    def words(self, coder):
        """What was written, or a chain coder's remainders."""
        if coder == "chain":
            return np.concatenate(self.made[coder].get_remainders())
        return self.made[coder].get_compressed()


def main():
    case = None
    version = getattr(constriction, "__version__", None)
    if version is None:
        from importlib.metadata import version as version_of

        version = version_of("constriction")
    print(json.dumps({"constriction": version, "numpy": np.__version__, "python": platform.python_version()}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {}
            if request["do"] == "load":
                case = Case(request)
            elif request["do"] == "words":
                case.words(request["coder"]).astype(np.uint32).tofile(request["to"])
            elif request["do"] == "drop":
                case = None
            else:
                answer["ns"] = getattr(case, request["do"])(request["coder"])
        except BaseException as error:  # a panic of the wheel is no Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
