/** The main thread's side of a pool: threads, the sessions that they run, and the order of their results. */
import type { Header } from '../container/header.ts';
import { hex } from '../kernels/generated/online.ts';
import { kernelModule } from '../kernels/load.ts';
import type { Plan } from './file.ts';
import type { Expansion, Model } from './method.ts';
import { DEFAULT_MAX_MEMORY, type JobOptions } from './options.ts';
import { type MessagePortTo, workerError } from './ports.ts';
import { type Reply, type Request, revivedError } from './protocol.ts';
import { abortable } from './streams.ts';

/** Fewest milliseconds between two reports of progress. */
const REPORT = 50;

/** The way to a thread. */
export type Port = MessagePortTo<Request>;

/** Starts a thread. */
export type Start = (onReply: (reply: Reply) => void, onFailure: (error: Error) => void) => Promise<Port>;

/** What a job asks of its pool. */
export interface Threads {
  readonly threads: number;
  acquire(task: 'encode' | 'decode', header: Header, onEnd: (session: Session) => void): Promise<Session>;
  change(): Promise<void>;
}

interface Waiting {
  /** Raw bytes of the session when this block is done. */
  readonly upTo: number;
  resolve(bytes: Uint8Array): void;
  reject(error: Error): void;
}

/** The blocks of one segment, coded by one thread, which it has to itself. */
export class Session {
  /** Raw bytes coded so far. */
  done = 0;
  private readonly id: number;
  private readonly thread: Thread;
  private readonly onEnd: (session: Session) => void;
  private readonly waiting: Waiting[] = [];
  private sent = 0;
  private closing = false;
  private error: Error | undefined;
  onProgress: () => void = () => {};

  constructor(id: number, thread: Thread, onEnd: (session: Session) => void) {
    this.id = id;
    this.thread = thread;
    this.onEnd = onEnd;
    thread.session = this;
  }

  /** Starts it; on an error the thread is free again. */
  open(task: 'encode' | 'decode', header: Header): void {
    try {
      this.thread.post({ type: 'open', session: this.id, task, header }, []);
    } catch (error) {
      this.close();
      throw workerError(`A worker could not be told what to do: ${(error as Error).message}`, error);
    }
  }

  encode(raw: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    return this.send({ type: 'encode', session: this.id, raw }, raw.buffer, raw.length);
  }

  decode(payload: Uint8Array, rawLength: number, rawCrc: number | undefined, offset: number): Promise<Uint8Array> {
    const request: Request = { type: 'decode', session: this.id, payload, rawLength, rawCrc, offset };
    return this.send(request, payload.buffer as ArrayBuffer, rawLength);
  }

  /** No more blocks come: the thread is free once those sent are done. */
  finish(): void {
    this.closing = true;
    if (this.waiting.length === 0) this.close();
  }

  /** Drops whatever is under way. */
  close(): void {
    if (this.thread.session !== this) return;
    this.thread.session = undefined;
    this.thread.post({ type: 'close', session: this.id }, []);
    this.reject(workerError('The job was stopped.'));
    this.onEnd(this);
  }

  reply(reply: Reply): void {
    // What a session that is gone still had to say.
    if (reply.session !== this.id) return;
    if (reply.type === 'block') {
      const waiting = this.waiting.shift();
      this.done = waiting?.upTo ?? this.done;
      waiting?.resolve(reply.bytes);
      if (this.closing && this.waiting.length === 0) this.close();
    } else if (reply.type === 'progress') {
      this.done = reply.done;
      this.onProgress();
    } else this.reject(revivedError(reply.error));
  }

  reject(error: Error): void {
    this.error ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(error);
    if (this.closing) this.close();
  }

  private send(request: Request, buffer: ArrayBuffer, rawLength: number): Promise<Uint8Array> {
    this.sent += rawLength;
    const upTo = this.sent;
    const promise = new Promise<Uint8Array>((resolve, reject) => {
      if (this.error !== undefined) return reject(this.error);
      this.waiting.push({ resolve, reject, upTo });
      this.thread.post(request, [buffer]);
    });
    // It is awaited in the order of the output; an earlier failure may end the job before.
    promise.catch(() => {});
    return promise;
  }
}

/** A thread and the one session that it runs at a time. */
export class Thread {
  session: Session | undefined;
  private failure: Error | undefined;
  private port: Port | undefined;
  private readonly begin: Start;
  private readonly onEnd: (thread: Thread) => void;

  constructor(start: Start, onEnd: (thread: Thread) => void) {
    this.begin = start;
    this.onEnd = onEnd;
  }

  /** @throws SurprisalError `worker`. */
  async start(): Promise<void> {
    const reply = (message: Reply) => this.session?.reply(message);
    try {
      this.port = await this.begin(reply, (error) => this.fail(error));
    } catch (error) {
      const failure = workerError(`No worker could be started: ${(error as Error).message}`, error);
      this.fail(failure);
      throw failure;
    }
    if (this.failed) await this.port.terminate();
    this.check();
    this.post({ type: 'kernel', name: 'online', module: kernelModule('online', hex) }, []);
  }

  /** @throws what the thread failed with. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  post(request: Request, transfer: ArrayBuffer[]): void {
    if (!this.failed) this.port!.post(request, transfer);
  }

  get failed(): boolean {
    return this.failure !== undefined;
  }

  hold(held: boolean): void {
    if (!this.failed) this.port?.hold(held);
  }

  fail(error: Error): void {
    if (this.failed) return;
    this.failure = error;
    this.onEnd(this);
    const { session } = this;
    session?.reject(error);
    session?.close();
  }

  async terminate(): Promise<void> {
    this.fail(workerError('The pool was terminated.'));
    await this.port?.terminate();
  }
}

/** The sessions, order and progress of one job. */
export class Job {
  private readonly pool: Threads;
  private readonly options: JobOptions & { maxMemory?: number };
  private readonly task: 'encode' | 'decode';
  private readonly sessions = new Set<Session>();
  private current: Session | undefined;
  /** Raw bytes of sessions that are over. */
  private before = 0;
  private reported = Number.NEGATIVE_INFINITY;
  total: () => number | undefined = () => undefined;

  constructor(pool: Threads, task: 'encode' | 'decode', options: JobOptions & { maxMemory?: number }) {
    this.pool = pool;
    this.task = task;
    this.options = options;
    options.signal?.throwIfAborted();
  }

  /** Sessions that may run at once. */
  room(model: Model): number {
    const { maxMemory = DEFAULT_MAX_MEMORY } = this.options;
    return Math.max(1, Math.min(this.pool.threads, Math.floor(maxMemory / Math.max(1, model.memory))));
  }

  /** Starts a segment's session, once a thread is free; the one before gets no more blocks. */
  async open(plan: Plan): Promise<Session> {
    this.current?.finish();
    this.current = undefined;
    const room = this.room(plan.model);
    let session: Session | undefined;
    while (this.sessions.size >= room) await abortable(this.pool.change(), this.options.signal);
    const acquired = this.pool.acquire(this.task, plan.header, (ended) => {
      this.sessions.delete(ended);
      this.before += ended.done;
    });
    try {
      session = await abortable(acquired, this.options.signal);
    } catch (error) {
      // It may come after all, and nobody will want it.
      void acquired.then((late) => late.close()).catch(() => {});
      throw error;
    }
    this.sessions.add(session);
    session.onProgress = () => this.report(false);
    this.current = session;
    return session;
  }

  finishSegment(): void {
    this.current?.finish();
    this.current = undefined;
  }

  wait<T>(promise: Promise<T>): Promise<T> {
    return abortable(promise, this.options.signal);
  }

  report(last: boolean, exact?: number): void {
    const { progress } = this.options;
    if (progress === undefined) return;
    const now = performance.now();
    if (!last && now - this.reported < REPORT) return;
    this.reported = now;
    let done = this.before;
    for (const session of this.sessions) done += session.done;
    const total = this.total();
    progress(total === undefined ? { done: exact ?? done } : { done: exact ?? done, total });
  }

  close(): void {
    for (const session of [...this.sessions]) session.close();
  }
}

type Item =
  | { readonly type: 'start'; readonly expansion: Expansion | undefined }
  | { readonly type: 'block'; readonly bytes: Promise<Uint8Array>; readonly raw: number; readonly starts: boolean }
  | { readonly type: 'end'; readonly sha256: Uint8Array; readonly offset: number };

/** Results in the order in which they were asked for. */
export class Queue {
  /** Raw bytes asked for and not yet taken. */
  ahead = 0;
  private readonly items: { item: Item; ready: boolean }[] = [];

  add(item: Item): void {
    const entry = { item, ready: item.type !== 'block' };
    this.items.push(entry);
    if (item.type !== 'block') return;
    this.ahead += item.raw;
    const ready = () => {
      entry.ready = true;
    };
    item.bytes.then(ready, ready);
  }

  /** The next item, if there is one and it is ready, or more than `limit` raw bytes are under way. */
  take(limit: number): Item | undefined {
    if (this.items.length === 0 || (!this.items[0].ready && this.ahead <= limit)) return undefined;
    const { item } = this.items.shift()!;
    if (item.type === 'block') this.ahead -= item.raw;
    return item;
  }
}
