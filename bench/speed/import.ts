import { pathToFileURL } from 'node:url';
import { builtPath, CLI, type Cost, costOf } from './child.ts';
import type { RunOptions } from './concepts.ts';
import { demand, type Measurement } from './row.ts';
import { median } from './timing.ts';

const INDEX = pathToFileURL(builtPath('../../src/index.js')).href;
const FIRST_DECISION = `
  const { OptimizationEngine } = await import('${INDEX}');
  const decision = new OptimizationEngine().decide({ strategy: 's', symbol: 'BTC/USDT', side: 'long', time: 1.7e12 });
  console.log(decision.action);
`;

const script = (text: string) => ['--input-type=module', '--eval', text];

export async function measure({ long }: RunOptions): Promise<Measurement[]> {
  const ways = {
    bare: script(''),
    first: script(FIRST_DECISION),
    help: [CLI, '--help'],
  };
  const costs: Record<keyof typeof ways, Cost[]> = { bare: [], first: [], help: [] };
  for (let run = 0; run < (long ? 31 : 11); run += 1)
    for (const way of ['bare', 'first', 'help'] as const) costs[way].push(await costOf(ways[way]));
  demand(
    costs.first.every(({ stdout }) => stdout.trim() === 'execute'),
    'import: no first decision was made',
  );
  demand(
    costs.help.every(({ stdout }) => stdout.includes('Usage: edgekeeper')),
    'import: there is no help',
  );
  const cpu = (way: keyof typeof ways) => median(costs[way].map((cost) => cost.cpu));
  const wall = (way: keyof typeof ways) => median(costs[way].map((cost) => cost.wall));
  const floor = { what: 'bare node', value: cpu('bare') };
  return [
    {
      what: 'import and the first decision, CPU over bare node',
      unit: 'ms',
      median: cpu('first') - cpu('bare'),
      peers: [floor],
      must: [{ of: 'value', below: 120 }],
    },
    {
      what: '--help, CPU',
      unit: 'ms',
      median: cpu('help'),
      floor,
      must: [{ of: 'median', below: 150 }],
    },
    {
      what: '--help, wall',
      unit: 'ms',
      median: wall('help'),
      floor: { what: 'bare node', value: wall('bare') },
    },
  ];
}
