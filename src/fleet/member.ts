import type { FleetSettings } from '../config/rooms.ts';
import { EdgekeeperError } from '../model/errors.ts';
import type { Log } from '../model/ports.ts';
import { connectFleet, type FleetConnection } from './connection.ts';
import { NAME_FOR, partitionsOf } from './found.ts';
import { Hearing } from './hearing.ts';
import { Identity, stateIdOf } from './identity.ts';
import { partitionOf, subjectOf } from './names.ts';
import { Obedience } from './obedience.ts';
import { Shipper } from './shipper.ts';

export interface MemberOptions {
  readonly stateDir: string;
  readonly settings: FleetSettings;
  readonly log: Log;
  /** Told once, when everything that the fleet has ordered so far is in the inbox. */
  readonly onReady: () => void;
  /** Told where the bot may not take part. */
  readonly onRefused: (error: EdgekeeperError) => void;
  readonly onOrder: (isPanic: boolean) => void;
}

/** How often the journal is looked at, and how long a pause there is after trouble, in ms. */
const SHIP_EVERY = 1000;
const PAUSE = 2000;
const HOLD_EVERY = NAME_FOR / 3;

/** One bot's part in its fleet: its name, what it ships, and what it obeys. Whatever fails is tried again. */
export class Member {
  readonly #options: MemberOptions;
  #connection: FleetConnection | null = null;
  #identity: Identity | null = null;
  #shipper: Shipper | null = null;
  #obedience: Obedience | null = null;
  #hearing: Hearing | null = null;
  #isClosed = false;
  #isFirst = true;
  /** What was said of trouble, so that it is said once. */
  #trouble: string | null = null;
  #heldAt = 0;
  #running: Promise<void> | null = null;
  #wake: () => void = () => undefined;

  constructor(options: MemberOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Last event that the fleet has; null before that is known. */
  get shipped(): number | null {
    return this.#shipper?.shipped ?? null;
  }

  /** Ships what is left, where that can be done at once, and gives the name free. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#running;
    if (this.#connection === null) return;
    this.#obedience?.stop();
    this.#hearing?.stop();
    if (!this.#connection.nc.isClosed()) {
      if (this.#trouble === null) await this.#shipper?.ship().catch(() => undefined);
      await this.#identity?.release().catch(() => undefined);
    }
    await this.#connection.close();
  }

  async #run(): Promise<void> {
    const { log } = this.#options;
    while (!this.#isClosed) {
      let pause = SHIP_EVERY;
      try {
        if (this.#obedience === null) await this.#begin();
        await this.#hold();
        await this.#shipper!.ship();
        if (this.#trouble !== null) log.info('the fleet is there again, and has everything');
        this.#trouble = null;
      } catch (error) {
        pause = PAUSE;
        this.#say(error as Error);
      }
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #begin(): Promise<void> {
    const { settings, stateDir, log, onReady, onOrder } = this.#options;
    const { name, bot } = settings;
    this.#connection ??= await connectFleet(settings, { as: `edgekeeper ${bot}` });
    const connection = this.#connection;
    const partitions = await partitionsOf(connection, name);
    this.#identity ??= new Identity(await connection.bucket('bots'), bot, await stateIdOf(stateDir));
    await this.#hold();
    const acks = await connection.bucket('acks');
    const obedience = new Obedience({ connection, acks, bot, stateDir, log, onOrder });
    await obedience.start();
    const { priors, guard } = settings;
    const hearing = new Hearing({ connection, stateDir, priors, guard, log, onOrder });
    try {
      await hearing.start();
    } catch (error) {
      obedience.stop();
      throw error;
    }
    this.#hearing = hearing;
    this.#shipper = new Shipper(connection, subjectOf(name, partitionOf(bot, partitions), bot), stateDir);
    this.#obedience = obedience;
    onReady();
  }

  async #hold(): Promise<void> {
    const identity = this.#identity!;
    if (identity.isHeld && performance.now() - this.#heldAt < HOLD_EVERY) return;
    await identity.hold(this.#isFirst);
    this.#isFirst = false;
    this.#heldAt = performance.now();
  }

  /** Trouble that is the bot's own is refused at the start; everything else may end by itself. */
  #say(error: Error): void {
    const { log, onRefused } = this.#options;
    const { code } = error as Partial<EdgekeeperError>;
    if (error.message === this.#trouble) return;
    const isOwn =
      code === 'FLEET_NAME_TAKEN' || code === 'PACKAGE_MISSING' || code === 'FLEET_CREDENTIALS_INVALID';
    if (isOwn && error instanceof EdgekeeperError) onRefused(error);
    else if (error instanceof EdgekeeperError && code !== 'FLEET_UNREACHABLE')
      log.warn(`nothing is shipped to the fleet: ${error.message}`);
    else log.warn(`the fleet is not reached, and the bot goes on as alone: ${error.message}`);
    this.#trouble = error.message;
  }
}
