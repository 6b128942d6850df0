export { SurprisalError, type SurprisalErrorCode } from './errors.ts';
