// Asks a server for things at a steady pace, while others listen to it: node load.js URL LISTENERS REQUESTS_A_SECOND SECONDS
import { Agent, request } from 'node:http';

const [url, listeners, rate, seconds] = [process.argv[2]!, ...process.argv.slice(3).map(Number)] as [
  string,
  number,
  number,
  number,
];
const PATHS = [
  'status',
  'strategies',
  'equity',
  'decisions?limit=25',
  'alerts',
  'effect',
  'audit?limit=50',
  'flags',
];
const TICK = 20;
const agent = new Agent({ keepAlive: true, maxSockets: 50 });

let [answered, failed, events] = [0, 0, 0];

function ask(path: string): void {
  const sent = request(new URL(`api/${path}`, url), { agent }, (response) => {
    response.resume();
    response.on('end', () => {
      if (response.statusCode === 200) answered += 1;
      else failed += 1;
    });
  });
  sent.on('error', () => {
    failed += 1;
  });
  sent.end();
}

function listen(): void {
  const sent = request(new URL('api/events', url), (response) => {
    response.on('data', (chunk: Buffer) => {
      events += chunk.toString().split('event: change').length - 1;
    });
  });
  // In the end they are hung up on.
  sent.on('error', () => undefined);
  sent.end();
}

for (let i = 0; i < listeners; i += 1) listen();
const began = performance.now();
let asked = 0;
const timer = setInterval(() => {
  const elapsed = (performance.now() - began) / 1000;
  for (; asked < elapsed * rate && elapsed < seconds; asked += 1) ask(PATHS[asked % PATHS.length]!);
  if (elapsed < seconds + 0.5) return;
  clearInterval(timer);
  process.stdout.write(JSON.stringify({ answered, failed, events, asked, seconds }));
  process.exit(0);
}, TICK);
