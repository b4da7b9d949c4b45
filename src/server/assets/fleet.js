/** The page of a fleet: asks the API every few seconds, and shows what it answers. It computes no figure of its own. */
(() => {
  const { el, byId, fill, fixed, signed, percent, minute, empty, table } = globalThis.parts;
  const EVERY = 3000;
  const BOTS = 200;
  let shown = '';
  let latest = null;

  const answer = (question, lines, className = '') =>
    el(
      'div',
      { class: className },
      el('h2', {}, question),
      el('div', {}, ...lines.map((line) => el('p', {}, line))),
    );

  const plural = (n, what) => `${n} ${what}${n === 1 ? '' : 's'}`;

  function show(view) {
    const { bots, strategies, claim, movers, orders, behind } = view;
    const waiting = bots.filter(({ pending }) => pending.length > 0);
    const refused = bots.filter((bot) => bot.refused.length > 0);
    const away = bots.filter(({ isConnected }) => !isConnected);
    byId('name').textContent = view.fleet;
    document.title = `${view.fleet} · Edgekeeper`;
    byId('empty').hidden = bots.length > 0;
    byId('empty').replaceChildren(
      el('p', {}, 'No bot has joined yet. In the configuration of a bot:'),
      el(
        'pre',
        {},
        `"fleet": { "servers": ["nats://127.0.0.1:4222"], "name": "${view.fleet}", "bot": "a-name-of-its-own" }`,
      ),
    );
    const isOff = view.off > 0;
    const hand = away.length > 0 || isOff || waiting.length > 0 || refused.length > 0 || view.guard < 1;
    byId('light').className = `light is-${bots.length === 0 ? 'empty' : hand ? 'attention' : 'good'}`;
    byId('light').textContent =
      `${view.connected} of ${plural(bots.length, 'bot')} connected${isOff ? `, ${view.off} OFF` : ''}`;
    byId('answers').replaceChildren(
      answer('Is it healthy?', [
        `equity ${fixed(2)(view.equity)}, ${signed(2)(view.profit)} since the bots joined; drawdown ${rate(view.drawdown)} (guard ${fixed(2)(view.guard)})`,
        `${behind === null ? 'the stream cannot be asked' : `${plural(behind, 'message')} not learned from yet`} · ${plural(view.missing, 'event')} missing · ${view.unread} unread · ${view.ahead} from clocks that are ahead`,
      ]),
      answer('Is it helping?', [
        claim.interval === null || claim.effect === null
          ? `${claim.verdict}, over ${plural(claim.n, 'outcome')}: ${claim.because}`
          : `${signed(2)(claim.effect)} R (${signed(2)(claim.interval[0])} .. ${signed(2)(claim.interval[1])}), ${claim.verdict}, n ${claim.n}`,
      ]),
      answer(
        'What needs a hand?',
        [
          ...(away.length > 0 ? [`away: ${few(away)}`] : []),
          ...(waiting.length > 0 ? [`orders not carried out yet: ${few(waiting)}`] : []),
          ...refused.map(
            ({ bot, refused: each }) =>
              `${bot} refused ${each.map(({ key, error }) => `${key}: ${error}`).join('; ')}`,
          ),
          ...(movers.length > 0
            ? [
                `furthest below their best: ${movers.map(({ bot, drawdown }) => `${bot} ${percent(drawdown)}`).join(', ')}`,
              ]
            : []),
          ...(hand || movers.length > 0 ? [] : ['Nothing does.']),
        ],
        hand ? 'hand' : '',
      ),
    );
    fill(
      'bots',
      table(
        bots.length > BOTS
          ? `The first ${BOTS} of ${bots.length}; all are in the API.`
          : 'Every bot that has joined.',
        [
          ['bot', ({ bot }) => bot],
          ['is', isNow, 'text'],
          [
            'last word',
            ({ heardAt }) => (heardAt === 0 ? '-' : minute(heardAt)),
            '',
            ({ heardAt }) => heardAt,
          ],
          ['equity', ({ equity }) => fixed(2)(equity), '', ({ equity }) => equity ?? 0],
          ['drawdown', ({ drawdown }) => rate(drawdown), '', ({ drawdown }) => drawdown ?? 0],
          ['sent', ({ sent }) => sent, '', ({ sent }) => sent],
          ['reduced', ({ reduced }) => reduced, '', ({ reduced }) => reduced],
          ['blocked', ({ blocked }) => blocked, '', ({ blocked }) => blocked],
          ['outcomes', ({ outcomes }) => outcomes, '', ({ outcomes }) => outcomes],
          ['mean R', ({ meanR }) => signed(2)(meanR), '', ({ meanR }) => meanR ?? 0],
        ],
        bots.slice(0, BOTS),
        { className: 'cards', isSortable: true },
      ),
    );
    fill(
      'strategies',
      table(
        'Theta is mean R over the standard deviation of R; each day counts once, in however many bots.',
        [
          ['strategy', ({ strategy }) => strategy],
          ['bots', (of) => of.bots],
          ['outcomes', ({ outcomes }) => outcomes],
          ['mean R', ({ meanR }) => signed(2)(meanR)],
          [
            'bots begin with theta',
            ({ prior }) =>
              prior === null
                ? 'too little is known'
                : `${signed(2)(prior.mean)} ± ${fixed(2)(prior.deviation)}`,
          ],
          ['spread between bots', ({ prior }) => fixed(2)(prior?.spread)],
          ['days', ({ prior }) => fixed(0)(prior?.days)],
          [
            'labels',
            ({ statuses }) =>
              Object.entries(statuses)
                .map(([name, count]) => `${count} ${name}`)
                .join(', '),
            'text',
          ],
        ],
        strategies,
        { className: 'cards' },
      ),
    );
    fill(
      'orders',
      orders.length === 0
        ? empty('None was given.')
        : table(
            'The latest of each kind holds, also for bots that are away.',
            [
              ['order', ({ key }) => key],
              ['what', ({ order }) => whatOf(order), 'text'],
              ['who', ({ order }) => order.actor, 'text'],
              ['why', ({ order }) => order.reason, 'long'],
              ['when', ({ order }) => minute(order.at)],
              [
                'not carried out by',
                ({ key }) => few(bots.filter(({ pending }) => pending.includes(key))) || 'nobody',
                'text',
              ],
            ],
            orders,
            { className: 'cards' },
          ),
    );
  }

  const rate = (value) => (value === null ? '-' : percent(value));
  const isNow = ({ isConnected, enabled, mode }) =>
    `${isConnected ? '' : 'away, '}${enabled ? (mode === 'observe' ? 'observing' : 'acting') : 'OFF'}`;

  function whatOf(order) {
    if (order.type === 'switch') return `${order.flag} ${order.on ? 'on' : 'OFF'}`;
    if (order.type === 'force') return `${order.strategy}: ${order.status}`;
    return order.options === null
      ? 'taken back'
      : `${Object.keys(order.options).join(', ')} for ${Math.round(100 * order.share)}%`;
  }

  const few = (bots) =>
    bots.length <= 10
      ? bots.map(({ bot }) => bot).join(', ')
      : `${bots
          .slice(0, 10)
          .map(({ bot }) => bot)
          .join(', ')} and ${bots.length - 10} more`;

  function trouble(text) {
    byId('trouble').hidden = text === null;
    byId('trouble').textContent = text ?? '';
    document.body.classList.toggle('stale', text !== null);
  }

  async function look() {
    try {
      const response = await fetch('api/fleet');
      const text = await response.text();
      if (!response.ok) throw new Error(JSON.parse(text).error.found);
      const view = JSON.parse(text);
      latest = view.time;
      const rest = JSON.stringify({ ...view, time: 0 });
      if (rest !== shown) show(view);
      shown = rest;
      trouble(null);
    } catch (error) {
      const known = latest === null ? '' : ` What is shown is of ${minute(latest)} UTC.`;
      trouble(`The fleet does not answer: ${error.message}.${known} It is tried again.`);
    }
  }

  (async () => {
    for (;;) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  })();
})();
