/** The kinds of image models that there are, by name. A new kind joins the list here. */
import { SurprisalError } from '../errors.ts';
import { diffusionKind } from './diffusion.ts';
import { hillocKind } from './hilloc.ts';
import { bitswapKind } from './markov.ts';
import { pixelsBinaryKind, pixelsKind } from './pixels.ts';
import type { ModelKind } from './saved.ts';
import { vaeBinaryKind, vaeKind, vaeLayersKind } from './vae-model.ts';

/** All kinds. */
export const IMAGE_MODELS: readonly ModelKind[] = [
  vaeBinaryKind,
  vaeKind,
  vaeLayersKind,
  hillocKind,
  bitswapKind,
  diffusionKind,
  pixelsBinaryKind,
  pixelsKind,
];

/**
 * The kind of a name.
 *
 * @throws SurprisalError (`unsupported`) for a name that is none.
 */
export function modelKind(name: string): ModelKind {
  const found = IMAGE_MODELS.find(({ kind }) => kind === name);
  if (found === undefined)
    throw new SurprisalError(
      'unsupported',
      `no kind of model '${name}': there are ${IMAGE_MODELS.map(({ kind }) => kind).join(', ')}`,
    );
  return found;
}
