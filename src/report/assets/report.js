/** Shows the data of a report. All text is put in as text: names are those of whoever runs the bot. */
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { draw, line, strip } = globalThis.charts;

  const el = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children.filter((each) => each !== null && each !== undefined));
    return made;
  };
  const byId = (id) => document.getElementById(id);
  const fixed = (digits) => (value) => (value === null || value === undefined ? '-' : value.toFixed(digits));
  const signed = (digits) => (value) =>
    value === null || value === undefined ? '-' : `${value > 0 ? '+' : ''}${value.toFixed(digits)}`;
  const money = (value) =>
    value === null || value === undefined
      ? '-'
      : value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
  const short = (value) =>
    value === null ? '' : value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
  const percent = (value) => `${(100 * value).toFixed(1)}%`;
  const minute = (time) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  const day = (time) => minute(time).slice(0, 10);
  const empty = (text) => el('p', { class: 'empty' }, text);
  const sign = (value) => (value > 0 ? 'up' : value < 0 ? 'down' : '');

  function theme(name) {
    document.documentElement.dataset.theme = name;
    byId('theme').textContent = name === 'dark' ? 'Light' : 'Dark';
    dispatchEvent(new Event('theme'));
  }
  const dark = matchMedia('(prefers-color-scheme: dark)');
  theme(dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', ({ matches }) => theme(matches ? 'dark' : 'light'));
  byId('theme').addEventListener('click', () =>
    theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'),
  );

  byId('title').textContent = data.title;
  byId('when').textContent =
    `${day(data.from)} to ${minute(data.time)} UTC. The overlay ${data.mode === 'observe' ? 'observes: nothing is touched' : 'acts'}.`;
  const verdict = byId('verdict');
  verdict.classList.add(data.verdict.word);
  verdict.append(el('p', {}, data.verdict.text));
  for (const alert of data.alerts) verdict.append(el('p', { class: 'soft' }, alert));
  for (const [name, value] of data.summary)
    byId('facts').append(el('div', {}, el('dt', {}, name), el('dd', {}, value)));

  const key = (place, entries) =>
    byId(place).append(
      ...entries.map(([text, name, dashed]) =>
        el('span', { style: `--colour: var(${name})`, class: dashed ? 'dashed' : '' }, text),
      ),
    );

  if (data.equity === null) {
    byId('equity').append(
      empty(
        'Nobody tells the equity, so that there is no curve. Let the bot read its balance, or call engine.recordEquity({ time, equity }).',
      ),
    );
  } else {
    const { isTwin, columns } = data.equity;
    const lines = (format) => () =>
      isTwin
        ? [line('with', '--with', { format }), line('without', '--without', { format, dashed: true })]
        : [line('equity', '--with', { format })];
    key(
      'equity-key',
      isTwin
        ? [
            ['with the overlay', '--with'],
            [
              'without it: every signal at the bot’s own size (twin account; it has no interval)',
              '--without',
              true,
            ],
          ]
        : [['the account', '--with']],
    );
    draw(byId('equity'), columns, { series: lines(money), format: short });
    draw(byId('drawdown'), data.drawdown, {
      height: 120,
      series: lines(percent),
      format: percent,
      legend: false,
    });
  }

  /** A table; columns are [name, how a cell is written, class, what is sorted by]. */
  function table(place, caption, columns, rows, { isSortable = false, className = '' } = {}) {
    const body = el('tbody');
    const fill = (sorted) =>
      body.replaceChildren(
        ...sorted.map((row) =>
          el(
            'tr',
            {},
            ...columns.map(([, show, kind = ''], i) =>
              el(
                i === 0 ? 'th' : 'td',
                {
                  class: typeof kind === 'function' ? kind(row) : kind,
                  ...(i === 0 ? { scope: 'row' } : {}),
                },
                show(row),
              ),
            ),
          ),
        ),
      );
    const heads = columns.map(([name, , kind, by], i) => {
      const head = el('th', {
        scope: 'col',
        ...(kind === 'text' || kind === 'long' || i === 0 ? { class: 'text' } : {}),
      });
      if (!isSortable || !by) {
        head.append(name);
        return head;
      }
      const button = el('button', { type: 'button' }, name);
      button.addEventListener('click', () => {
        const isDown = head.getAttribute('aria-sort') === 'descending';
        for (const each of heads) each.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', isDown ? 'ascending' : 'descending');
        const factor = isDown ? 1 : -1;
        fill([...rows].sort((a, b) => factor * (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0)));
      });
      head.append(button);
      return head;
    });
    fill(rows);
    byId(place).append(
      el(
        'div',
        { class: 'wide', tabindex: '0', role: 'region', 'aria-label': caption },
        el(
          'table',
          { class: className },
          el('caption', {}, caption),
          el('thead', {}, el('tr', {}, ...heads)),
          body,
        ),
      ),
    );
  }

  if (data.strategies.length === 0)
    byId('strategies').append(
      empty(
        'No strategy is known yet: send a signal through the overlay. `edgekeeper doctor` says what of a bot is not seen.',
      ),
    );
  else {
    table(
      'strategies',
      'Figures of closed positions; R is what a trade won or lost by what it risked, with its 95% interval.',
      [
        ['strategy', ({ name }) => name],
        ['status', ({ status }) => status, 'text'],
        ['trades', ({ trades }) => String(trades)],
        ['mean R', ({ expectancyR }) => signed(2)(expectancyR), ({ expectancyR }) => sign(expectancyR)],
        ['95%', ({ interval }) => (interval === null ? '-' : interval.map(signed(2)).join(' .. '))],
        ['profit', ({ pnl }) => signed(2)(pnl), ({ pnl }) => sign(pnl)],
        ['P(edge)', ({ probability }) => fixed(2)(probability)],
        ['size', ({ size }) => fixed(2)(size)],
      ],
      data.strategies,
    );
    for (const { name, worth } of data.strategies) {
      if (worth[0].length < 2) continue;
      const place = el('div', { class: 'chart' });
      byId('worths').append(el('div', {}, el('h3', {}, name), place));
      const format = fixed(2);
      draw(place, worth, {
        height: 110,
        scale: { range: [0, Math.max(1, ...worth[1])] },
        series: () => [
          line('size', '--with', { format, width: 1 }),
          line('P(edge)', '--without', { format, dashed: true }),
        ],
        format,
        legend: false,
      });
    }
    key('worths-key', [
      ['share of its size that a signal got', '--with'],
      ['P(mean R > 0) at the signal', '--without', true],
    ]);
  }

  /** By its sign and its size: what is far from 0 stands out. */
  const _warmth = (r) => `${sign(r)} ${Math.abs(r) >= 0.5 ? 'far' : Math.abs(r) >= 0.1 ? 'near' : ''}`.trim();

  const { heat } = data;
  if (heat.rows.length === 0) byId('heat').append(empty('No position is closed yet.'));
  else
    table(
      'heat',
      'Mean R by strategy and regime at entry, and how many trades.',
      [
        ['strategy', ({ strategy }) => strategy],
        ...heat.cells.map((cell, i) => [
          cell,
          ({ values }) => {
            const value = values[i];
            if (value === null) return '';
            const cellText = el(
              'span',
              {},
              signed(2)(value.r),
              el('small', { class: 'soft' }, `n ${value.n}`),
            );
            return cellText;
          },
          ({ values }) => sign(values[i]?.r ?? 0),
        ]),
      ],
      heat.rows,
      { className: 'heat' },
    );

  const REGIME_COLOURS = ['--trending', '--ranging', '--volatile', '--unknown'];
  if (data.prices.length === 0)
    byId('prices').append(empty('No candles are known: let the bot read some, or name the symbols.'));
  else {
    key(
      'prices-key',
      data.regimes.map((name, i) => [name.toLowerCase(), REGIME_COLOURS[i]]),
    );
    for (const { symbol, columns } of data.prices) {
      const place = el('div', { class: 'chart' });
      byId('prices').append(el('div', {}, el('h3', {}, symbol), place));
      draw(place, [columns[0], columns[1]], {
        height: 150,
        series: () => [line('close', '--ink', { format: money, width: 1 })],
        format: short,
        hooks: strip(columns[2], REGIME_COLOURS),
        legend: false,
      });
    }
  }

  if (data.effect[0].length < 2)
    byId('effect').append(empty('No outcome is known yet. `edgekeeper status` says how many a claim needs.'));
  else {
    const format = signed(2);
    key('effect-key', [
      ['R gained per unit of size, by sizing signals apart', '--with'],
      ['95% at all times at once', '--band'],
    ]);
    draw(byId('effect'), data.effect, {
      series: () => [
        line('effect', '--with', { format }),
        line('low', '--band', { format, width: 1 }),
        line('high', '--band', { format, width: 1 }),
      ],
      bands: [{ series: [3, 2] }],
      format,
    });
  }

  /** Scores against how often such signals won, with intervals; on the diagonal a score is a chance. */
  function curve(points) {
    const [size, pad] = [260, 34];
    const at = (value) => pad + value * (size - 2 * pad);
    const up = (value) => size - at(value);
    const svg = (tag, attributes, text) => {
      const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      if (text !== undefined) made.textContent = text;
      return made;
    };
    const chart = svg('svg', {
      viewBox: `0 0 ${size} ${size}`,
      class: 'curve',
      role: 'img',
      'aria-label': 'How often signals won, by their score; the figures are in the table below.',
    });
    for (const tick of [0, 0.5, 1]) {
      chart.append(svg('text', { x: at(tick), y: size - pad + 16, 'text-anchor': 'middle' }, String(tick)));
      chart.append(
        svg('text', { x: pad - 6, y: up(tick) + 4, 'text-anchor': 'end' }, percent(tick).replace('.0', '')),
      );
    }
    chart.append(svg('line', { x1: at(0), y1: up(0), x2: at(1), y2: up(1), class: 'even' }));
    for (const { meanScore, winRateInterval } of points)
      if (winRateInterval)
        chart.append(
          svg('line', {
            x1: at(meanScore),
            x2: at(meanScore),
            y1: up(winRateInterval[0]),
            y2: up(winRateInterval[1]),
            class: 'interval',
          }),
        );
    chart.append(
      svg('polyline', {
        points: points.map(({ meanScore, winRate }) => `${at(meanScore)},${up(winRate)}`).join(' '),
        class: 'won',
      }),
    );
    for (const { meanScore, winRate } of points)
      chart.append(svg('circle', { cx: at(meanScore), cy: up(winRate), r: 3 }));
    return chart;
  }

  const { bins, n, summary, probability } = data.calibration;
  byId('calibration').append(el('p', { class: 'soft' }, summary));
  const filled = bins.filter((bin) => bin.n > 0);
  if (filled.length > 1) byId('calibration').append(curve(filled));
  if (n > 0)
    table(
      'calibration',
      'Signals by their score at the decision, and how often they won.',
      [
        ['score', ({ from, to }) => `${from.toFixed(1)} to ${to.toFixed(1)}`],
        ['signals', (bin) => String(bin.n)],
        ['won', ({ winRate }) => percent(winRate)],
        [
          '95%',
          ({ winRateInterval }) =>
            winRateInterval === null ? '-' : winRateInterval.map(percent).join(' .. '),
        ],
        ['mean R', ({ meanR }) => signed(2)(meanR), ({ meanR }) => sign(meanR)],
      ],
      filled,
    );

  const stated = probability.filter((bin) => bin.n > 0);
  if (stated.length > 0)
    table(
      'calibration',
      'Signals by P(mean R > 0) at the decision: where it was low, mean R should be below 0.',
      [
        ['P(edge)', ({ from, to }) => `${from.toFixed(1)} to ${to.toFixed(1)}`],
        ['signals', (bin) => String(bin.n)],
        ['mean R', ({ meanR }) => signed(2)(meanR), ({ meanR }) => sign(meanR)],
        [
          '95%',
          ({ meanRInterval }) => (meanRInterval === null ? '-' : meanRInterval.map(signed(2)).join(' .. ')),
        ],
      ],
      stated,
    );

  if (data.reasons.length === 0) byId('reasons').append(empty('Nothing was decided yet.'));
  else
    table(
      'reasons',
      'Reasons of all decisions.',
      [
        ['reason', ({ reason }) => reason],
        ['decisions', ({ count }) => String(count)],
      ],
      data.reasons,
    );

  if (data.audit.length === 0) byId('audit').append(empty('Nobody changed anything.'));
  else
    table(
      'audit',
      'Latest changes, by the rules or by a person; steps of weights are left out.',
      [
        ['when (UTC)', ({ time }) => (time === 0 ? '-' : minute(time))],
        ['who', ({ who }) => who, 'text'],
        ['what', ({ what }) => what, 'text'],
        ['before', ({ before }) => before.slice(0, 120), 'long'],
        ['after', ({ after }) => after.slice(0, 120), 'long'],
        ['why', ({ why }) => why.slice(0, 300), 'long'],
      ],
      [...data.audit].reverse(),
    );

  const { all, latest } = data.trades;
  if (latest.length === 0) byId('trades').append(empty('No trade is closed yet.'));
  else {
    const NAMES = [
      'closed (UTC)',
      'strategy',
      'symbol',
      'side',
      'regime',
      'entry',
      'exit',
      'size',
      'of its size',
      'R',
      'profit',
    ];
    const show = [
      minute,
      String,
      String,
      String,
      String,
      money,
      money,
      (v) => (v === null ? '-' : String(Number(v.toPrecision(6)))),
      fixed(2),
      signed(2),
      signed(2),
    ];
    const isText = (i) => i >= 1 && i <= 4;
    table(
      'trades',
      all > latest.length ? `The latest ${latest.length} of ${all} trades.` : `All ${all} trades.`,
      NAMES.map((name, i) => [
        name,
        (row) => (row[i] === null ? '-' : show[i](row[i])),
        i >= 9 ? (row) => sign(row[i]) : isText(i) ? 'text' : '',
        (row) => row[i] ?? Number.NEGATIVE_INFINITY,
      ]),
      [...latest].reverse(),
      { isSortable: true },
    );
  }
})();
