/** Archives whose blocks are stored: what they hold is a code already. */
import { MAX_BLOCK, storedFrame } from '../container/frames.ts';
import type { Header } from '../container/header.ts';
import { ContainerWriter } from '../container/writer.ts';

/** An archive of one segment with this header, whose raw bytes are the payload. */
export function storedArchive(header: Omit<Header, 'size'>, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ContainerWriter({ ...header, size: payload.length });
  const parts = [writer.start];
  writer.segment();
  for (let at = 0; at < payload.length; at += MAX_BLOCK) {
    const raw = payload.subarray(at, at + MAX_BLOCK);
    writer.raw(raw);
    parts.push(writer.block(storedFrame(raw)));
  }
  parts.push(writer.end());
  const archive = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}
