/** What runs in a thread of {@link TrainingThreads} (trainer.ts): shards of batches, with the model's parameters. */
import { workerError } from './formats/ports.ts';
import { type PlainError, plainError } from './formats/protocol.ts';
import { modelKind } from './latent/kinds.ts';
import type { ImageModel, ImageShape, ModelConfig } from './latent/model.ts';
import { type Shard, type ShardResult, shardLoss } from './latent/training.ts';
import { Tape } from './networks/tape.ts';
import { Workspace } from './networks/workspace.ts';

/** From the trainer to a thread: a model once, then parameters and shards, step by step. */
export type TrainingRequest =
  | {
      readonly type: 'open';
      readonly kind: string;
      readonly config: ModelConfig;
      readonly shape: ImageShape;
      readonly seed: number;
      readonly maxMemory: number;
    }
  | {
      readonly type: 'run';
      readonly values: Float32Array;
      readonly fixed: Float32Array;
      readonly shards: readonly Shard[];
    };

/** From a thread to the trainer: the results of a message's shards in their order, or an error. */
export type TrainingReply =
  | { readonly type: 'results'; readonly results: readonly ShardResult[] }
  | { readonly type: 'error'; readonly error: PlainError };

type Post = (reply: TrainingReply, transfer: ArrayBuffer[]) => void;

/** Handles the messages of one trainer. */
function serve(post: Post): (request: TrainingRequest) => void {
  let model: ImageModel | undefined;
  let tape: Tape;
  let shape: ImageShape;
  let seed = 0;
  return (request) => {
    try {
      if (request.type === 'open') {
        const workspace = new Workspace({ maxMemory: request.maxMemory });
        model = modelKind(request.kind).build(request.config, workspace);
        model.parameters.places();
        tape = new Tape(workspace);
        ({ shape, seed } = request);
        return;
      }
      if (model === undefined) throw workerError('A thread was asked to train before it had a model.');
      const { parameters } = model;
      const trained = model;
      const results = request.shards.map((shard) => {
        tape.reset();
        parameters.values.set(request.values);
        parameters.fixed.set(request.fixed);
        const { loss, parts } = shardLoss(trained, shape, seed, tape, shard);
        return { gradients: parameters.gradients.slice(), fixed: parameters.fixed.slice(), loss, parts };
      });
      post(
        { type: 'results', results },
        results.flatMap(({ gradients, fixed }) => [gradients.buffer, fixed.buffer]),
      );
    } catch (error) {
      post({ type: 'error', error: plainError(error) }, []);
    }
  };
}

interface Scope {
  postMessage?: (message: unknown, transfer: ArrayBuffer[]) => void;
  onmessage?: (event: { data: TrainingRequest }) => void;
}

const scope = globalThis as unknown as Scope;
if (typeof scope.postMessage === 'function') {
  const handle = serve((reply, transfer) => scope.postMessage!(reply, transfer));
  scope.onmessage = ({ data }) => handle(data);
} else {
  const { parentPort } = await import('node:worker_threads');
  const handle = serve((reply, transfer) => parentPort!.postMessage(reply, transfer));
  parentPort!.on('message', handle);
}
