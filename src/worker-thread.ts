/** What runs in a thread of the pool (worker.ts): sessions that code the blocks of a segment. */
import { Pacer } from './formats/drive.ts';
import { SegmentDecoder, SegmentEncoder } from './formats/file.ts';
import { Coders, modelOf } from './formats/methods.ts';
import { plainError, type Reply, type Request } from './formats/protocol.ts';
import { adoptModule } from './kernels/load.ts';

/** Milliseconds that a thread without work keeps its model for the next segment. */
const KEEP = 1000;

type Post = (reply: Reply, transfer: ArrayBuffer[]) => void;
type Block = Extract<Request, { type: 'encode' | 'decode' }>;

class Session {
  private readonly id: number;
  private readonly post: Post;
  private readonly encoder: SegmentEncoder | undefined;
  private readonly decoder: SegmentDecoder | undefined;
  private readonly waiting: Block[] = [];
  private running = false;
  private done = 0;
  private readonly aborter = new AbortController();

  /** @param coders of the thread: a session that has been closed no longer uses them */
  constructor(request: Extract<Request, { type: 'open' }>, coders: Coders, post: Post) {
    this.id = request.session;
    this.post = post;
    // The pool has checked the header against the caller's limit.
    const model = modelOf(request.header, Number.POSITIVE_INFINITY);
    if (request.task === 'encode') this.encoder = new SegmentEncoder(model, coders);
    else this.decoder = new SegmentDecoder(model, coders);
  }

  add(block: Block): void {
    this.waiting.push(block);
    if (!this.running) void this.run();
  }

  close(): void {
    this.aborter.abort();
    this.waiting.length = 0;
  }

  private async run(): Promise<void> {
    this.running = true;
    const { signal } = this.aborter;
    try {
      for (let block = this.waiting.shift(); block !== undefined; block = this.waiting.shift()) {
        const before = this.done;
        const pacer = new Pacer({ signal, progress: ({ done }) => this.report(done) }, () => ({ done: this.done }));
        const work = this.work(block);
        let step = work.next();
        while (!step.done) {
          this.done += step.value;
          if (pacer.due) await pacer.pause();
          step = work.next();
        }
        const bytes = step.value;
        this.done = before + (block.type === 'encode' ? block.raw.length : block.rawLength);
        this.post(
          { type: 'block', session: this.id, bytes },
          bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : [],
        );
      }
    } catch (error) {
      if (!signal.aborted) this.post({ type: 'error', session: this.id, error: plainError(error) }, []);
      this.close();
    }
    this.running = false;
  }

  private report(done: number): void {
    this.post({ type: 'progress', session: this.id, done }, []);
  }

  /** Yields the raw bytes done since the last yield, roughly: it is for a progress bar. */
  private *work(block: Block): Generator<number, Uint8Array, void> {
    const inner =
      block.type === 'encode'
        ? this.encoder!.block(block.raw)
        : block.rawCrc === undefined
          ? this.decoder!.stored(block.payload)
          : this.decoder!.coded(block.payload, block.rawLength, block.rawCrc, block.offset);
    let step = inner.next();
    while (!step.done) {
      yield 4096;
      step = inner.next();
    }
    // A stored block is its own result.
    return step.value ?? (block as Extract<Block, { type: 'decode' }>).payload;
  }
}

/** Handles the pool's requests; answers go through `post`. */
function serve(post: Post): (request: Request) => void {
  const sessions = new Map<number, Session>();
  const coders = new Coders();
  let idle: ReturnType<typeof setTimeout> | undefined;
  return (request) => {
    if (request.type === 'kernel') {
      adoptModule(request.name, request.module);
      return;
    }
    const { session } = request;
    try {
      if (request.type === 'open') {
        clearTimeout(idle);
        sessions.set(session, new Session(request, coders, post));
      } else if (request.type === 'close') {
        sessions.get(session)?.close();
        sessions.delete(session);
        clearTimeout(idle);
        idle = setTimeout(() => coders.drop(), KEEP);
      } else sessions.get(session)?.add(request);
    } catch (error) {
      post({ type: 'error', session, error: plainError(error) }, []);
    }
  };
}

interface Scope {
  postMessage?: (message: unknown, transfer: ArrayBuffer[]) => void;
  onmessage?: (event: { data: Request }) => void;
}

const scope = globalThis as unknown as Scope;
if (typeof scope.postMessage === 'function') {
  // A browser's worker, Bun's or Deno's. The handler must stand before the first message: nothing is awaited here.
  const handle = serve((reply, transfer) => scope.postMessage!(reply, transfer));
  scope.onmessage = ({ data }) => handle(data);
} else {
  const { parentPort } = await import('node:worker_threads');
  const handle = serve((reply, transfer) => parentPort!.postMessage(reply, transfer));
  parentPort!.on('message', handle);
}
