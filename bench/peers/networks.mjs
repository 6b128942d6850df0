// jax-js as a peer of bench/networks.ts: `node networks.mjs FOLDER`, where FOLDER has it in node_modules. A process that
// stays and makes training steps when it is asked, with the same requests and answers as networks.py. Its WASM backend
// has one thread in Node. A step is one compiled function: loss, gradients and Adam's update, written out since its
// own optimisers are a package apart; it ends when all new parameters are there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const home = join(process.argv[2], 'node_modules/@jax-js/jax');
const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
const jax = await import(pathToFileURL(join(home, manifest.exports['.'].import)).href);
const { numpy: np, nn, lax, jit, valueAndGrad, blockUntilReady, init, defaultDevice } = jax;

function arrays({ data, arrays: list }) {
  const { buffer, byteOffset, byteLength } = readFileSync(data);
  const flat = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  const found = {};
  let at = 0;
  for (const [name, shape] of list) {
    const size = shape.reduce((a, b) => a * b, 1);
    found[name] = np.array(flat.slice(at, at + size)).reshape(shape);
    at += size;
  }
  return found;
}

/** log(1 + exp(v)) - v * x, summed. */
const bernoulli = (logits, x) => nn.softplus(logits.ref).sub(logits.mul(x)).sum();

function vaeLoss(p, x, noise) {
  const linear = (name, h) => np.matmul(h, p[`${name}.weight`]).add(p[`${name}.bias`]);
  let h = nn.relu(linear('encoder.0', x.ref));
  h = nn.relu(linear('encoder.1', h));
  const mean = linear('mean', h.ref);
  const logVariance = linear('variance', h);
  const z = mean.ref.add(np.exp(logVariance.ref.mul(0.5)).mul(noise));
  h = nn.relu(linear('decoder.0', z));
  h = nn.relu(linear('decoder.1', h));
  const images = x.shape[0];
  const pixels = bernoulli(linear('pixels', h), x);
  const divergence = np.exp(logVariance.ref).add(mean.ref.mul(mean)).sub(1).sub(logVariance).sum().mul(0.5);
  return pixels.add(divergence).mul(1 / images);
}

function convolutionsLoss(p, x) {
  let h = x.ref;
  for (let layer = 0; layer < 3; layer++) {
    h = lax.conv(h, p[`${layer}.weight`], [1, 1], 'SAME').add(p[`${layer}.bias`]);
    if (layer < 2) h = nn.relu(h);
  }
  return np.square(h.sub(x)).mean();
}

/** A step of Adam on the tree of parameters, compiled. */
function training(loss, parameters, inputs, rate) {
  const names = Object.keys(parameters);
  const gradient = valueAndGrad((p, ...rest) => loss(p, ...rest));
  const step = jit((p, m, v, scale, ...rest) => {
    const kept = Object.fromEntries(names.map((name) => [name, p[name].ref]));
    const [value, g] = gradient(kept, ...rest);
    const next = { p: {}, m: {}, v: {} };
    for (const name of names) {
      const first = m[name].mul(0.9).add(g[name].ref.mul(0.1));
      const second = v[name].mul(0.999).add(g[name].ref.mul(g[name]).mul(0.001));
      next.m[name] = first.ref;
      next.v[name] = second.ref;
      // Bias corrections come as the two numbers of `scale`.
      const [a, b] = [scale.ref.slice(0), scale.ref.slice(1)];
      const change = first.mul(a).div(np.sqrt(second.mul(b)).add(1e-8));
      next.p[name] = p[name].sub(change.mul(rate));
    }
    scale.dispose();
    return [value, next.p, next.m, next.v];
  });
  const nothing = () => Object.fromEntries(names.map((name) => [name, np.zeros(parameters[name].shape)]));
  let state = [parameters, nothing(), nothing()];
  let count = 0;
  return async () => {
    count++;
    const scale = np.array([1 / (1 - 0.9 ** count), 1 / (1 - 0.999 ** count)]);
    const [value, ...next] = step(...state, scale, ...inputs.map((input) => input.ref));
    await blockUntilReady(next);
    state = next;
    return value;
  };
}

const kinds = {
  vae(request) {
    const found = arrays(request);
    const { x, noise, ...given } = found;
    const parameters = {};
    for (const [name, value] of Object.entries(given)) {
      // Its matmul takes [in, out]; the two halves of the posterior are layers of their own, which saves it a slice.
      const turned = name.endsWith('weight') ? value.transpose() : value;
      if (!name.startsWith('posterior')) parameters[name] = turned;
      else {
        const half = turned.shape.at(-1) / 2;
        const rest = name.slice('posterior'.length);
        const [a, b] = np.split(turned, [half], -1);
        parameters[`mean${rest}`] = a;
        parameters[`variance${rest}`] = b;
      }
    }
    return training(vaeLoss, parameters, [x, noise], request.rate);
  },
  convolutions(request) {
    const { x, ...given } = arrays(request);
    const parameters = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        name.endsWith('weight') ? np.transpose(value, [0, 3, 1, 2]) : value.reshape([-1, 1, 1]),
      ]),
    );
    return training(convolutionsLoss, parameters, [np.transpose(x, [0, 3, 1, 2])], request.rate);
  },
  product(request) {
    const { a, b } = arrays(request);
    const multiply = jit((left, right) => np.matmul(left, right));
    return async () => {
      const product = multiply(a.ref, b.ref);
      await blockUntilReady(product);
      return product.slice(-1, -1);
    };
  },
};

await init('wasm');
defaultDevice('wasm');
console.log(JSON.stringify({ 'jax-js': manifest.version, node: process.version }));
let step;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let answer;
  try {
    if (request.do === 'load') {
      step = await kinds[request.kind](request);
      answer = {};
    } else {
      const ns = [];
      let value;
      for (let i = 0; i < request.steps; i++) {
        value?.dispose();
        const start = performance.now();
        value = await step();
        ns.push(Math.round((performance.now() - start) * 1e6));
      }
      answer = { ns, value: Number((await value.data())[0]) };
    }
  } catch (error) {
    answer = { error: error.stack };
  }
  console.log(JSON.stringify(answer));
}
