import { parseLinked } from './codec/version1.ts';
import { type Course, corrupt, type Leg, TURN_BYTES, type Turn } from './course.ts';

/** Reads a segment of version 1. Each line is linked to the one before it; nothing but a torn end may be wrong. */
export async function scanVersion1(leg: Leg, bytes: Buffer, course: Course, turn: Turn): Promise<void> {
  const { path, epoch } = leg.segment;
  let turned = 0;
  let number = 0;
  for (let at = 0; at < bytes.length; ) {
    if (at - turned > TURN_BYTES) {
      await turn(at);
      turned = at;
    }
    const end = bytes.indexOf(10, at);
    const parsed = parseLinked(bytes.toString('utf8', at, end < 0 ? bytes.length : end));
    number += 1;
    if ('fault' in parsed) {
      if (end >= 0 || !leg.endsEpoch) throw corrupt({ path, line: number, what: parsed.fault });
      // A later version goes on from here: it said so when it started.
      if (leg.isLast) course.torn = { path, keep: at, lost: bytes.length - at };
      return;
    }
    const { line, prev, hash } = parsed;
    const { event, seq } = line;
    if (seq >= leg.takenOver) {
      course.drop(seq, seq, epoch);
    } else {
      const expected = event.type === 'lost' ? event.to : course.seq + 1;
      if (course.hash !== null && prev !== course.hash)
        throw corrupt({ path, line: number, what: 'it does not follow from the line before it' });
      if (course.hash !== null && seq !== expected)
        throw corrupt({ path, line: number, what: `it is event ${seq}, not ${expected}` });
      course.hash = hash;
      if (event.type === 'lost') course.acknowledge(event);
      else {
        course.seq = seq - 1;
        course.tell(line);
      }
    }
    at = end < 0 ? bytes.length : end + 1;
  }
}
