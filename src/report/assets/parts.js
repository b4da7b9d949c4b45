/** Parts of a page that a report and a dashboard have in common. All text is put in as text: names are those of whoever runs the bot. */
globalThis.parts = (() => {
  const { draw, line, strip } = globalThis.charts;

  const el = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      // A policy that allows no styles in markup allows those that a script sets.
      if (name === 'style') made.style.cssText = value;
      else if (value !== undefined) made.setAttribute(name, value);
    }
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

  /** Fills a place anew. Where the focus was in it, it is there again. */
  function fill(id, ...children) {
    const place = byId(id);
    const key = place.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    place.replaceChildren(...children.filter((each) => each !== null));
    if (key !== undefined)
      [...place.querySelectorAll('[data-key]')].find((each) => each.dataset.key === key)?.focus();
  }

  const key = (id, entries) =>
    fill(
      id,
      ...entries.map(([text, name, dashed]) =>
        el('span', { style: `--colour: var(${name})`, class: dashed ? 'dashed' : '' }, text),
      ),
    );

  /** A table; columns are [name, how a cell is written, class, what is sorted by]. */
  function table(caption, columns, rows, { isSortable = false, className = '' } = {}) {
    const body = el('tbody');
    const fill = (sorted) =>
      body.replaceChildren(
        ...sorted.map((row) =>
          el(
            'tr',
            {},
            ...columns.map(([name, show, kind = ''], i) =>
              el(
                i === 0 ? 'th' : 'td',
                {
                  'data-column': name,
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
    return el(
      'div',
      { class: 'wide', tabindex: '0', role: 'region', 'aria-label': caption },
      el(
        'table',
        { class: className },
        el('caption', {}, caption),
        el('thead', {}, el('tr', {}, ...heads)),
        body,
      ),
    );
  }

  /** The place of a small chart among others, by what it shows. */
  function small(id, name) {
    const known = [...byId(id).children].find((each) => each.dataset.name === name);
    if (known) return known.lastChild;
    const place = el('div', { class: 'chart' });
    byId(id).append(el('div', { 'data-name': name }, el('h3', {}, name), place));
    return place;
  }

  /** Equity with and without the overlay, and how far each is below its highest. */
  function equity(curve, drawdown) {
    if (curve === null) {
      for (const id of ['equity-key', 'drawdown']) fill(id);
      fill(
        'equity',
        empty(
          'Nobody tells the equity, so that there is no curve. Let the bot read its balance, or call engine.recordEquity({ time, equity }).',
        ),
      );
      return;
    }
    const { isTwin, columns } = curve;
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
    draw(byId('equity'), columns, { name: 'Equity', series: lines(money), format: short });
    draw(byId('drawdown'), drawdown, {
      name: 'Drawdown',
      height: 120,
      series: lines(percent),
      format: percent,
      legend: false,
    });
  }

  /** By its sign and its size: what is far from 0 stands out. */
  const warmth = (r) => `${sign(r)} ${Math.abs(r) >= 0.5 ? 'far' : Math.abs(r) >= 0.1 ? 'near' : ''}`.trim();

  /** Strategies by regime. */
  function heat({ cells, rows }) {
    if (rows.length === 0) {
      fill('heat', empty('No position is closed yet.'));
      return;
    }
    fill(
      'heat',
      table(
        'Mean R by strategy and regime at entry, and how many trades.',
        [
          ['strategy', ({ strategy }) => strategy],
          ...cells.map((cell, i) => [
            cell,
            ({ values }) =>
              values[i] === null
                ? ''
                : el('span', {}, signed(2)(values[i].r), el('small', { class: 'soft' }, `n ${values[i].n}`)),
            ({ values }) => warmth(values[i]?.r ?? 0),
          ]),
        ],
        rows,
        { className: 'heat' },
      ),
    );
  }

  const REGIME_COLOURS = ['--trending', '--ranging', '--volatile', '--unknown'];

  /** Prices with their regimes under them. */
  function prices(all, regimes) {
    if (all.length === 0) {
      fill('prices', empty('No candles are known: let the bot read some, or name the symbols.'));
      return;
    }
    byId('prices').querySelector(':scope > .empty')?.remove();
    key(
      'prices-key',
      regimes.map((name, i) => [name.toLowerCase(), REGIME_COLOURS[i]]),
    );
    for (const { symbol, columns } of all)
      draw(small('prices', symbol), [columns[0], columns[1]], {
        name: `Price of ${symbol} with its regimes`,
        height: 150,
        series: () => [line('close', '--ink', { format: money, width: 1 })],
        format: short,
        hooks: strip(columns[2], REGIME_COLOURS),
        legend: false,
      });
  }

  /** The effect as it grew, with its interval. */
  function effect(columns) {
    if (columns[0].length < 2) {
      fill('effect', empty('No outcome is known yet. `edgekeeper status` says how many a claim needs.'));
      return;
    }
    const format = signed(2);
    key('effect-key', [
      ['R gained per unit of size, by sizing signals apart', '--with'],
      ['95% at all times at once', '--band'],
    ]);
    draw(byId('effect'), columns, {
      name: 'The effect with its interval',
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

  /** Whether scores and probabilities tell the truth. */
  function calibration({ bins, n, summary, probability }) {
    const filled = bins.filter((bin) => bin.n > 0);
    const stated = probability.filter((bin) => bin.n > 0);
    fill(
      'calibration',
      el('p', { class: 'soft' }, summary),
      filled.length > 1 ? curve(filled) : null,
      n > 0
        ? table(
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
          )
        : null,
      stated.length > 0
        ? table(
            'Signals by P(mean R > 0) at the decision: where it was low, mean R should be below 0.',
            [
              ['P(edge)', ({ from, to }) => `${from.toFixed(1)} to ${to.toFixed(1)}`],
              ['signals', (bin) => String(bin.n)],
              ['mean R', ({ meanR }) => signed(2)(meanR), ({ meanR }) => sign(meanR)],
              [
                '95%',
                ({ meanRInterval }) =>
                  meanRInterval === null ? '-' : meanRInterval.map(signed(2)).join(' .. '),
              ],
            ],
            stated,
          )
        : null,
    );
  }

  function reasons(all) {
    fill(
      'reasons',
      all.length === 0
        ? empty('Nothing was decided yet.')
        : table(
            'Reasons of all decisions.',
            [
              ['reason', ({ reason }) => reason],
              ['decisions', ({ count }) => String(count)],
            ],
            all,
          ),
    );
  }

  /** Latest first. */
  function audit(entries, caption) {
    fill(
      'audit',
      entries.length === 0
        ? empty('Nobody changed anything.')
        : table(
            caption,
            [
              ['when (UTC)', ({ time }) => (time === 0 ? '-' : minute(time))],
              ['who', ({ who }) => who, 'text'],
              ['what', ({ what }) => what, 'text'],
              ['before', ({ before }) => before.slice(0, 120), 'long'],
              ['after', ({ after }) => after.slice(0, 120), 'long'],
              ['why', ({ why }) => why.slice(0, 300), 'long'],
            ],
            [...entries].reverse(),
          ),
    );
  }

  return {
    el,
    byId,
    fill,
    fixed,
    signed,
    money,
    percent,
    minute,
    day,
    empty,
    sign,
    table,
    small,
    key,
    equity,
    heat,
    prices,
    effect,
    calibration,
    reasons,
    audit,
  };
})();
