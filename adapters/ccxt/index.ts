export { type Attachment, type AttachOptions, attach, type Detach } from './attach.ts';
export type { OrderCall } from './calls.ts';
export { type BotOverlay, type EdgekeeperOptions, edgekeeper } from './edgekeeper.ts';
export { type OrderIntent, withStrategy } from './intent.ts';
export type { CcxtExchange } from './market.ts';
export { SIZINGS, type Sizing } from './sizing.ts';
export type { AttachmentState } from './state.ts';
