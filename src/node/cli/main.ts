import { version as VERSION } from '../../../package.json';
import { USAGE as CONFORMANCE, main as conformance } from '../conformance';
import { main as train } from '../train';
import { USAGE as CONVERT, convert } from './convert';
import { USAGE as INSPECT, inspect } from './inspect';
import { USAGE as RUN, run } from './run';
import { runSelfTest, USAGE as SELF_TEST } from './self-test';
import { runCommand } from './usage';

const USAGE = `usage: webgpu-batchnorm COMMAND …
  inspect FILE            what is in a model
  run FILE INPUT…         run it on pictures or tensors
  convert FILE OUT        write it in another format
  train …                 train a network on IDX files
  conformance DIR         run ONNX backend test cases
  self-test               whether this machine's GPU computes what it should
  COMMAND --help          how to use a command

Exit codes: 0 done, 1 a file, a model or a case is at fault, 2 the command line is.`;

const COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  inspect: withHelp(INSPECT, inspect),
  run: withHelp(RUN, run),
  convert: withHelp(CONVERT, convert),
  train,
  conformance: withHelp(CONFORMANCE, conformance),
  'self-test': withHelp(SELF_TEST, runSelfTest),
};

function withHelp(usage: string, body: (argv: readonly string[]) => Promise<number>) {
  return async (argv: readonly string[]): Promise<number> => {
    if (!argv.includes('--help') && !argv.includes('-h')) {
      return runCommand(usage, () => body(argv));
    }
    console.log(usage);
    return 0;
  };
}

/** The command line `webgpu-batchnorm`; gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name !== undefined && Object.hasOwn(COMMANDS, name)) return COMMANDS[name](rest);
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(USAGE);
    return 0;
  }
  if (name === '--version') {
    console.log(VERSION);
    return 0;
  }
  console.error(name === undefined ? USAGE : `There is no command ${name}.\n\n${USAGE}`);
  return 2;
}
