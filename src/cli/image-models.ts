/** Models by the name of a file or of one that comes with the package. */
import { readdirSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ImageModelFile, modelHash, openImageModel } from '../formats/image-models.ts';
import type { WantedModel } from '../formats/images.ts';
import { MAX_SAFETENSORS_HEADER } from '../networks/safetensors.ts';
import { CliError, shown } from './messages.ts';

const ENDING = '.safetensors';
/** Larger files are no models of ours: it would take long to say so. */
const MAX_FILE = 2 ** 31 - 1;

/** The folder of the models that come along: beside the built command's folder, or one further up from the source. */
function packaged(): string | undefined {
  for (const path of ['../weights', '../../weights']) {
    const folder = fileURLToPath(new URL(path, import.meta.url));
    try {
      if (readdirSync(folder).some((name) => name.endsWith(ENDING))) return folder;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** Names of the models that come with the package. */
export function packagedModels(): string[] {
  const folder = packaged();
  if (folder === undefined) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(ENDING));
  return names.map((name) => name.slice(0, -ENDING.length)).sort();
}

/**
 * Opens a model: a file, or one of those that come along by its name.
 *
 * @throws CliError saying what is wrong with the file, or which names there are.
 */
export async function openModel(path: string): Promise<ImageModelFile> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  let file = path;
  if (found === undefined) {
    const names = packagedModels();
    if (!names.includes(path))
      throw new CliError(
        'no-model',
        `there is no model ${shown(path)}: neither a file nor one that comes along${names.length > 0 ? ` (${names.join(', ')})` : ''}`,
        "Make one with 'surprisal images train'.",
      );
    file = join(packaged()!, path + ENDING);
  } else if (!found.isFile()) throw new CliError('not-regular', `${shown(path)}: a model is a file`);
  else if (found.size > MAX_FILE) throw new CliError('limit', `${shown(path)} is too large for a model`);
  await checkStart(file, path);
  return opened(new Uint8Array(await readFile(file)), path);
}

/** Looks at how long the header says that it is: a large file of something else need not be read to be refused. */
async function checkStart(file: string, path: string): Promise<void> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(new Uint8Array(8), 0, 8, 0);
    const view = new DataView(buffer.buffer);
    const header = view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true);
    if (bytesRead === 8 && header > Math.min(size - 8, MAX_SAFETENSORS_HEADER))
      throw new CliError('corrupt', `model ${shown(path)}: this is no file of safetensors, or its end is missing`);
  } finally {
    await handle.close();
  }
}

/** A model's name: that of its file without the ending. */
function nameOf(path: string): string {
  let name = basename(path);
  if (name.endsWith(ENDING) && name.length > ENDING.length) name = name.slice(0, -ENDING.length);
  while (Buffer.byteLength(name) > 255) name = name.slice(0, -1);
  return name;
}

function opened(bytes: Uint8Array, path: string): ImageModelFile {
  try {
    return openImageModel(bytes, { name: nameOf(path) });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined) throw error;
    throw new CliError(code, `model ${shown(path)}: ${message.replace(/\.$/, '')}`);
  }
}

/** The model among those that come along whose hash is wanted, the one of that name first. */
export async function findModel({ hash, name }: WantedModel): Promise<ImageModelFile | undefined> {
  const names = packagedModels();
  names.sort((a, b) => Number(b === name) - Number(a === name));
  for (const each of names) {
    const bytes = new Uint8Array(await readFile(join(packaged()!, each + ENDING)));
    if (modelHash(bytes) === hash) return opened(bytes, each);
  }
  return undefined;
}
