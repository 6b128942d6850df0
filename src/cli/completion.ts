/** Completions for bash, zsh and fish, made from the command's own definition, so that they are never out of date. */
import type { Command, Option } from 'commander';

/** The shells that there are completions for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Entry {
  flags: string[];
  description: string;
  /** Words that may follow, or undefined where the option takes none or anything. */
  choices: readonly string[] | undefined;
  takesValue: boolean;
  takesFile: boolean;
}

interface Entries {
  names: string[];
  description: string;
  options: Entry[];
  words: readonly string[];
  /** Commands of its own, which a file may follow. */
  subcommands: readonly string[];
}

function optionEntry(option: Option): Entry {
  const flags = [option.short, option.long].filter((flag): flag is string => flag !== undefined);
  return {
    flags,
    description: option.description,
    // An option whose help lists its words elsewhere has them as suggestions.
    choices: option.argChoices ?? (option as { suggestions?: readonly string[] }).suggestions,
    takesValue: option.required || option.optional,
    takesFile: /<(file|path|folder)(\.\.\.)?>/i.test(option.flags),
  };
}

function collect(program: Command): { top: Entries; commands: Entries[] } {
  const of = (command: Command): Entries => {
    // Options of a command's own commands, each once.
    const options = new Map<string, Entry>();
    for (const one of [command, ...command.commands])
      for (const option of one.createHelp().visibleOptions(one)) options.set(option.flags, optionEntry(option));
    return {
      names: [command.name(), ...command.aliases()],
      description: command.summary() || command.description(),
      options: [...options.values()],
      words: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
      subcommands: command === program ? [] : command.commands.map((one) => one.name()),
    };
  };
  return { top: of(program), commands: program.commands.map(of) };
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function bash(program: Command): string {
  const { top, commands } = collect(program);
  const name = program.name();
  const names = commands.flatMap((command) => command.names);
  // As bash asks for a completion: $2 is the word under the cursor, $3 the one before it.
  const lines = [
    `# bash completion of ${program.version()}. Use it with: source <(${name} completion bash)`,
    `_${name}() {`,
    '  local current=$2 previous=$3 command="" word',
    '  for word in "$' + '{COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    [[ $word != -* ]] && { command="$word"; break; }',
    '  done',
    '  COMPREPLY=()',
    "  local IFS=$'\\n'",
    '  case "$command" in',
    "    '')",
    `      COMPREPLY=($(compgen -W ${quote([...names, ...top.options.flatMap((o) => o.flags)].join('\n'))} -- "$current"))`,
    '      return ;;',
  ];
  for (const command of commands) {
    lines.push(`    ${command.names.join('|')})`);
    lines.push('      case "$previous" in');
    for (const option of command.options.filter((o) => o.takesValue)) {
      const reply = option.choices
        ? `COMPREPLY=($(compgen -W ${quote(option.choices.join('\n'))} -- "$current"))`
        : option.takesFile
          ? 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"))'
          : ':';
      lines.push(`        ${option.flags.join('|')}) ${reply}; return ;;`);
    }
    lines.push('      esac');
    lines.push('      if [[ $current == -* ]]; then');
    lines.push(
      `        COMPREPLY=($(compgen -W ${quote(command.options.flatMap((o) => o.flags).join('\n'))} -- "$current"))`,
    );
    lines.push('      else');
    lines.push(
      command.words.length > 0
        ? `        COMPREPLY=($(compgen -W ${quote(command.words.join('\n'))} -- "$current"))`
        : command.subcommands.length > 0
          ? `        compopt -o filenames; COMPREPLY=($(compgen -W ${quote(command.subcommands.join('\n'))} -- "$current") $(compgen -f -- "$current"))`
          : '        compopt -o filenames; COMPREPLY=($(compgen -f -- "$current"))',
    );
    lines.push('      fi', '      return ;;');
  }
  lines.push('  esac', '}', `complete -F _${name} ${name}`);
  return lines.join('\n') + '\n';
}

function zsh(program: Command): string {
  const { top, commands } = collect(program);
  const name = program.name();
  const text = (s: string) => s.replaceAll(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");
  const spec = (option: Entry): string[] => {
    const value = !option.takesValue
      ? ''
      : option.choices
        ? `:value:(${option.choices.join(' ')})`
        : option.takesFile
          ? ':file:_files'
          : ':value:';
    const exclusive = option.flags.length > 1 ? `(${option.flags.join(' ')})` : '';
    return option.flags.map((flag) => `'${exclusive}${flag}[${text(option.description)}]${value}'`);
  };
  const lines = [
    `#compdef ${name}`,
    `# zsh completion of ${program.version()}. Put it into a folder of $fpath as _${name}.`,
    `_${name}() {`,
    '  local -a commands',
    '  commands=(',
    ...commands.flatMap((c) => c.names.map((n) => `    '${n}:${text(c.description)}'`)),
    '  )',
    '  if (( CURRENT == 2 )); then',
    `    _describe -t commands command commands`,
    `    _arguments ${top.options.flatMap(spec).join(' ')}`,
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words',
    '  (( CURRENT-- ))',
    '  case $command in',
  ];
  for (const command of commands) {
    const first = command.subcommands.length > 0 ? `'1:command:(${command.subcommands.join(' ')})' ` : '';
    const rest = command.words.length > 0 ? `'*:word:(${command.words.join(' ')})'` : `${first}'*:file:_files'`;
    lines.push(`    ${command.names.join('|')})`, '      _arguments -s -S \\');
    for (const s of command.options.flatMap(spec)) lines.push(`        ${s} \\`);
    lines.push(`        ${rest} ;;`);
  }
  lines.push(
    '  esac',
    '}',
    `if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi`,
  );
  return lines.join('\n') + '\n';
}

function fish(program: Command): string {
  const { top, commands } = collect(program);
  const name = program.name();
  const lines = [
    `# fish completion of ${program.version()}. Use it with: ${name} completion fish | source`,
    `complete -c ${name} -f -n __fish_use_subcommand`,
  ];
  const flags = (option: Entry) =>
    option.flags.map((f) => (f.startsWith('--') ? `-l ${f.slice(2)}` : `-s ${f.slice(1)}`)).join(' ');
  const value = (option: Entry) =>
    !option.takesValue
      ? ''
      : option.choices
        ? ` -x -a ${quote(option.choices.join(' '))}`
        : option.takesFile
          ? ' -r -F'
          : ' -x';
  for (const option of top.options)
    lines.push(`complete -c ${name} -n __fish_use_subcommand ${flags(option)} -d ${quote(option.description)}`);
  for (const command of commands) {
    for (const n of command.names)
      lines.push(`complete -c ${name} -f -n __fish_use_subcommand -a ${n} -d ${quote(command.description)}`);
    const seen = `-n ${quote(`__fish_seen_subcommand_from ${command.names.join(' ')}`)}`;
    if (command.words.length > 0) lines.push(`complete -c ${name} -f ${seen} -a ${quote(command.words.join(' '))}`);
    if (command.subcommands.length > 0)
      lines.push(`complete -c ${name} ${seen} -a ${quote(command.subcommands.join(' '))}`);
    for (const option of command.options)
      lines.push(`complete -c ${name} ${seen} ${flags(option)}${value(option)} -d ${quote(option.description)}`);
  }
  return lines.join('\n') + '\n';
}

/** The completion script of `program` for a shell. */
export function completionScript(program: Command, shell: Shell): string {
  return { bash, zsh, fish }[shell](program);
}
