import { z } from '../model/z.ts';
import { describeIssue, invalidConfig } from './faults.ts';
import { configJsonSchema, type Options } from './schema.ts';

/** Where the operator's room is served: API, dashboard and metrics. */
export const serverSchema = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Beyond this machine reads need the token, too.'),
  port: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8787)
    .describe('Port to listen on; 0 for any that is free.'),
  allowedHosts: z
    .array(z.string().min(1))
    .max(20)
    .default([])
    .describe('Names by which it may be called beside localhost and its address, such as that of a proxy.'),
  tokenFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File with the token that writes need; by default `token` in the state directory, made at the first start. EDGEKEEPER_TOKEN overrides it.',
    ),
});
export type ServerSettings = z.output<typeof serverSchema>;

export const WEBHOOK_FORMATS = ['json', 'slack', 'discord', 'telegram'] as const;
export const ALERT_LEVELS = ['info', 'warning', 'critical'] as const;

const secret = { url: z.string().min(1).optional(), urlEnv: z.string().min(1).optional() };
const oneUrl = (sink: { readonly url?: string | undefined; readonly urlEnv?: string | undefined }) =>
  (sink.url === undefined) !== (sink.urlEnv === undefined);
const ONE_URL = 'either url, or urlEnv: the name of the environment variable that has it';

const sinkSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: z.literal('webhook'),
      format: z.enum(WEBHOOK_FORMATS).default('json'),
      ...secret,
      /** Telegram: whom the bot writes to. */
      chatId: z.string().min(1).optional(),
    })
    .refine(oneUrl, ONE_URL)
    .refine(
      ({ format, chatId }) => (format === 'telegram') === (chatId !== undefined),
      'chatId with format telegram, and with no other',
    ),
  z
    .strictObject({
      type: z.literal('email'),
      ...secret,
      from: z.string().min(3),
      to: z.string().min(3),
    })
    .refine(oneUrl, ONE_URL),
]);
export type SinkSettings = z.output<typeof sinkSchema>;

/** Whom alerts are sent to, beside the log. */
export const alertsSchema = z.strictObject({
  minLevel: z.enum(ALERT_LEVELS).default('warning').describe('Least severe alert that is sent.'),
  digestAt: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day in UTC such as 07:00')
    .optional()
    .describe('When a summary of the last day is sent, UTC, such as 07:00; none by default.'),
  sinks: z
    .array(sinkSchema)
    .max(10)
    .default([])
    .describe(
      'webhook (format json, slack, discord or telegram; url or urlEnv) and email (smtp url or urlEnv, from, to).',
    ),
});
export type AlertSettings = z.output<typeof alertsSchema>;

const fleetName = (most: number) =>
  z
    .string()
    .regex(new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]{0,${most - 1}}$`), `1 to ${most} letters, digits, - or _`);

/** The fleet that a bot is one of. */
export const fleetSchema = z.strictObject({
  servers: z
    .array(z.string().min(1))
    .min(1)
    .max(20)
    .describe('Servers of NATS with JetStream, such as nats://127.0.0.1:4222, or tls://…'),
  name: fleetName(40).describe('Name of the fleet.'),
  bot: fleetName(64).describe('Name of the bot, which no other in the fleet has.'),
  credentials: z
    .string()
    .min(1)
    .optional()
    .describe('File with the credentials: one that `nsc` wrote, or a line user:password.'),
  priors: z
    .boolean()
    .default(true)
    .describe('What the fleet knows of a strategy is where this bot begins with it.'),
  guard: z.boolean().default(true).describe('A drawdown of the whole fleet makes this bot smaller, too.'),
});
export type FleetSettings = z.output<typeof fleetSchema>;

/** A configuration as people write it: the options of the engine, and of the rooms beside it. */
export type Configuration = Options & {
  readonly server?: z.input<typeof serverSchema>;
  readonly alerts?: z.input<typeof alertsSchema>;
  readonly fleet?: z.input<typeof fleetSchema>;
};

/** The options of the engine, and of the rooms beside it that are open: null where one is not asked for. */
export interface Rooms {
  readonly options: Options;
  readonly server: ServerSettings | null;
  readonly alerts: AlertSettings | null;
  readonly fleet: FleetSettings | null;
}

/** A configuration as people write it, its rooms checked and taken out of the options. Throws `CONFIG_INVALID`. */
export function roomsOf(config: Configuration): Rooms {
  const { server, alerts, fleet, ...options } = config;
  return {
    options,
    server: server === undefined ? null : checked('server', serverSchema, server),
    alerts: alerts === undefined ? null : checked('alerts', alertsSchema, alerts),
    fleet: fleet === undefined ? null : checked('fleet', fleetSchema, fleet),
  };
}

function checked<T extends z.ZodType>(name: string, schema: T, given: unknown): z.output<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const names = Object.keys((schema as unknown as typeof serverSchema).shape);
  throw invalidConfig(
    parsed.error.issues.map((issue) => {
      const fault = describeIssue(issue, given as object, names);
      return { ...fault, found: `${name}: ${fault.found}` };
    }),
  );
}

/** The JSON schemas of the rooms. */
export function roomJsonSchemas(): Record<'server' | 'alerts' | 'fleet', Record<string, unknown>> {
  const room = (of: z.ZodType) => {
    const { $schema: _, ...rest } = z.toJSONSchema(of, { io: 'input' });
    return rest;
  };
  return { server: room(serverSchema), alerts: room(alertsSchema), fleet: room(fleetSchema) };
}

/** The JSON schema of a configuration, rooms and all. */
export function configurationJsonSchema(): Record<string, unknown> {
  const schema = configJsonSchema();
  return { ...schema, properties: { ...(schema.properties as object), ...roomJsonSchemas() } };
}
