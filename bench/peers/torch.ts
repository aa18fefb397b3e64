// PyTorch beside this runtime in Node: a process that is told what to time, line by line.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { root } from '../../scripts/environment.mjs';
import { type Contestant, type Failure, wrongness } from '../contender';
import { messageOf, type Rivals } from '../measure';
import type { Work } from '../roof';
import { makeTask } from '../tasks';
import type { Spec, Workload } from '../workloads';
import { inputShape } from './peer';

/** Debian's python3 first: where its packages are installed, another one on PATH may lack them. */
const PYTHONS = ['python3', '/usr/bin/python3'];

type Reply = Readonly<Record<string, number | string | null>>;
type Ask = (request: unknown) => Promise<Reply>;

/** Undefined, and said so, where no python3 has PyTorch. Both layouts of images take part. */
export async function openTorch(
  log: (line: string) => void,
): Promise<{ readonly rivals: Rivals; close(): Promise<unknown> } | undefined> {
  const python = PYTHONS.find((name) => spawnSync(name, ['-c', 'import torch']).status === 0);
  if (!python) {
    log('PyTorch does not take part: python3 -c "import torch" fails');
    return undefined;
  }
  const script = join(root, 'bench/peers/pytorch.py');
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Reply> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('PyTorch’s process has ended');
    return JSON.parse(value);
  };
  const ask: Ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const reply = await next();
    if (reply.error) throw new Error(String(reply.error));
    return reply;
  };
  const { version, device } = await next();
  log(`PyTorch ${version} on ${device}`);
  return {
    rivals: async (workload, work) => {
      const image = inputShape(makeTask(workload.check ?? workload.spec)).length === 4;
      const entries: (Contestant | Failure)[] = [];
      for (const channelsLast of image ? [false, true] : [false]) {
        entries.push(await enter(ask, workload, work, channelsLast));
      }
      return entries;
    },
    close() {
      const ended = once(child, 'close');
      child.stdin.end();
      return ended;
    },
  };
}

async function enter(
  ask: Ask,
  { name: workload, spec, check }: Workload,
  work: Work,
  channelsLast: boolean,
): Promise<Contestant | Failure> {
  const contender = channelsLast ? 'PyTorch, channels last' : 'PyTorch';
  const name = `${workload}, ${contender}`;
  try {
    const full = plain(spec);
    const facts = await ask({
      open: { name, channelsLast, full, check: check ? plain(check) : full },
    });
    const maxRelErr = Number(facts.maxRelErr);
    const wrong = wrongness(maxRelErr);
    if (wrong) throw new Error(wrong);
    return {
      contender,
      workload,
      work,
      dispatches: null,
      peakBytes: facts.peakBytes === null ? null : Number(facts.peakBytes),
      compileMs: Number(facts.compileMs),
      maxRelErr,
      sample: async (runs) => Number((await ask({ sample: name, runs })).ms),
      dispose: () => void ask({ close: name }),
    };
  } catch (error) {
    return { contender, workload, failure: messageOf(error) };
  }
}

/** What PyTorch has to know of a workload. */
function plain(spec: Spec) {
  const task = makeTask(spec);
  return {
    config: task.model.toConfig(),
    mode: task.mode,
    shape: inputShape(task),
    classes: task.model.outputs[0].tensor.shape[0],
  };
}
