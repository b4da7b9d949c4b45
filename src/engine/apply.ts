import { readSignal } from '../decision/signal-input.ts';
import type { Decision } from '../model/decision.ts';
import { completeDecision, decisionSchema } from '../model/decision-schema.ts';
import { isKnownSound, reading, refuse } from '../model/doors.ts';
import { show } from '../model/errors.ts';
import type { RecordedEvent } from './events.ts';
import type { Judging } from './judging.ts';
import type { Operator } from './operator.ts';
import type { Recording } from './recording.ts';
import type { Update } from './update.ts';

/** Who does what an event says. */
export interface Rooms {
  readonly judging: Judging;
  readonly recording: Recording;
  readonly update: Update;
  readonly operator: Operator;
}

/** Does again what an event of the past did. Returns whether the rules of today came to the same. */
export function applyEvent(given: RecordedEvent, { judging, recording, update, operator }: Rooms): boolean {
  const event = reading('an event', 'ARGUMENT_INVALID', () => ({ ...given }));
  switch (event.type) {
    case 'decision':
      return judging.judgeAgain(readSignal(event.signal), checkedDecision(event.decision));
    case 'withdrawal':
      judging.withdraw(event.decision, event.reason);
      return true;
    case 'trade':
      recording.trade(event.input);
      return true;
    case 'candle':
      recording.candle(event.symbol, event.timeframe, event.candle);
      return true;
    case 'equity':
      recording.equity(event.report);
      return true;
    case 'exit':
      recording.exitSignal(event);
      return true;
    case 'unjudged':
      recording.unjudged(event.entry);
      return true;
    case 'unknownExit':
      recording.unknownExit(event.exit);
      return true;
    case 'update':
      update.run(event.time);
      return true;
    case 'command':
      operator.execute(event.command);
      return true;
    case 'config':
      // What was written before evidence had a name ran on guarded evidence.
      operator.reconfigure(
        reading('a configuration', 'CONFIG_INVALID', () => ({ evidence: 'guarded', ...event.options })),
        event.authorship,
      );
      return true;
    default:
      return refuse(`event ${show((event as { type?: unknown }).type)}`, 'an event of a journal');
  }
}

/** A decision of the past as this version keeps it. Throws `SIGNAL_INVALID` for what is none. */
function checkedDecision(given: Decision): Decision {
  if (isKnownSound(given)) return given;
  const parsed = reading('a decision', 'SIGNAL_INVALID', () =>
    decisionSchema.safeParse(completeDecision(given)),
  );
  if (parsed.success) return parsed.data as Decision;
  return refuse('a decision that is none', 'a decision as decide() made it', 'SIGNAL_INVALID');
}
