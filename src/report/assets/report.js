/** Shows the data of a report. */
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { draw, line } = globalThis.charts;
  const { el, byId, fill, fixed, signed, money, minute, day, empty, sign, table, small, key } =
    globalThis.parts;
  const { equity, heat, prices, effect, calibration, reasons, audit } = globalThis.parts;

  byId('title').textContent = data.title;
  byId('when').textContent =
    `${day(data.from)} to ${minute(data.time)} UTC. The overlay ${data.mode === 'observe' ? 'observes: nothing is touched' : 'acts'}.`;
  const verdict = byId('verdict');
  verdict.classList.add(data.verdict.word);
  verdict.append(el('p', {}, data.verdict.text));
  for (const alert of data.alerts) verdict.append(el('p', { class: 'soft' }, alert));
  for (const [name, value] of data.summary)
    byId('facts').append(el('div', {}, el('dt', {}, name), el('dd', {}, value)));

  equity(data.equity, data.drawdown);
  if (data.strategies.length === 0)
    fill(
      'strategies',
      empty(
        'No strategy is known yet: send a signal through the overlay. `edgekeeper doctor` says what of a bot is not seen.',
      ),
    );
  else {
    fill(
      'strategies',
      table(
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
      ),
    );
    for (const { name, worth } of data.strategies) {
      if (worth[0].length < 2) continue;
      const format = fixed(2);
      draw(small('worths', name), worth, {
        name: `Size and P(edge) of ${name}`,
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

  heat(data.heat);
  prices(data.prices, data.regimes);
  effect(data.effect);
  calibration(data.calibration);
  reasons(data.reasons);
  audit(data.audit, 'Latest changes, by the rules or by a person; steps of weights are left out.');

  const { all, latest } = data.trades;
  if (latest.length === 0) fill('trades', empty('No trade is closed yet.'));
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
    fill(
      'trades',
      table(
        all > latest.length ? `The latest ${latest.length} of ${all} trades.` : `All ${all} trades.`,
        NAMES.map((name, i) => [
          name,
          (row) => (row[i] === null ? '-' : show[i](row[i])),
          i >= 9 ? (row) => sign(row[i]) : isText(i) ? 'text' : '',
          (row) => row[i] ?? Number.NEGATIVE_INFINITY,
        ]),
        [...latest].reverse(),
        { isSortable: true },
      ),
    );
  }
})();
