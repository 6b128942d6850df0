"""craystack as a peer of bench/latent.ts: a process that stays, with one case's arrays at a time.

    python craystack.py CRAYSTACK [SSM_CODE]

The arguments are folders with clones of github.com/j-towns/craystack and github.com/j-towns/ssm-code. A request is a
line of JSON on stdin, an answer a line on stdout; arrays go through raw files. Only coding is timed, with the clock of
this process: lists come in and lists go out, as on the other side.
"""

import json
import math
import platform
import sys
import warnings
from time import perf_counter_ns

import numpy as np

sys.path[:0] = sys.argv[1:]
import craystack as cs  # noqa: E402
from craystack import rans  # noqa: E402
from craystack.codecs import multiset as trees  # noqa: E402

# It makes up random bits where its stack is empty, and says so each time. The stacks here start with what is needed.
warnings.filterwarnings("ignore", message="Popping from empty message")
warnings.filterwarnings("ignore", message="Output seems independent of input")


def message(words):
    """A stack of one head with these words below it."""
    head = np.full(1, rans.rans_l, "uint64") + np.uint64(words[-1] & 0x7FFFFFFF)
    return head, (np.array(words[:-1], dtype=np.uint32), ())


def bits_of(stack):
    """Bits with the fraction that whole words cut off."""
    head, tail = stack
    words = 0
    while tail:
        array, tail = tail
        words += len(array)
    return 32 * words + math.log2(int(head[0]))


def words_of(stack):
    head, tail = stack
    words = 2
    while tail:
        array, tail = tail
        words += len(array)
    return words


class Multiset:
    def __init__(self, request):
        self.symbols = np.fromfile(request["symbols"], dtype=np.int32).tolist()
        table = np.fromfile(request["table"], dtype=np.uint32).astype(np.uint64)

        def interval(symbol):
            return table[symbol], table[symbol + 1] - table[symbol]

        def symbol_at(quantile):
            return int(np.searchsorted(table, quantile[0], "right") - 1)

        self.codec = cs.Multiset(cs.NonUniform(interval, symbol_at, 24))

    def encode(self, stack):
        (stack,) = self.codec.push(stack, trees.build_multiset(self.symbols))
        return stack

    def decode(self, stack):
        stack, tree = self.codec.pop(stack, len(self.symbols))
        return stack, trees.to_sequence(tree)

    def expected(self):
        return sorted(self.symbols)


class Hmm:
    def __init__(self, request):
        import hmm_codec

        # Its code was written for a craystack whose push returned the bare stack.
        def non_uniform(*args):
            codec = cs.NonUniform(*args)
            return cs.Codec(lambda stack, symbol: codec.push(stack, symbol)[0], codec.pop)

        hmm_codec.cs = type("Craystack", (), {"Codec": cs.Codec, "NonUniform": staticmethod(non_uniform)})
        self.symbols = np.fromfile(request["symbols"], dtype=np.int32)
        states = request["states"]
        shapes = {"initial": (states,), "transition": (states, states), "emission": (states, -1)}
        masses = [np.fromfile(request[name], dtype=np.float64).reshape(shape) for name, shape in shapes.items()]
        sizes = hmm_codec.HyperParams(latent_K=states, obs_K=masses[2].shape[1], T=len(self.symbols))
        tables = [hmm_codec.quantized_cdf(sizes, each / each.sum(-1, keepdims=True)) for each in masses]
        self.codec = hmm_codec.HMM(sizes, tables)

    def encode(self, stack):
        return self.codec.push(stack, self.symbols)

    def decode(self, stack):
        return self.codec.pop(stack)

    def expected(self):
        return self.symbols.tolist()


def run(case, words):
    start = message(words)
    before = bits_of(start)
    clock = perf_counter_ns()
    stack = case.encode(start)
    encode = perf_counter_ns() - clock
    clock = perf_counter_ns()
    rest, decoded = case.decode(stack)
    decode = perf_counter_ns() - clock
    restored = [int(symbol) for symbol in decoded] == case.expected()
    whole = restored and bool(rans.message_equal(rest, start))
    return {
        "encode": encode,
        "decode": decode,
        "netBits": bits_of(stack) - before,
        "streamBits": 32 * words_of(stack),
        "restored": whole,
    }


def main():
    import scipy

    versions = {"numpy": np.__version__, "scipy": scipy.__version__, "python": platform.python_version()}
    print(json.dumps(versions), flush=True)
    sys.setrecursionlimit(100_000)
    case = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "load":
                case = {"multiset": Multiset, "hmm": Hmm}[request["kind"]](request)
                answer = {}
            else:
                answer = run(case, request["words"])
        except Exception as error:  # noqa: BLE001
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
