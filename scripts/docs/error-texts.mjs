/** @typedef {readonly [code: string, means: string, remedy: string]} Entry */

/** Errors by where they are met. @type {readonly (readonly [title: string, entries: readonly Entry[]])[]} */
export const ERRORS = [
  [
    'Configuration and set-up',
    [
      [
        'CONFIG_INVALID',
        'An option does not exist, has a wrong value, or contradicts another. All faults are named at once, and the earlier configuration stays in force.',
        'Change what the text names. `edgekeeper config check FILE` finds it before the bot does; a percentage is written as a fraction.',
      ],
      [
        'OPTION_INVALID',
        'An option of the command line or of a function is none, or two exclude each other.',
        'Add `--help` to the command.',
      ],
      [
        'NOT_INITIALIZED',
        'A `get...()` was called before its `initialize...()`.',
        'Call `initializeEngine()` once when the bot starts.',
      ],
      [
        'FLEET_UNREACHABLE',
        'No server of the fleet answers, or too few of them are there to agree. A bot trades on as alone, and ships later.',
        'Start a NATS server with JetStream, and see `fleet.servers`.',
      ],
      [
        'FLEET_CREDENTIALS_INVALID',
        'The file of credentials cannot be read, or has another form.',
        'A .creds file, or a line `user:password`.',
      ],
      [
        'FLEET_REFUSED',
        'The servers do not make what a fleet needs, or the credentials may not do what was asked.',
        'The text says why.',
      ],
      [
        'FLEET_MISSING',
        'There is no such fleet at the servers.',
        'Run `edgekeeper fleet serve` once, with credentials that may make streams.',
      ],
      [
        'FLEET_NAME_TAKEN',
        'Another process has the name of this bot in the fleet. At a start the bot is refused; later it is not shipped.',
        'Give each bot its own `fleet.bot`.',
      ],
      [
        'FLEET_MESSAGE_INVALID',
        'A message in the stream of a fleet cannot be read; nothing was learned from it.',
        'Bring replicas and bots to one version.',
      ],
      [
        'FLEET_NOT_ACKNOWLEDGED',
        'Not every bot has carried out what was ordered, within the time given. Those that are away do when they are back.',
        '`edgekeeper fleet status` lists them.',
      ],
      [
        'PACKAGE_MISSING',
        "A package that is the bot's own, such as `ccxt`, is not beside it, does not load, or is of another major version.",
        'Run the `npm install` that the text names, in the folder of the bot.',
      ],
      [
        'REQUEST_INVALID',
        'The server was asked for something that there is not, or with a parameter or a body that cannot be. Status 400 or 404.',
        'The description of the API is at `/api/openapi.json`.',
      ],
      [
        'REQUEST_REFUSED',
        'A request without the token or from a foreign page or name, one that is too large, or one too many. Status 401, 403, 411, 413, 415, 429 or 503.',
        'Writes need `Authorization: Bearer <token>`; the text says where the token is.',
      ],
      [
        'SERVER_FAILED',
        'The address of the dashboard cannot be listened on, an answer failed, or an alert was not delivered. The bot goes on without it.',
        'Choose another port, or look at the log.',
      ],
      [
        'BOT_FAILED',
        'A bot that `edgekeeper paper -- <command>` started broke down, or is no Node program that trades by ccxt 4.',
        'Start it by itself first. What it printed is under `trial/` in the state directory.',
      ],
      [
        'HISTORY_INVALID',
        'A file with past trades is none that `edgekeeper check` knows, or has nothing in it that can be.',
        'Say what its columns are: `--columns exitTime=Closed,pnl=Result`, and `--dates` or `--utc-offset` where the text asks for it.',
      ],
      [
        'EXCHANGE_UNKNOWN',
        'ccxt has no exchange of that name.',
        'Names are in small letters: `binance`, `kraken`. The text names similar ones.',
      ],
      [
        'SYMBOL_UNKNOWN',
        'The market does not list the symbol, or it is not written BASE/QUOTE.',
        'Take one that the text names; separate several by commas.',
      ],
      [
        'TIMEFRAME_UNKNOWN',
        'The timeframe is no count and unit, or the exchange does not serve it.',
        'Write such as `5m`, `1h` or `1d`; the text lists what the exchange serves.',
      ],
    ],
  ],
  [
    'What a bot says',
    [
      [
        'SIGNAL_INVALID',
        'A signal, or an entry that was not judged, lacks a usable strategy, symbol, side, time or id. `decide` does not throw: it sends the order at its base weight and counts this.',
        'Fix what the log names; names are 1 to 100 printable letters, times are in ms.',
      ],
      [
        'TRADE_INVALID',
        'A trade or an outcome cannot be true: a number that is none, a close before the entry, a missing id. Nothing of it was recorded.',
        'Fix the field that the text names, and record it again.',
      ],
      [
        'TRADE_TOO_OLD',
        'A trade closed before all of the latest 4,096: it can no longer be told from a duplicate.',
        'Record trades about in the order in which they close.',
      ],
      [
        'ORDER_INVALID',
        'An order or a fill that the middleware cannot read. The order goes out as it is, unjudged; the fill is not recorded.',
        '`side` is `buy` or `sell` in small letters; amounts and prices are above 0.',
      ],
      [
        'EQUITY_INVALID',
        'An equity report with a number that cannot be money, or without a time in ms.',
        'Report equity in the currency of the quotes: `engine.recordEquity({ time, equity })`.',
      ],
      [
        'TIME_AHEAD',
        "Something lies more than five minutes ahead of the host's clock. It was not taken.",
        'Send times in ms, not in seconds or microseconds; set the clock.',
      ],
      [
        'EVIDENCE_INVALID',
        'Figures that a component is to judge by are none, or cannot be together. Nothing was changed.',
        'Give finite numbers; leave out what is not known.',
      ],
      [
        'ARGUMENT_INVALID',
        'An argument of a public method is of the wrong kind.',
        'The text says what was expected.',
      ],
      [
        'READ_ONLY',
        'A component of an engine was written to. Its views can only be read.',
        'Use a command: `engine.manager.forceStatus`, `engine.setFlags`, `engine.execute` and the like.',
      ],
    ],
  ],
  [
    'Commands and questions',
    [
      [
        'COMMAND_INVALID',
        'A command of an operator or of a host is none: an unknown status, a name that cannot be printed, no reason.',
        'The text says what was expected. Nothing was changed.',
      ],
      [
        'COMMAND_NOT_ACKNOWLEDGED',
        'A bot runs and did not answer, or it refused. Without an answer the command still waits in the inbox.',
        'See `edgekeeper commands`; take it back by `edgekeeper commands cancel`. In an emergency: `edgekeeper off`.',
      ],
      [
        'STRATEGY_UNKNOWN',
        'Nothing is known of a strategy of that name.',
        'Names are written as the bot writes them; the text lists the known ones.',
      ],
      [
        'DECISION_UNKNOWN',
        'No such decision is in the journal: never made, or compacted away.',
        '`edgekeeper why --last`, or `edgekeeper journal export --type decision` for the ids.',
      ],
      [
        'RECORD_EMPTY',
        'Nothing to answer by yet: no decision, or none whose outcome is known.',
        'Let the bot run until a trade has closed; `edgekeeper status` says what it did so far.',
      ],
      [
        'RECORD_INCOMPLETE',
        'The journal does not reach back far enough: it was compacted, or the time lies outside it. Nothing was changed.',
        'Put the dropped files back from a backup, or ask about a later time.',
      ],
      ['METRIC_UNKNOWN', 'Strategies cannot be ranked by that.', 'Take a metric that the text lists.'],
    ],
  ],
  [
    'State and journal',
    [
      [
        'STATE_MISSING',
        'The directory holds no state of a bot.',
        "Is it the bot's? Name it with `--state-dir`; before a first run there is none.",
      ],
      [
        'STATE_LOCKED',
        'Another process has had the directory for ten seconds and renews its lease.',
        'Stop that process, or give this bot a directory of its own.',
      ],
      [
        'LEASE_LOST',
        'This process had the directory and another one has it now. It writes nothing more, sizes stay as they were learned, and `off` still works.',
        'Stop one of the two, and start the other anew.',
      ],
      [
        'STATE_UNREADABLE',
        'A file of the state is there and cannot be read: by its permissions, or because the disk fails. What is in it may be whole.',
        'Run the command as the user of the bot, or give that user the files.',
      ],
      [
        'BACKUP_INVALID',
        'A file is no backup, is cut off, or is not as it was written.',
        'Take another; nothing was changed.',
      ],
      [
        'STATE_OCCUPIED',
        'A replay would overwrite the state of a live run.',
        'Name another directory with `--state-dir`. Nothing was changed.',
      ],
      [
        'STATE_UNWRITABLE',
        'The directory, or a file in it, cannot be written. Nothing is left behind.',
        "Free space, give the bot's user the right to write, or name another directory.",
      ],
      [
        'STATE_CORRUPT',
        'A file of the state is not what was written: half of it is missing, a bit flipped, or it is of a newer version. It is never overwritten.',
        'Put it back from a backup. A broken `state.json` beside a whole journal is made again at the start.',
      ],
      [
        'SNAPSHOT_INVALID',
        'A state that was given to `restore` is none, or was written by a newer version.',
        'Upgrade, or restore another one. Nothing was changed.',
      ],
      [
        'JOURNAL_CORRUPT',
        'Lines that were known to be on disk are wrong; the text names file and line. The start stops.',
        '`edgekeeper journal verify`, then a backup; or go on without what came after the snapshot: [what can be lost](operating.md#what-can-be-lost).',
      ],
      [
        'JOURNAL_REPLAY_FAILED',
        'An event is whole, and this version cannot apply it.',
        'Start with the version that wrote it, and report it.',
      ],
    ],
  ],
  [
    'Market data',
    [
      [
        'MARKET_DATA_UNAVAILABLE',
        'The exchange gave no markets, or no candles after several tries.',
        'Check the network. A running bot tries again; meanwhile the regime becomes UNKNOWN.',
      ],
      [
        'CANDLES_MISSING',
        'No candle file for a symbol and timeframe in the folder.',
        'Files are named such as `BTC_USDT-1h.csv` or `.csv.gz`; check `--candles`, `--symbols` and `--timeframe`.',
      ],
      [
        'CANDLES_INVALID',
        'A candle file has a wrong header, a row that cannot be true, or rows out of order. Nothing was traded.',
        'Columns are `timestamp,open,high,low,close,volume`; the timestamp is the open time in ms UTC.',
      ],
    ],
  ],
];

/** Failures that stop nothing: they are counted. @type {readonly Entry[]} */
export const COUNTED = [
  [
    'DECIDE_FAILED',
    'Judging a signal failed inside. The order went out at its base weight, times health and guard.',
    'Report it with the line in the log.',
  ],
  [
    'ADAPTER_FAILED',
    "Something around an order or a fill failed. The bot's own order went out.",
    'Report it with the line in the log.',
  ],
  [
    'DECISION_INVALID',
    "An engine of the host's own answered with a multiplier that is none. The bot's own order went out.",
    'Look at that engine.',
  ],
  ['OBSERVER_FAILED', 'A function that was given to `subscribe` threw.', 'Look at that function.'],
  [
    'ATTACH_FAILED',
    'An exchange that the bot made could not be attached to. It trades as without the overlay.',
    'Read the line in the log.',
  ],
  [
    'CANDLE_INVALID',
    'A candle that cannot be true was skipped: high below low, a price of 0, a time that is none.',
    'Look at where candles come from.',
  ],
  [
    'ANSWER_LOST',
    'The answer to an order never came, as after a timeout. It may have filled; entries on the symbol stay unjudged until the exchange has said.',
    'Nothing, where it is rare.',
  ],
  [
    'FEES_UNKNOWN',
    "A fee is in a currency without a price, or the venue does not tell it. It is estimated at the taker's rate.",
    'Let the bot read the ticker of that currency.',
  ],
  [
    'POSITION_DROPPED',
    'More than 4,096 positions are open; the oldest is never learned.',
    'Does the bot say when positions close? See [positions](operating.md#positions).',
  ],
  [
    'RECONCILE_FAILED',
    'The exchange did not answer a question about positions, orders or trades. It is asked again.',
    'Nothing, where it is rare; else look at the rate limit.',
  ],
  [
    'EQUITY_FAILED',
    'The balance could not be read or counted. The drawdown guard goes on with the last equity.',
    'Read the line in the log; or call `engine.recordEquity` yourself.',
  ],
  [
    'REFRESH_FAILED',
    'Candles could not be fetched. After two candles without any the regime is UNKNOWN.',
    'Check the network, or let the bot read candles.',
  ],
  [
    'UPDATE_FAILED',
    'The update by the hour failed. It is tried again.',
    'Report it with the line in the log.',
  ],
  [
    'JOURNAL_FAILED',
    'The journal cannot be written. Events wait in memory, and trading goes on at the right sizes.',
    'Free space on the disk: [what can be lost](operating.md#what-can-be-lost).',
  ],
  [
    'SAVE_FAILED',
    'A snapshot could not be written. The earlier one and the journal still say everything.',
    'Free space on the disk.',
  ],
  [
    'KEPT_FAILED',
    'What an adapter keeps, such as open lots, could not be written. It is tried again.',
    'Free space on the disk.',
  ],
  [
    'POLL_FAILED',
    'Looking for commands, the panic switch or a changed configuration failed once. It is tried twice a second.',
    'Is the state directory there, and may the bot read it?',
  ],
  [
    'COMMAND_FAILED',
    'A command failed inside, and was answered as refused.',
    'Report it with the line in the log.',
  ],
  [
    'OTHER',
    'More kinds of codes came in than are told apart. They count together here.',
    'Give `countError` codes, not texts made anew each time.',
  ],
];

/** @type {readonly Entry[]} */
export const ALERTS = [
  [
    'BOT_SILENT',
    'A bot that did not say that it ended has written nothing down for 15 seconds. Seen from outside only: by `serve`, `watch` and alerts.',
    'Look at its process, and at the room on its disk.',
  ],
  [
    'RECORD_DAMAGED',
    'The journal or the snapshot of a state that is followed from outside is damaged.',
    '`edgekeeper recover` says what can be read.',
  ],
  [
    'LEASE_LOST',
    'Another process has the state directory, and nothing of this one is recorded any more.',
    'Stop one of the two, and start again.',
  ],
  [
    'HARD_STOP',
    'The account fell as far as `hardStop` allows: nothing is opened.',
    'Look why; then `edgekeeper resume --reason ...`.',
  ],
  [
    'HARD_STOP_OFF',
    'The account is more than 20% below its highest, and no hard stop is set.',
    'Decide: `"hardStop": 0.3` stops at 30%.',
  ],
  [
    'NO_ACTIVE_STRATEGY',
    'No strategy is ACTIVE.',
    'It is what the evidence says, or an operator: `edgekeeper status` says why of each.',
  ],
  [
    'STRATEGY_SUSPENDED',
    'A strategy is benched, and why.',
    '`edgekeeper why --last --strategy NAME`. [Suspended, and you disagree](troubleshooting.md#a-strategy-is-suspended-and-you-disagree).',
  ],
  [
    'MANY_DEGRADED',
    'More than two strategies get a part of their size.',
    'Look whether the market changed for all.',
  ],
  [
    'DRAWDOWN_GUARD_ACTING',
    'The portfolio is below its peak by more than `drawdownGuardStart`: new exposure shrinks.',
    'Nothing; after a withdrawal that was not told, `edgekeeper rebase-peak`.',
  ],
  [
    'NO_EQUITY_FEED',
    'Nobody tells the equity: guard and hard stop cannot act.',
    'Let the bot read its balance, or call `engine.recordEquity`.',
  ],
  ['OBSERVING', 'The overlay observes and touches nothing.', '`edgekeeper act` lets it act.'],
  [
    'THRESHOLD_UNREACHABLE',
    'By the founding rules: in this regime not even a perfect signal reaches the threshold.',
    'Lower `minQualityThreshold`, or raise `regimeAdjustments`.',
  ],
  [
    'MARKET_DATA_STALE',
    'The last candle of a symbol is older than two candles: its regime is UNKNOWN.',
    "Feed candles of the overlay's timeframe, or shorter.",
  ],
  [
    'ENTRIES_UNJUDGED',
    'More than a tenth of the latest 100 entries could not be judged.',
    '[What it does not see](operating.md#what-it-does-not-see).',
  ],
  [
    'EXITS_UNKNOWN',
    'Of the latest 50 positions some ended at a price that nobody told. They teach nothing.',
    'Let the bot read its orders and trades.',
  ],
  ['TIME_AHEAD', 'Events were refused that lie ahead of the clock.', 'Set the clock, or send times in ms.'],
  [
    'NAME_LIMIT',
    'There are more names than `maxStrategies` or `maxSymbols`.',
    'Is a name made anew for each order? Else raise the limit.',
  ],
  [
    'OVERLAY_ERRORS',
    'Something of the tables above was counted; the alert names its code.',
    'Look the code up here.',
  ],
];

/** @type {readonly Entry[]} */
export const UNJUDGED = [
  [
    'POSITION_UNKNOWN',
    'The exchange has not said what the account holds in the last minute. Debut counts by it, too, what it closed and was not seen to open.',
    'Let the bot read its positions or balance now and then.',
  ],
  [
    'FILL_UNKNOWN',
    'An earlier order may have filled, and decides what this one is.',
    'Let the bot read its orders until they are filled or cancelled.',
  ],
  [
    'ACCOUNT_UNCLEAR',
    'The account may be margin.',
    'Trade on one that is plainly spot, or plainly derivatives.',
  ],
  [
    'PARAMETER_UNKNOWN',
    'The order has a parameter that nobody knows.',
    'Leave it out, if the order does not need it.',
  ],
  ['MARKET_UNKNOWN', 'The markets are not loaded.', '`await exchange.loadMarkets()` before the first order.'],
  ['ORDER_UNREADABLE', 'Side, amount or the like cannot be read.', 'Give them as the host documents them.'],
  ['NAME_LIMIT', 'There are too many names to tell this one apart.', 'See the alert.'],
];
