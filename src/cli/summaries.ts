import { RESET_TARGETS } from '../engine/events.ts';
import { STRATEGY_STATUSES } from '../model/strategy.ts';
import { SWITCHES } from './options.ts';

/** A command as the list shows it. */
export interface Summary {
  readonly does: string;
  readonly takes?: string;
  readonly hasOptions?: boolean;
}

const switches = Object.keys(SWITCHES).join(', ');

/**
 * What every command does, in the order of the list that `--help` shows; with its arguments where it takes any. The list
 * is shown without loading a command.
 */
export const SUMMARIES = {
  paper: {
    takes: '[command...]',
    does: 'paper-trade your own bot, or three demo strategies, with and without the overlay: on a generated market, on candle files, or live',
  },
  status: { does: 'what the overlay knows now: switches, weights, statuses, alerts' },
  doctor: {
    does: 'how the bot is set up, by its record: what is not seen or not said, and the line that mends it',
  },
  init: { does: 'look at a bot, write a configuration to start with, and show the lines to add' },
  check: {
    does: 'what your past trades say: which strategies have an edge, which lost it, what looks odd; --import starts from them',
    takes: '<file>',
  },
  report: { does: 'the report of the saved state, and of the paper run that made it' },
  serve: { does: 'the dashboard, the API and metrics of a bot that runs, or of one that has stopped' },
  watch: { does: 'a live view of the overlay in a terminal' },
  export: {
    does: 'trades, positions, decisions, weights, health, performance or regimes as CSV, JSON lines or Parquet',
    takes: '<table>',
  },
  alerts: { does: 'alerts that hold; `alerts test` sends one to everybody whom a configuration names' },
  config: { does: 'check, complete and describe configurations', hasOptions: false },
  effect: {
    does: 'does the overlay help? the answer with its interval, by component, strategy and regime',
  },
  why: {
    does: 'why a decision is what it is, and the nearest change that would have made it another one',
    takes: '[decision]',
  },
  diff: { does: 'replay the recorded signals and outcomes under another configuration, and compare' },
  flags: { does: 'the switches in force' },
  enable: { does: `switch on ${switches}; at the bot's next event`, takes: '<component>' },
  disable: { does: `switch off ${switches}; at the bot's next event`, takes: '<component>' },
  observe: {
    does: 'let every order leave as the bot made it, and record what the overlay would have done',
  },
  act: { does: 'let the overlay act: carry its decisions out' },
  resume: { does: "let go of the hard stop, and watch the drawdown from today's equity on" },
  off: {
    does: 'panic: switch the overlay off within a second, also when the disk is full; undo with enable all',
  },
  force: { does: `put a strategy into ${STRATEGY_STATUSES.join(', ')}`, takes: '<strategy> <status>' },
  reset: { does: `put ${RESET_TARGETS.join(', ')} back to the baseline`, takes: '<target>' },
  quality: {
    does: 'change what a low score is, and what it does; it holds until the configuration says another',
  },
  'rebase-peak': { does: "measure the portfolio's drawdown from today's equity on" },
  rollback: {
    does: 'put the weights, and what sizes are learned by, back to what they were at a time',
    takes: '<what>',
  },
  audit: {
    does: 'every status change, weight change, switch, command and reload: when, who, what, before, after, why',
  },
  backup: { does: 'put a state directory into one file, also of a bot that runs', takes: '<file>' },
  restore: { does: 'make a state directory from a backup, where there is none', takes: '<file>' },
  recover: { does: 'what of a damaged state can be read; --yes goes on from there' },
  completion: { does: 'what bash, zsh or fish complete by', takes: '<shell>', hasOptions: false },
  commands: {
    does: 'commands that no bot has carried out yet; `commands cancel` takes one back',
  },
  fleet: {
    does: 'many bots together: serve, status, off, on, enable, disable, force, rollout',
    hasOptions: false,
  },
  journal: { does: 'look at, export and compact the journal', hasOptions: false },
} as const satisfies Record<string, Summary>;
export type CommandName = keyof typeof SUMMARIES;
