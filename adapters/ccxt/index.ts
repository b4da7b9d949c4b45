export { type AttachOptions, attach, type Detach, type OrderIntent } from './attach.ts';
export { type AttachmentState, SIZINGS, type Sizing } from './books.ts';
export type { OrderCall } from './calls.ts';
export { withStrategy } from './identity.ts';
export type { CcxtExchange } from './orders.ts';
