import { conformance } from '../../adapters/conformance.ts';
import { homeGrown } from './home-grown.ts';

conformance(homeGrown());
