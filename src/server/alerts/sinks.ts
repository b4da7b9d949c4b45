import type { SinkSettings } from '../../config/rooms.ts';
import { EdgekeeperError } from '../../model/errors.ts';
import { optionalPackage } from '../../model/packages.ts';

/** What is sent: a line that says what it is about, and the text. */
export interface Message {
  readonly subject: string;
  readonly text: string;
  /** The same for machines. */
  readonly details: object;
}

/** Where alerts go. */
export interface Sink {
  /** As people know it; without what is secret. */
  readonly name: string;
  /** Rejects when it was not delivered. */
  send(message: Message): Promise<void>;
}

/** What a delivery may take, in ms. */
const WITHIN = 5000;

/** Opens a place where alerts go. Throws `CONFIG_INVALID` for an address that is none, and `PACKAGE_MISSING` for mail without nodemailer. */
export async function sinkOf(settings: SinkSettings): Promise<Sink> {
  const url = addressOf(settings);
  return settings.type === 'email' ? mailTo(settings, url) : webhook(settings, url);
}

function addressOf({ type, url, urlEnv }: SinkSettings): URL {
  const text = url ?? process.env[urlEnv!];
  const scheme = type === 'email' ? /^smtps?:$/ : /^https?:$/;
  const parsed = text !== undefined && URL.canParse(text) ? new URL(text) : null;
  if (parsed !== null && scheme.test(parsed.protocol)) return parsed;
  throw new EdgekeeperError('CONFIG_INVALID', {
    // An address holds a secret more often than not.
    found: text === undefined ? `no environment variable ${urlEnv}` : `a url for ${type} that is none`,
    expected: type === 'email' ? 'smtp://user:password@host:port' : 'an address that begins with https://',
    hint: 'Try it with `edgekeeper alerts test`.',
  });
}

function webhook({ format, chatId }: Extract<SinkSettings, { type: 'webhook' }>, url: URL): Sink {
  const name = `${format} at ${url.host}`;
  return {
    name,
    async send({ subject, text, details }) {
      const full = `${subject}\n${text}`;
      const bodies = {
        json: { subject, text, ...details },
        slack: { text: full },
        // Nobody is called by what a strategy is named.
        discord: { content: full.slice(0, 2000), allowed_mentions: { parse: [] } },
        telegram: { chat_id: chatId, text: full.slice(0, 4096), disable_web_page_preview: true },
      };
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(bodies[format]),
        redirect: 'error',
        signal: AbortSignal.timeout(WITHIN),
      }).catch((error: Error) => {
        throw new Error(`${name}: ${(error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.name}`);
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`${name}: status ${response.status}`);
    },
  };
}

async function mailTo({ from, to }: Extract<SinkSettings, { type: 'email' }>, url: URL): Promise<Sink> {
  const { createTransport } = await optionalPackage('nodemailer', '>=7.0.0', () => import('nodemailer'));
  const transport = createTransport(url.href, {
    connectionTimeout: WITHIN,
    greetingTimeout: WITHIN,
    socketTimeout: WITHIN,
  } as object);
  const name = `mail by ${url.host}`;
  return {
    name,
    async send({ subject, text }) {
      await transport
        .sendMail({ from, to, subject: subject.replaceAll(/[\r\n]+/g, ' '), text })
        .catch((error) => {
          throw new Error(`${name}: ${error.code ?? error.name}`);
        });
    },
  };
}
