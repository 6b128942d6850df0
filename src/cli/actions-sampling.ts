/** What `sample`, `complete`, `profile`, `distance` and `classify` do, and what they say of it. */
import { classifyFiles } from './classify.ts';
import type { CommonOptions, Context } from './context.ts';
import { distanceOfFiles } from './distance.ts';
import { shown } from './messages.ts';
import { profileFile } from './profile.ts';
import type { SamplingActions } from './program-sampling.ts';
import { completeText, type SampleResult, sampleText } from './sample.ts';

/** What these need of the command's frame. */
export interface Frame {
  /** Starts the work of a call. */
  start(options: CommonOptions): Context;
  /** Writes to the standard output. */
  print(text: string): void;
  /** Writes a line to the standard error stream. */
  say(line: string): void;
  /** Runs a job, saying what went wrong. */
  attempt(context: Context, json: boolean, job: () => Promise<void>): Promise<void>;
}

const seconds = (n: number) => `${n.toFixed(n < 9.95 ? 1 : 0)} s`;

function sampled(result: Omit<SampleResult, 'text' | 'base64'>): string {
  const { codec, distribution, bytes, bits, log2Z, effectiveSampleSize } = result;
  const per = bytes === 0 ? '' : `, ${(bits / bytes).toFixed(3)} a byte`;
  const particles =
    log2Z === undefined || effectiveSampleSize === undefined
      ? ''
      : `; log2 Z ${log2Z.toFixed(2)}, effective sample size ${effectiveSampleSize.toFixed(1)}`;
  return `${codec}, ${distribution}: ${bytes} bytes of ${bits.toFixed(2)} bits${per}${particles}; ${seconds(result.seconds)}`;
}

/** Makes the actions. */
export function samplingActions(frame: Frame): SamplingActions {
  const { start, print, say, attempt } = frame;
  const run = async <O extends Omit<CommonOptions, 'threads'>>(
    options: O,
    job: (context: Context) => Promise<void>,
  ): Promise<void> => {
    const context = start({ ...options, threads: 1 });
    await attempt(context, options.json === true, () => job(context));
    await context.stop();
  };
  const json = (value: object) => print(`${JSON.stringify({ ok: true, ...value })}\n`);
  return {
    sample: (options) =>
      run(options, async (context) => {
        const { barShown, ...result } = await sampleText(options, context);
        if (options.json) json(result);
        else if (!options.quiet && (options.verbose || barShown)) say(sampled({ ...result, barShown }));
      }),
    complete: (options) =>
      run(options, async (context) => {
        const { barShown, ...result } = await completeText(options, context);
        if (options.json) json(result);
        else if (!options.quiet && (options.verbose || barShown)) say(sampled({ ...result, barShown }));
      }),
    profile: (files, options) =>
      run(options, async (context) => {
        const { barShown, ...result } = await profileFile(files[0] ?? '-', options, context);
        if (options.json) json(result);
        else if (!options.quiet && options.output !== undefined && (options.verbose || barShown))
          for (const { codec, method, bits, bitsPerByte } of result.profiles)
            say(
              `${shown(result.file)} -> ${shown(options.output)}: ${codec} (${method}): ${bits.toFixed(1)} bits, ${bitsPerByte.toFixed(3)} a byte`,
            );
      }),
    distance: (files, options) =>
      run(options, async (context) => {
        const { barShown, table, ...result } = await distanceOfFiles(files, options, context);
        if (options.json) json(result);
        else if (options.output === undefined) print(table);
        else if (!options.quiet && (options.verbose || barShown))
          say(
            `${files.length === 1 ? shown(files[0]) : `${files.length} files`} -> ${shown(options.output)}: ${seconds(result.seconds)}`,
          );
      }),
    classify: (files, options) =>
      run(options, async (context) => {
        const { barShown, lines, ...result } = await classifyFiles(files, options, context);
        if (options.json) json(result);
        else if (options.output === undefined) print(lines);
        if (!options.json && !options.quiet && (options.verbose || barShown))
          say(
            `${result.files.length} files against ${result.examples} examples of ${result.classes.length} classes: ${seconds(result.seconds)}`,
          );
      }),
  };
}
