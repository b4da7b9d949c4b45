/** The dashboard: asks the API when something changed, and shows what it answers. It computes no figure of its own. */
(() => {
  const { el, byId, fill, fixed, signed, percent, minute, empty, sign, table } = globalThis.parts;
  const parts = globalThis.parts;
  const TOKEN = 'edgekeeper-token';
  const PAGE = 25;
  const FLAGS = [
    ['qualityFiltering', 'quality'],
    ['adaptiveWeighting', 'weighting'],
    ['retirementManagement', 'health'],
  ];
  /** Texts of answers that are shown: what says the same is not drawn again. */
  const shown = new Map();
  let status = null;
  let before = [];

  class ApiError extends Error {
    constructor(response, { found, hint, code }) {
      super(`${code}: ${found}. ${hint}`);
      this.status = response.status;
    }
  }

  const headers = () => {
    const token = sessionStorage.getItem(TOKEN);
    return token === null ? {} : { authorization: `Bearer ${token}` };
  };

  async function ask(path, options = {}) {
    const response = await fetch(`api/${path}`, {
      ...options,
      headers: { ...headers(), ...options.headers },
    });
    if (response.ok) return options.isStream ? response : response.text();
    const answer = await response
      .json()
      .catch(() => ({ error: { code: response.status, found: response.statusText, hint: '' } }));
    throw new ApiError(response, answer.error);
  }

  const post = (path, body) =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then(JSON.parse);

  /** Asks for something, and shows it if it is not what is shown already. */
  async function show(path, draw) {
    const text = await ask(path);
    if (shown.get(path) === text) return;
    shown.set(path, text);
    draw(JSON.parse(text));
  }

  const ago = (time) => {
    // A replay has no other present than its own.
    const now = status === null || status.bot.heardAt !== null ? Date.now() : status.time;
    const seconds = Math.max(0, Math.round((now - time) / 1000));
    for (const [size, name] of [
      [86_400, 'd'],
      [3600, 'h'],
      [60, 'min'],
    ])
      if (seconds >= size) return `${Math.floor(seconds / size)} ${name} ago`;
    return `${seconds} s ago`;
  };

  /** A time as people say it; exactly where one points at it. */
  const when = (time) =>
    el(
      'time',
      {
        datetime: new Date(time).toISOString(),
        title: `${minute(time)} UTC, ${new Date(time).toLocaleString()} here`,
        'data-time': time,
      },
      ago(time),
    );

  const say = (...text) => byId('said').replaceChildren(...text);

  // Switches

  function trouble(text) {
    byId('trouble').hidden = text === null;
    byId('trouble').textContent = text ?? '';
    document.body.classList.toggle('stale', text !== null);
  }

  /** Asks in place for what a write needs, and does it. */
  function confirm(question, { reason = true }, act) {
    const place = byId('ask');
    const needsToken = sessionStorage.getItem(TOKEN) === null;
    const input = (label, attributes) => {
      const made = el('input', attributes);
      return [made, el('label', {}, label, made)];
    };
    const [token, tokenLabel] = input('Token (in the file `token` of the state directory)', {
      type: 'password',
      required: '',
      autocomplete: 'off',
    });
    const [who, whoLabel] = input('Who', { autocomplete: 'name', maxlength: '60', required: '' });
    const [why, whyLabel] = input('Why', { maxlength: '500', required: '' });
    who.value = localStorage.getItem('edgekeeper-name') ?? '';
    const close = () => {
      place.hidden = true;
      place.replaceChildren();
    };
    const cancel = el('button', { type: 'button' }, 'Leave it');
    cancel.addEventListener('click', close);
    const form = el(
      'form',
      {},
      el('strong', {}, question),
      needsToken ? tokenLabel : '',
      reason ? whoLabel : '',
      reason ? whyLabel : '',
      el('button', { type: 'submit' }, 'Do it'),
      cancel,
    );
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (needsToken) sessionStorage.setItem(TOKEN, token.value.trim());
      if (reason) localStorage.setItem('edgekeeper-name', who.value);
      close();
      await carryOut(() => act({ actor: who.value || 'somebody', reason: why.value }));
    });
    place.replaceChildren(form);
    place.hidden = false;
    form.querySelector('input, button').focus();
  }

  async function carryOut(act) {
    say('Waiting for the bot…');
    try {
      await act();
    } catch (error) {
      if (error.status === 401) sessionStorage.removeItem(TOKEN);
      say(`Not done. ${error.message}`);
    }
    await refresh();
  }

  const told = (text, { isDone }, undo) => {
    const button = el('button', { type: 'button' }, 'Undo');
    button.addEventListener('click', undo);
    say(isDone ? `${text}. ` : `${text}: waits for the bot's next start. `, button);
  };

  const give = (command, text, undo) => (by) =>
    post('commands', { ...command, ...by }).then((answer) => told(text, answer, undo));

  function setFlag(flag, name, on) {
    confirm(
      `Switch ${name} ${on ? 'on' : 'off'}?`,
      {},
      give({ type: 'setFlags', flags: { [flag]: on } }, `${name} is ${on ? 'on' : 'off'}`, () =>
        setFlag(flag, name, !on),
      ),
    );
  }

  function setMode(mode) {
    const [question, text, other] =
      mode === 'act'
        ? ['Let the overlay act?', 'The overlay acts', 'observe']
        : ['Observe only: nothing is touched?', 'The overlay observes', 'act'];
    confirm(
      question,
      {},
      give({ type: 'setMode', mode }, text, () => setMode(other)),
    );
  }

  const panic = () =>
    carryOut(() =>
      post('off', {}).then((answer) =>
        told('The overlay is OFF', answer, () => setFlag('enabled', 'the overlay', true)),
      ),
    );

  /** Off needs no reason and no second click; the token is asked once. */
  function off() {
    if (sessionStorage.getItem(TOKEN) === null)
      confirm('Switch the overlay off?', { reason: false }, () =>
        post('off', {}).then((answer) =>
          told('The overlay is OFF', answer, () => setFlag('enabled', 'the overlay', true)),
        ),
      );
    else panic();
  }

  function switches({ flags, mode, isMissing }) {
    if (isMissing) {
      fill('switches');
      return;
    }
    const toggle = (name, isOn, key, act) => {
      const made = el(
        'button',
        { type: 'button', role: 'switch', 'aria-checked': String(isOn), 'data-key': key },
        name,
      );
      made.addEventListener('click', () => act(!isOn));
      return made;
    };
    const stop = el(
      'button',
      { type: 'button', class: 'panic', 'data-key': 'off' },
      flags.enabled ? 'OFF' : 'Switch on',
    );
    stop.addEventListener('click', () => (flags.enabled ? off() : setFlag('enabled', 'the overlay', true)));
    fill(
      'switches',
      ...FLAGS.map(([flag, name]) => toggle(name, flags[flag], flag, (on) => setFlag(flag, name, on))),
      toggle('acting', mode === 'act', 'mode', (on) => setMode(on ? 'act' : 'observe')),
      stop,
    );
  }

  // The three answers

  const LIGHTS = {
    off: 'off: every order leaves as the bot made it',
    empty: 'nothing is known yet',
    bad: 'needs a hand now',
    attention: 'something to look at',
    good: 'all is well',
  };
  const BOTS = { running: 'the bot runs', silent: 'the bot is SILENT', stopped: 'no bot runs' };

  function light({ light: name, bot, mode, flags }) {
    const place = byId('light');
    place.className = `light is-${name}`;
    const does =
      flags === undefined ? '' : flags.enabled ? (mode === 'observe' ? ', observing' : ', acting') : '';
    place.replaceChildren(
      `${LIGHTS[name]}; ${BOTS[bot.state]}${does}`,
      ...(bot.heardAt === null ? [] : [', heard of ', when(bot.heardAt)]),
    );
  }

  function answers({ healthy, helping, hand, observed, waitingCommands, fault }) {
    const { active, degraded, suspended, retired, drawdown, guard, stopped } = healthy;
    const statuses = [
      [active, 'active'],
      [degraded, 'degraded'],
      [suspended, 'suspended'],
      [retired, 'retired'],
    ]
      .filter(([count], i) => count > 0 || i === 0)
      .map(([count, name]) => `${count} ${name}`);
    const health = [
      statuses.join(' · '),
      drawdown === null
        ? 'no equity is told: the drawdown guard cannot act'
        : `drawdown ${percent(drawdown)} (guard ${fixed(2)(guard)})`,
      `unjudged ${healthy.unjudged} of ${healthy.entries} · unbooked ${healthy.unbooked} of ${healthy.positions}`,
      ...(stopped ? ['HARD STOP: nothing is opened until somebody resumes'] : []),
      ...(fault === null ? [] : [`the record is damaged: ${fault}`]),
      ...(waitingCommands === 0 ? [] : [`${waitingCommands} commands wait for the bot's next start`]),
    ];
    const { verdict, effect, interval, n, sentence, moreNeeded, moreWeeks } = helping;
    const claim =
      interval === null || effect === null
        ? sentence
        : `${signed(2)(effect)} R per unit sent (${interval.map(signed(2)).join(' .. ')}), ${verdict}, over ${n} outcomes`;
    const more =
      moreNeeded === null || moreNeeded === 0
        ? ''
        : `About ${moreNeeded.toLocaleString('en-US')} more outcomes to a claim${moreWeeks === null ? '' : `, ${moreWeeks < 1 ? 'less than a week' : `${Math.ceil(moreWeeks)} weeks`} at this pace`}.`;
    const watched =
      observed === null
        ? ''
        : `While it observes: of ${observed.signals} signals it would have vetoed ${observed.vetoed} and resized ${observed.resized}; ${observed.outcomes} of ${observed.needed} outcomes.`;
    const answer = (question, lines, name = '') =>
      el('div', { class: name }, el('h2', {}, question), el('div', {}, ...lines));
    const isCritical = hand.some(({ level }) => level === 'critical');
    fill(
      'answers',
      answer(
        'Is it healthy?',
        health.map((line) => el('p', {}, line)),
      ),
      answer(
        'Is it helping?',
        [claim, more, watched].filter(Boolean).map((line) => el('p', {}, line)),
      ),
      answer(
        'What needs a hand?',
        hand.length === 0 ? [el('p', {}, 'Nothing does.')] : hand.map(handRow),
        hand.length === 0 ? '' : `hand ${isCritical ? 'critical' : ''}`,
      ),
    );
  }

  function handRow({ id, level, message, since, code, about }) {
    const seen = el('button', { type: 'button', 'data-key': `seen ${id}` }, 'seen');
    const acknowledge = () =>
      carryOut(() =>
        post('alerts/acknowledge', { id }).then(() => say('It is put away until it gets worse.')),
      );
    seen.addEventListener('click', () =>
      sessionStorage.getItem(TOKEN) === null
        ? confirm('Put it away?', { reason: false }, () =>
            post('alerts/acknowledge', { id }).then(() => say('It is put away until it gets worse.')),
          )
        : acknowledge(),
    );
    const row = el('p', {}, `${level === 'critical' ? '◆' : '▲'} `, message, ' · ', when(since), seen);
    if (code === 'STRATEGY_SUSPENDED') {
      const force = el('button', { type: 'button', 'data-key': `force ${about}` }, 'start it anew');
      force.addEventListener('click', () =>
        confirm(`Start ${about} anew as ACTIVE?`, {}, (by) =>
          post('commands', { type: 'forceStatus', strategy: about, status: 'ACTIVE', ...by }).then(
            ({ isDone }) =>
              say(isDone ? `${about} is ACTIVE.` : `${about} will be ACTIVE at the bot's next start.`),
          ),
        ),
      );
      row.append(force);
    }
    return row;
  }

  function lastDay({ signals, sent, reduced, blocked, changes }) {
    fill(
      'day',
      el('p', {}, `${signals} signals: ${sent} sent whole, ${reduced} reduced, ${blocked} blocked`),
      ...(changes.length === 0
        ? [el('p', { class: 'soft' }, 'No weight and no status changed.')]
        : changes
            .slice(-12)
            .reverse()
            .map(({ strategy, what, from, to, time }) =>
              el('p', {}, `${strategy} ${what} ${from} → ${to} `, when(time)),
            )),
    );
  }

  // Strategies

  const svg = (tag, attributes, ...children) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  /** The size that its signals got over the latest 30 days. */
  function spark([times, sizes]) {
    const from = (times.at(-1) ?? 0) - 30 * 86_400;
    const points = times.flatMap((time, i) => (time >= from && sizes[i] !== null ? [[time, sizes[i]]] : []));
    if (points.length < 2) return el('span', { class: 'soft' }, '-');
    const span = Math.max(1, points.at(-1)[0] - points[0][0]);
    const top = Math.max(1, ...points.map(([, size]) => size));
    const line = points
      .map(([time, size]) => `${((time - points[0][0]) / span) * 108 + 1},${23 - (size / top) * 22}`)
      .join(' ');
    return svg(
      'svg',
      {
        class: 'spark',
        viewBox: '0 0 110 24',
        role: 'img',
        'aria-label': `size over 30 days, now ${points.at(-1)[1].toFixed(2)}`,
      },
      svg('polyline', { points: line }),
    );
  }

  const evidence = (probability) =>
    probability === null
      ? '-'
      : el(
          'span',
          {},
          fixed(2)(probability),
          el(
            'span',
            { class: 'evidence', 'aria-hidden': 'true' },
            el('i', { style: `width: ${Math.round(100 * probability)}%` }),
          ),
        );

  function strategies(rows) {
    if (rows.length === 0) {
      fill(
        'strategies',
        empty('No strategy is known yet: `edgekeeper doctor` says what of a bot is not seen.'),
      );
      return;
    }
    const made = table(
      'Figures of closed positions. R: what a trade won or lost by what it risked. P(edge): the probability that the mean R is above 0.',
      [
        ['strategy', ({ name }) => name],
        ['trades', ({ trades }) => String(trades)],
        ['exp. R', ({ expectancyR }) => signed(2)(expectancyR), ({ expectancyR }) => sign(expectancyR)],
        ['95%', ({ interval }) => (interval === null ? '-' : interval.map(signed(2)).join(' .. '))],
        ['P(edge)', ({ probability }) => evidence(probability)],
        ['size', ({ size }) => fixed(2)(size)],
        ['weight', ({ weight }) => fixed(2)(weight)],
        ['30 days', ({ worth }) => spark(worth)],
        ['status', ({ status: name, reason }) => el('span', { title: reason ?? '' }, name), 'text'],
      ],
      rows,
      { className: 'cards' },
    );
    named(made);
    fill('strategies', made);
  }

  /** On a phone a cell says what column it is of. */
  function named(made) {
    const names = [...made.querySelectorAll('thead th')].map((th) => th.textContent);
    for (const row of made.querySelectorAll('tbody tr'))
      for (const [i, each] of [...row.children].entries()) each.dataset.column = names[i];
  }

  /** What became of the signals of each strategy. */
  function signals(byStrategy) {
    const rows = Object.entries(byStrategy).filter(([, { signals: all }]) => all > 0);
    if (rows.length === 0) {
      fill('signals');
      return;
    }
    const count = (name) => [name, ([, counts]) => counts[name].toLocaleString('en-US')];
    fill(
      'signals',
      table(
        'Signals of each strategy, and what became of them.',
        [
          ['strategy', ([name]) => name],
          ...['signals', 'executed', 'reduced', 'increased', 'blocked'].map(count),
        ],
        rows,
      ),
    );
  }

  // Decisions

  const select = (name, label, values) =>
    el(
      'label',
      {},
      label,
      el('select', { name }, ...values.map(([value, text]) => el('option', { value }, text))),
    );

  function filters(names) {
    const form = byId('filter');
    if (form.dataset.names === names.join()) return;
    form.dataset.names = names.join();
    form.replaceChildren(
      select('strategy', 'Strategy', [['', 'all'], ...names.map((name) => [name, name])]),
      select('result', 'What became of it', [
        ['', 'all'],
        ['sent', 'sent whole'],
        ['reduced', 'reduced'],
        ['blocked', 'blocked'],
      ]),
    );
  }

  byId('filter').addEventListener('change', () => {
    before = [];
    decisions();
  });
  byId('filter').addEventListener('submit', (event) => event.preventDefault());

  async function decisions() {
    const query = new URLSearchParams({ limit: PAGE });
    for (const { name, value } of byId('filter').elements) if (value !== '') query.set(name, value);
    if (before.length > 0) query.set('before', before.at(-1));
    const { decisions: rows, next } = JSON.parse(await ask(`decisions?${query}`));
    const page = (text, isThere, act) => {
      const made = el(
        'button',
        { type: 'button', 'data-key': text, ...(isThere ? {} : { disabled: '' }) },
        text,
      );
      made.addEventListener('click', () => {
        act();
        decisions();
      });
      return made;
    };
    const made = table(
      'A signal, the share of its size that it got, and why. Its number opens the steps behind it.',
      [
        ['decision', ({ id }) => opener(id)],
        ['when', ({ time }) => when(time), 'text'],
        ['strategy', ({ strategy }) => strategy, 'text'],
        ['symbol', ({ symbol, side }) => `${symbol} ${side}`, 'text'],
        ['size', ({ intended }) => fixed(2)(intended)],
        ['why', ({ reasons }) => reasons.join(', '), 'long'],
      ],
      rows,
      { className: 'cards' },
    );
    named(made);
    fill(
      'decisions',
      rows.length === 0 ? empty('No such decision.') : made,
      el(
        'div',
        { class: 'pages' },
        page('Later', before.length > 0, () => before.pop()),
        page('Earlier', next !== null, () => before.push(next)),
      ),
    );
  }

  function opener(id) {
    const made = el('button', { type: 'button', class: 'link', 'data-key': id }, id);
    made.addEventListener('click', () => why(id));
    return made;
  }

  async function why(id) {
    const { decision, waterfall, flips, trades, shadow } = JSON.parse(await ask(`decisions/${id}`));
    const place = byId('why');
    const close = el('button', { type: 'button' }, 'Close');
    close.addEventListener('click', () => {
      place.hidden = true;
      [...document.querySelectorAll('#decisions [data-key]')]
        .find((each) => each.dataset.key === id)
        ?.focus();
    });
    place.replaceChildren(
      el(
        'h3',
        {},
        `${id}: ${decision.strategy} ${decision.symbol} ${decision.side}, ${minute(decision.time)} UTC`,
      ),
      table(
        'From the size that the bot asked for to what was sent.',
        [
          ['step', ({ step }) => step],
          ['factor', ({ factor }) => `×${fixed(3)(factor)}`],
          ['size', ({ after }) => fixed(3)(after)],
          ['why', ({ note }) => note, 'long'],
        ],
        waterfall,
      ),
      el(
        'p',
        {},
        flips.length === 0
          ? 'No single change would have made it another decision.'
          : `It would have been another decision: ${flips
              .slice(0, 3)
              .map(({ change }) => change)
              .join('; ')}.`,
      ),
      el(
        'p',
        {},
        trades.length > 0
          ? `It came to ${trades.map(({ r, pnl }) => `${signed(2)(r)} R (${signed(2)(pnl)})`).join(', ')}.`
          : shadow
            ? `Followed, it would have come to ${signed(2)(shadow.r)} R.`
            : 'What it comes to is not known yet.',
      ),
      close,
    );
    place.hidden = false;
    place.focus();
  }

  // Alerts

  function alerts(rows) {
    fill(
      'alerts',
      rows.length === 0
        ? empty('No alert holds.')
        : table(
            'Alerts that hold, or held in the last day.',
            [
              ['alert', ({ code }) => code],
              ['level', ({ level }) => level, 'text'],
              ['since', ({ since }) => when(since), 'text'],
              ['what, and what to do', ({ message }) => message, 'long'],
            ],
            rows,
          ),
    );
  }

  // All together

  function nothingYet({ fault }) {
    const place = byId('empty');
    place.hidden = false;
    if (fault) {
      place.replaceChildren(
        el('h2', {}, 'Nothing can be read'),
        el('p', {}, fault),
        el('p', {}, '`edgekeeper recover` says what can be, and goes on from there.'),
      );
      return;
    }
    place.replaceChildren(
      el('h2', {}, 'Nothing is known yet'),
      el(
        'p',
        {},
        'No bot has written anything here so far. These lines put the overlay on a bot that trades through ccxt; this page fills by itself when it runs:',
      ),
      el(
        'pre',
        {},
        "import { edgekeeper } from 'edgekeeper/ccxt';\n\nawait edgekeeper(exchange, { strategy: 'EMA_Trend', config: { mode: 'observe' } });",
      ),
      el(
        'p',
        {},
        '`edgekeeper init` writes them for your bot, `edgekeeper doctor` says what of it is not seen, and `edgekeeper paper` shows all of this on a generated market.',
      ),
    );
  }

  async function refresh() {
    try {
      await show('status', (latest) => {
        status = latest;
        byId('name').textContent = latest.name;
        document.title = `${latest.light === 'bad' ? '◆ ' : ''}${latest.name} · Edgekeeper`;
        light(latest);
        switches(latest);
        byId('empty').hidden = true;
        for (const section of byId('main').children)
          if (section.id !== 'empty') section.hidden = latest.isMissing === true;
        if (latest.isMissing) nothingYet(latest);
        else {
          answers(latest);
          lastDay(latest.lastDay);
        }
      });
      trouble(null);
      if (status.isMissing) return;
      await Promise.all([
        show('equity', ({ equity, drawdown }) => parts.equity(equity, drawdown)),
        show('strategies', (rows) => {
          strategies(rows);
          filters(rows.map(({ name }) => name));
        }).then(decisions),
        show('regimes', ({ heat, prices, regimes }) => {
          parts.heat(heat);
          parts.prices(prices, regimes);
        }),
        show('effect', ({ growth }) => parts.effect(growth)),
        show('calibration', parts.calibration),
        show('reasons', ({ reasons, signals: byStrategy }) => {
          parts.reasons(reasons);
          signals(byStrategy);
        }),
        show('alerts', alerts),
        show('audit?limit=50', ({ entries }) =>
          parts.audit(entries, 'Latest changes, by the rules or by a person.'),
        ),
      ]);
    } catch (error) {
      failed(error);
    }
  }

  function failed(error) {
    if (error.status === 401) {
      sessionStorage.removeItem(TOKEN);
      if (byId('ask').hidden)
        confirm('This server is open to others: reading needs the token, too.', { reason: false }, refresh);
      return;
    }
    const known = status === null ? '' : ` What is shown is of ${minute(status.time)} UTC.`;
    trouble(
      error instanceof ApiError ? error.message : `The server does not answer.${known} It is tried again.`,
    );
  }

  /** Listens for changes; asks again in any case every quarter of a minute, for somebody may be in between. */
  async function listen() {
    for (let pause = 1000; ; pause = Math.min(2 * pause, 15_000)) {
      try {
        const response = await ask('events', { isStream: true });
        pause = 500;
        await refresh();
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read())
          if (value.includes('event: change')) await refresh();
      } catch (error) {
        failed(error);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
      await refresh();
    }
  }

  setInterval(() => {
    for (const each of document.querySelectorAll('[data-time]'))
      each.textContent = ago(Number(each.dataset.time));
  }, 1000);
  listen();
})();
