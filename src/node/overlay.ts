import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { configNotes } from '../config/notes.ts';
import { type Configuration, type FleetSettings, roomsOf } from '../config/rooms.ts';
import { parseConfig, withEvidence } from '../config/schema.ts';
import { OptimizationEngine } from '../engine/engine.ts';
import { removeLeftovers } from '../journal/atomic-file.ts';
import { unwritable } from '../journal/directory.ts';
import { takeLease } from '../journal/lease.ts';
import { recordEvents } from '../journal/recorder.ts';
import { JOURNAL_DIR } from '../journal/segment.ts';
import { highestEpoch } from '../journal/segment-file.ts';
import { LowdbStateStore } from '../journal/state-store.ts';
import { type Durability, Journal } from '../journal/writer.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Clock, Log, MarketData } from '../model/ports.ts';
import { Attendant } from './attendant.ts';
import { wallClock } from './clock.ts';
import { readConfigText, roomsIn } from './config-file.ts';
import { ConfigWatch, refuseFixed } from './config-watch.ts';
import { beforeEnding } from './ending.ts';
import { FleetLink } from './fleet-link.ts';
import { Keeper, type Kept } from './kept.ts';
import { logEngine } from './log.ts';
import { Operator } from './operator.ts';
import { allowOn, isPanicked } from './panic.ts';
import { restart } from './restart.ts';
import { keepRollout, rolledOut } from './rollout.ts';
import { Updates } from './updates.ts';
import { VitalSigns } from './vital-signs.ts';
import { feedCandles } from './warm-up.ts';

export interface OverlayOptions {
  /** The configuration, or the JSON file that holds it; a file is followed while the bot runs. */
  readonly config?: Configuration | string;
  /** Where the state lives; default `.edgekeeper`. */
  readonly stateDir?: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** When an event is safe; default `interval`: at most one second is at risk when the machine loses power. */
  readonly durability?: Durability;
  /** Candles for the regimes of these symbols, where the host feeds none. */
  readonly market?: { readonly data: MarketData; readonly symbols: readonly string[] };
  /** Goes on without the journal's tail where it is broken: what came after the snapshot is lost. */
  readonly recoverFromSnapshot?: boolean;
}

/** An engine with everything around it: its state on disk, its log, its commands, its hourly update. */
export interface Overlay {
  readonly engine: OptimizationEngine;
  readonly updates: Updates;
  /**
   * What an adapter keeps over restarts under a name, such as its open lots. Throws `OPTION_INVALID` for one that is
   * no name of a file.
   */
  kept(name: string): Kept;
  /**
   * Resolves when everything that happened is in the journal, as safely as the durability promises, and everything
   * that was kept is on disk.
   */
  durable(): Promise<void>;
  /** Resolves when the present state is on disk. */
  save(): Promise<void>;
  /** Stops everything, saves, and gives the state directory free. */
  close(): Promise<void>;
}

const POLL_EVERY = 500;
/** How long a disk may take to show that the panic switch was pulled, in ms. */
const PULLED_WITHIN = 5000;

/** Overrides everything: the overlay is off in a process that has it set. Asking the system takes too long for every order. */
export const killedByEnvironment = (): boolean => process.env.EDGEKEEPER_DISABLED === '1';

/**
 * Opens the overlay of a live bot: takes the state directory, recovers what the last process left, and
 * from then on records every event. Throws a coded error where it cannot; nothing of the state is changed then.
 */
export async function openOverlay(options: OverlayOptions): Promise<Overlay> {
  const { stateDir = '.edgekeeper', log, clock = wallClock, market } = options;
  const configFile = typeof options.config === 'string' ? options.config : null;
  const configText = configFile === null ? '' : await readConfigText(configFile);
  const {
    options: own,
    server,
    alerts,
    fleet,
  } = configFile === null
    ? roomsOf((options.config as Configuration) ?? {})
    : roomsIn(configFile, configText);
  // A faulty configuration is refused before the state directory is touched.
  new OptimizationEngine(own);
  let rollout = await rolledOut(stateDir);
  const config = { ...own, ...rollout };

  // Whoever stalls while it writes a snapshot must not put it in the place of its successor's.
  const store: LowdbStateStore = new LowdbStateStore(stateDir, () => lease.mustHold());
  await store.prepare();
  let onLost = (error: EdgekeeperError): void => log.error(error.message);
  let isAllowed = true;
  const journalDir = join(stateDir, JOURNAL_DIR);
  const lease = await takeLease(stateDir, {
    namedElsewhere: () => highestEpoch(journalDir),
    onWait: (holder) => log.warn(`the state directory is ${holder}: waiting for it`, { directory: stateDir }),
    onLost: (error) => onLost(error),
    // A directory that vanished has lost its permission to act, which nobody took back.
    onRemade: () => isAllowed && allowOn(stateDir),
  });
  /** What a start that fails halfway takes back. */
  const undo: (() => unknown)[] = [];
  try {
    return await opened();
  } catch (error) {
    for (const step of undo.reverse()) await step();
    await lease.release();
    throw isOfTheDisk(error) ? unwritable(stateDir, error) : error;
  }

  async function opened(): Promise<Overlay> {
    let panicked = false;
    let pullingUntil = Number.NEGATIVE_INFINITY;
    let isKilled = killedByEnvironment();
    const vitals = new VitalSigns({ stateDir, clock, journalLag: () => journal.lag });
    const hooks = { killed: () => panicked || isKilled, now: () => clock.now(), took: vitals.took };
    await removeLeftovers(store.file);
    const recovered = await restart({
      store,
      stateDir,
      hooks,
      clock,
      log,
      recoverFromSnapshot: options.recoverFromSnapshot,
    });
    const { engine, journal: end, lost } = recovered;
    const fresh = recovered.seq === 0;

    if (fresh) allowOn(stateDir);

    const journal: Journal = new Journal({
      directory: journalDir,
      durability: options.durability ?? 'interval',
      after: { seq: end.seq, hash: end.hash },
      fence: lease,
      onTrouble: (error) => engine.countError('JOURNAL_FAILED', error),
      onRecovered: () => log.info('the journal can be written again'),
      onLoss({ from, to }) {
        log.error(`events ${from} to ${to} are not in the journal; a snapshot is saved instead`);
        void save().catch((error) => engine.countError('SAVE_FAILED', error));
      },
    });
    undo.push(() => journal.close().catch(() => undefined));
    journal.skipTo(recovered.seq);
    const keeper = new Keeper({
      stateDir,
      clock,
      log,
      onFault: (error) => engine.countError('KEPT_FAILED', error),
      before() {
        lease.mustHold();
        // What is kept names decisions: after a start there must be none that the engine does not know.
        journal.writeNow();
      },
    });
    const stopEnding = beforeEnding({
      write() {
        if (!lease.isHeld()) return;
        journal.flushNow();
        keeper.writeNow();
      },
      leave: () => lease.releaseNow(),
    });
    undo.push(stopEnding);
    const stopRecording = recordEvents(engine, journal);
    const stopLogging = logEngine(engine, log);
    onLost = (error) => {
      stopEnding();
      stopRecording();
      engine.countError('LEASE_LOST', error);
    };
    if (fresh || !isDeepStrictEqual(engine.options, withEvidence(config))) {
      const time = Math.max(engine.time, clock.now());
      engine.reconfigure(config, {
        time,
        actor: 'edgekeeper',
        reason: fresh ? 'first start' : 'started with another configuration',
      });
      for (const note of configNotes(config)) log.info(note);
    }

    /**
     * A snapshot says up to which event it goes. The journal has them all before it does, but where the disk fails for the
     * journal alone: then the snapshot is what is left. Where another process has taken over, the snapshot is its own.
     */
    async function save(): Promise<void> {
      lease.mustHold();
      await store.save(
        () => ({ origin: 'live', options: engine.options, seq: journal.seq, walk: engine.walk() }),
        () =>
          journal.flush().catch((error) => {
            if (journal.isFenced) throw error;
          }),
      );
    }

    lease.mustHold();
    // From here on the directory is known for a live one's: no replay may clear it. What is lost need not be said again.
    if (fresh || lost.length > 0 || recovered.rebuilt !== null) await save();

    const watch =
      configFile === null
        ? null
        : new ConfigWatch({
            file: configFile,
            seen: configText,
            own,
            rollout: () => rollout,
            engine,
            log,
            clock,
          });
    const operator = new Operator({
      stateDir,
      engine,
      clock,
      log,
      durable: () => journal.flush(),
      async rollOut({ options, actor, reason }, time) {
        const next = { ...(watch?.own ?? own), ...options };
        refuseFixed(options ?? {}, engine);
        parseConfig(next);
        await keepRollout(stateDir, options);
        rollout = options ?? {};
        engine.reconfigure(next, { time, actor, reason });
      },
    });
    const countPoll = (error: unknown): void => engine.countError('POLL_FAILED', error);
    /** Each step is on its own: on a disk that fails, the panic switch must still be seen. */
    async function poll(): Promise<void> {
      isKilled = killedByEnvironment();
      // Without the lease the commands are somebody else's, and so is the configuration; off is off for all.
      const ours = [
        () => watch?.poll(),
        () => operator.carryOut(),
        () => operator.sweep(),
        keepAgain,
        () => vitals.write(),
      ];
      for (const step of [watchPanic, ...(lease.isHeld() ? ours : [])]) {
        try {
          await step();
        } catch (error) {
          countPoll(error);
        }
      }
    }

    /** What could not be kept waits for a disk that works; it counted its failure itself. */
    const keepAgain = (): Promise<void> => keeper.flush().catch(() => undefined);

    async function watchPanic(): Promise<void> {
      const pulled = await isPanicked(stateDir);
      if (pulled) pullingUntil = Number.NEGATIVE_INFINITY;
      if (pulled === null || pulled === panicked) return;
      // The switch is being pulled, and the disk does not show it yet.
      if (!pulled && performance.now() < pullingUntil) return;
      setPanicked(pulled);
    }

    function setPanicked(pulled: boolean): void {
      log.warn(pulled ? 'the panic switch was pulled: the overlay is off' : 'the panic switch is released');
      // What is off by panic stays off, and on record, until somebody switches it on again.
      const authorship = {
        time: Math.max(engine.time, clock.now()),
        actor: 'panic switch',
        reason: 'edgekeeper off',
      };
      if (pulled && engine.flags.enabled) engine.setFlags({ enabled: false }, authorship);
      panicked = pulled;
      isAllowed = !pulled;
    }

    let polling: Promise<void> | null = null;
    /** Who is alone, or does not want what a fleet says, is as if it had never been said. */
    function forgetFleet(settings: FleetSettings | null): void {
      const word = {
        ...(engine.edge.getPriors().length > 0 && !settings?.priors ? { priors: [] } : {}),
        ...(engine.getFleetGuard() !== null && !settings?.guard ? { guard: null } : {}),
      };
      if (Object.keys(word).length === 0) return;
      const time = Math.max(engine.time, clock.now());
      engine.execute({
        type: 'setFleet',
        ...word,
        time,
        actor: 'edgekeeper',
        reason: 'what a fleet says is not asked for',
      });
    }

    function pollSoon(): Promise<void> {
      polling ??= poll().finally(() => {
        polling = null;
      });
      return polling;
    }
    /** A look that has begun may have missed what came since. */
    async function pollAnew(): Promise<void> {
      await polling;
      await pollSoon();
    }
    const timer = setInterval(() => void pollSoon(), POLL_EVERY);
    timer.unref();

    const updates = new Updates({
      engine,
      clock,
      log,
      saved: save,
      ...(market === undefined
        ? {}
        : { refresh: (now) => feedCandles(engine, market.data, market.symbols, now) }),
    });

    /** A fleet's panic is obeyed before any disk is asked; everything else is in the inbox. */
    function onOrder(isPanic: boolean): void {
      if (isPanic) {
        pullingUntil = performance.now() + PULLED_WITHIN;
        if (!panicked) setPanicked(true);
      } else void pollAnew().catch(countPoll);
    }
    forgetFleet(fleet);
    const link =
      fleet === null
        ? null
        : new FleetLink({
            stateDir,
            settings: fleet,
            log,
            onOrder,
          });
    if (link !== null) undo.push(() => link.leave());
    await link?.join();
    // Commands given while no bot ran come first.
    await pollAnew();
    const attendant =
      server === null && alerts === null ? null : new Attendant({ stateDir, server, alerts, log });
    return {
      engine,
      updates,
      kept: (name) => keeper.kept(name),
      async durable() {
        lease.mustHold();
        await journal.flush();
        await keeper.flush();
      },
      save,
      async close() {
        clearInterval(timer);
        await polling;
        await updates.stop();
        stopRecording();
        stopLogging();
        const failures: unknown[] = [];
        for (const step of [
          () => journal.close(),
          save,
          () => keeper.close(),
          async () => (lease.isHeld() ? vitals.close() : undefined),
        ])
          await step().catch((error) => failures.push(error));
        await attendant?.close();
        await link?.leave();
        await lease.release();
        // A process that is ended meanwhile leaves as little behind as any other.
        stopEnding();
        // What could not be written because the directory is somebody else's was said when that was found.
        if (failures.length > 0 && lease.lost === null) throw failures[0];
      },
    };
  }
}

/** Whether an error is one of the system, as of a disk that is full or may not be written. */
const isOfTheDisk = (error: unknown): boolean =>
  error instanceof Error && !(error instanceof EdgekeeperError) && 'syscall' in error;
