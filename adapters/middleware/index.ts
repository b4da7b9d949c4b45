export * from './middleware.ts';
