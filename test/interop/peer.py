"""The other side of the interop test: constriction's own wheel, one batch of cases a run.

    python peer.py decode|encode CASES.json ANSWERS.json

`decode` gets cases with the words that TypeScript wrote, `encode` cases without. Answers lie in the cases' order, each
an object with what constriction decoded or wrote, or with its error. run.ts compares; this only computes.
"""

import json
import sys

import constriction
import numpy as np

MODELS = constriction.stream.model
HUFFMAN = constriction.symbol.huffman
FLOATS = {"f32": np.float32, "f64": np.float64}


def u32(words):
    return np.array(words, dtype=np.uint32)


def cdf(x, middle, width):
    """Of a CustomModel: nothing but operations that both sides round alike; cases.ts has the same."""
    t = (x - middle) / width
    return 0.5 + 0.5 * (t / (1.0 + abs(t)))


def inverse(p, middle, width):
    """About where the cdf is p. It decides how long decoding takes, not what comes out."""
    u = min(max(2.0 * p - 1.0, -1.0 + 1e-12), 1.0 - 1e-12)
    return middle + width * (u / (1.0 - abs(u)))


def make(case, *parameters):
    """A model, or without parameters a family."""
    name, args = case["model"], case["args"]
    if name == "Categorical":
        mode = {"lazy": True} if args[0] == "lazy" else {"perfect": args[0] == "perfect"}
        return MODELS.Categorical(*parameters, **mode)
    if name == "CustomModel":
        if not parameters:
            return MODELS.CustomModel(cdf, inverse, *args)
        return MODELS.CustomModel(lambda x: cdf(x, *parameters), lambda p: inverse(p, *parameters), *args)
    return getattr(MODELS, name)(*args, *parameters)


def columns(case):
    """The parameters, one array each; whole numbers where the wheel wants them."""
    dtype = FLOATS[case["type"]]
    arrays = []
    for column, whole in zip(case["parameters"], case["whole"]):
        arrays.append(np.array(column, dtype=np.int32 if whole else dtype))
    return arrays


def sources(case, count):
    """What a call gets besides symbols: one form of the API each, as a list of (slice, arguments)."""
    form = case["form"]
    arrays = columns(case)
    if case["model"] == "Categorical":
        matrix = arrays[0].reshape(-1, case["size"])
        if form == "family":
            return [(slice(0, count), (make(case), matrix))]
        if form == "model":
            return [(slice(0, count), (make(case, matrix[0]),))]
        return [(i, (make(case, matrix[i]),)) for i in range(count)]
    if form == "family":
        return [(slice(0, count), (make(case), *arrays))]
    if form == "model":
        return [(slice(0, count), (make(case, *(a[0].item() for a in arrays)),))]
    return [(i, (make(case, *(a[i].item() for a in arrays)),)) for i in range(count)]


def encode(case, coder, call, backwards):
    symbols = np.array(case["symbols"], dtype=np.int32)
    calls = sources(case, len(symbols))
    for where, arguments in reversed(calls) if backwards else calls:
        symbol = symbols[where]
        call(coder)(int(symbol) if isinstance(where, int) else symbol, *arguments)


def decode(case, coder, count):
    symbols = []
    for where, arguments in sources(case, count):
        if case["form"] == "model":
            arguments = (*arguments, count)
        decoded = coder.decode(*arguments)
        symbols += [int(decoded)] if isinstance(where, int) else decoded.tolist()
    return symbols


def ans(case, words):
    AnsCoder = constriction.stream.stack.AnsCoder
    writer = AnsCoder(u32(case["data"]), seal=True) if case["seal"] else AnsCoder()
    encode(case, writer, lambda coder: coder.encode_reverse, True)
    written = writer.get_compressed()
    reader = AnsCoder(written if words is None else u32(words))
    answer = {"words": written.tolist(), "symbols": decode(case, reader, len(case["symbols"]))}
    if case["seal"]:
        answer["data"] = reader.get_compressed(unseal=True).tolist()
    return answer


def range_coder(case, words):
    writer = constriction.stream.queue.RangeEncoder()
    encode(case, writer, lambda coder: coder.encode, False)
    written = writer.get_compressed()
    reader = constriction.stream.queue.RangeDecoder(written if words is None else u32(words))
    return {"words": written.tolist(), "symbols": decode(case, reader, len(case["symbols"]))}


def chain(case, words):
    """Symbols and remainders from the data, and data from remainders and symbols."""
    coder = constriction.stream.chain.ChainCoder(u32(case["data"]), seal=case["seal"])
    symbols = decode(case, coder, len(case["symbols"]))
    remainders = np.concatenate(coder.get_remainders())
    back = constriction.stream.chain.ChainCoder(remainders if words is None else u32(words), is_remainders=True)
    encode(case, back, lambda coder: coder.encode_reverse, True)
    data = np.concatenate(back.get_data(unseal=case["seal"]))
    return {"words": remainders.tolist(), "symbols": symbols, "data": data.tolist()}


def huffman(case, words):
    weights = np.array(case["parameters"][0], dtype=FLOATS[case["type"]])
    stack = case["coder"] == "stack"
    encoder, decoder = HUFFMAN.EncoderHuffmanTree(weights), HUFFMAN.DecoderHuffmanTree(weights)
    writer = constriction.symbol.StackCoder() if stack else constriction.symbol.QueueEncoder()
    for symbol in reversed(case["symbols"]) if stack else case["symbols"]:
        writer.encode_symbol(symbol, encoder)
    written, bits = writer.get_compressed()
    # A StackCoder made from words does not find its seal (0.5.0), so the coder that wrote reads; words are compared.
    reader = writer if stack else constriction.symbol.QueueDecoder(written if words is None else u32(words))
    symbols = [reader.decode_symbol(decoder) for _ in case["symbols"]]
    return {"words": written.tolist(), "bits": bits, "symbols": symbols}


CODERS = {"ans": ans, "range": range_coder, "chain": chain, "queue": huffman, "stack": huffman}


def answer(case, direction):
    try:
        return CODERS[case["coder"]](case, case["words"] if direction == "decode" else None)
    except BaseException as error:  # a panic of the wheel is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    direction, source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        cases = json.load(file)
    answers = [answer(case, direction) for case in cases]
    with open(target, "w", encoding="utf-8") as file:
        json.dump(answers, file)


main()
