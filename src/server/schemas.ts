import { z } from '@hono/zod-openapi';
import { REASONS } from '../model/decision.ts';
import { MODES } from '../model/flags.ts';
import { STRATEGY_STATUSES } from '../model/strategy.ts';

/** What an error is in an answer. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      found: z.string(),
      expected: z.string(),
      hint: z.string(),
    }),
  })
  .openapi('Error');

const name = z.string().min(1).max(100);
const time = z.coerce.number().int().min(0).max(8.64e15);
const limit = (usual: number) => z.coerce.number().int().min(1).max(500).default(usual);

export const strategyParams = z.object({ strategy: name });
export const decisionParams = z.object({ id: z.string().regex(/^d\d{1,15}$/, 'an id such as d42') });
export const exportParams = z.object({
  file: z.string().regex(/^[a-z]{1,20}\.[a-z]{1,10}$/, 'a table and a format such as trades.csv'),
});
export const commandParams = z.object({ id: z.string().regex(/^[\w-]{1,100}$/, 'the id of a command') });

export const decisionsQuery = z.object({
  strategy: name.optional(),
  symbol: name.optional(),
  result: z.enum(['sent', 'reduced', 'blocked']).optional(),
  reason: z.enum(REASONS).optional(),
  since: time.optional().openapi({ description: 'ms UTC' }),
  until: time.optional().openapi({ description: 'ms UTC' }),
  before: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 52)
    .optional()
    .openapi({ description: '`next` of the page before' }),
  limit: limit(50),
});
export const auditQuery = z.object({ strategy: name.optional(), since: time.optional(), limit: limit(100) });

const reason = z.string().trim().min(1).max(500);
const actor = z.string().trim().min(1).max(60).optional();

/** What an operator may ask for: the commands of the command line but those that put back what was learned. */
export const commandSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('setFlags'),
      flags: z.strictObject({
        enabled: z.boolean().optional(),
        qualityFiltering: z.boolean().optional(),
        adaptiveWeighting: z.boolean().optional(),
        retirementManagement: z.boolean().optional(),
      }),
      reason,
      actor,
    }),
    z.strictObject({ type: z.literal('setMode'), mode: z.enum(MODES), reason, actor }),
    z.strictObject({
      type: z.literal('forceStatus'),
      strategy: name,
      status: z.enum(STRATEGY_STATUSES),
      pinForHours: z
        .number()
        .positive()
        .max(24 * 366)
        .optional(),
      reason,
      actor,
    }),
    z.strictObject({ type: z.literal('rebasePeak'), reason, actor }),
    z.strictObject({ type: z.literal('resume'), reason, actor }),
  ])
  .openapi('Command');

export const alertAcknowledgement = z.strictObject({ id: z.string().min(1).max(300) });

/** Figures that an answer has; those that are not named here are explained in the reference of the library. */
export const shapes = {
  overview: z
    .looseObject({
      light: z.enum(['off', 'empty', 'bad', 'attention', 'good']),
      bot: z.object({ state: z.enum(['running', 'silent', 'stopped']), heardAt: z.number().nullable() }),
      mode: z.enum(MODES),
      flags: z.record(z.string(), z.boolean()),
      healthy: z.looseObject({ active: z.number(), degraded: z.number(), drawdown: z.number().nullable() }),
      helping: z.looseObject({ verdict: z.string(), sentence: z.string(), effect: z.number().nullable() }),
    })
    .openapi('Overview'),
  strategies: z
    .array(z.looseObject({ name: z.string(), status: z.enum(STRATEGY_STATUSES) }))
    .openapi('Strategies'),
  decisions: z
    .object({
      decisions: z.array(z.looseObject({ id: z.string(), strategy: z.string(), action: z.string() })),
      next: z.number().nullable(),
    })
    .openapi('Decisions'),
  acknowledged: z.object({ id: z.string(), isDone: z.boolean() }).openapi('Acknowledged'),
  any: z.looseObject({}),
  list: z.array(z.looseObject({})),
};
