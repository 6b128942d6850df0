/** One face for Node's threads and web workers: posting, ending, and whether they keep the process alive. */
import { SurprisalError } from '../errors.ts';

/** What Node's threads and web workers have in common, as far as it goes. */
export interface MessagePortTo<Request> {
  /** Sends a message; the buffers in `transfer` go with it and are gone here. */
  post(request: Request, transfer: ArrayBuffer[]): void;
  /** Ends the thread. */
  terminate(): unknown;
  /** Whether the thread keeps the process alive. */
  hold(held: boolean): void;
}

/** The error of a thread that could not start, or died. */
export const workerError = (message: string, cause?: unknown): SurprisalError =>
  new SurprisalError('worker', message, { cause });

/** A browser's worker, or Bun's. */
export function webPort<Request, Reply>(
  worker: Worker,
  onReply: (reply: Reply) => void,
  onFailure: (error: Error) => void,
): MessagePortTo<Request> {
  worker.onmessage = (event: MessageEvent<Reply>) => onReply(event.data);
  worker.onerror = (event) => {
    event.preventDefault();
    onFailure(workerError(`A worker failed: ${event.message ?? 'it could not be started'}`, event.error));
  };
  worker.onmessageerror = () => onFailure(workerError('A worker sent what cannot be read.'));
  const node = worker as Worker & { ref?: () => void; unref?: () => void };
  return {
    post: (request, transfer) => worker.postMessage(request, transfer),
    terminate: () => worker.terminate(),
    hold: (held) => (held ? node.ref?.() : node.unref?.()),
  };
}

/** What is wanted of a thread of `node:worker_threads`, spelt out so that the types of a user need not know Node. */
export interface NodeThread {
  // biome-ignore lint/suspicious/noExplicitAny: each event has its own argument
  on(event: string, listener: (value: any) => void): unknown;
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  terminate(): unknown;
  ref(): void;
  unref(): void;
}

/** Node's thread, or Deno's. */
export function nodePort<Request, Reply>(
  thread: NodeThread,
  onReply: (reply: Reply) => void,
  onFailure: (error: Error) => void,
): MessagePortTo<Request> {
  thread.on('message', onReply);
  thread.on('error', (error: Error) => onFailure(workerError(`A worker failed: ${error.message}`, error)));
  thread.on('messageerror', (error: Error) => onFailure(workerError('A worker sent what cannot be read.', error)));
  thread.on('exit', (code: number) =>
    onFailure(workerError(`A worker ended with exit code ${code} before its work was done.`)),
  );
  return {
    post: (request, transfer) => thread.postMessage(request, transfer),
    terminate: () => thread.terminate(),
    hold: (held) => (held ? thread.ref() : thread.unref()),
  };
}

/** Whether workers are the web's: Deno has both, but there an idle web worker keeps the process alive. */
export const hasWebWorkers = (): boolean => typeof Worker === 'function' && !('Deno' in globalThis);
