import { conformance } from '../../../adapters/conformance/index.ts';
import { ccxtHost } from './host.ts';

conformance(ccxtHost('spot', 'host-reads-position'));
conformance(ccxtHost('spot', 'translate-exits'));
conformance(ccxtHost('spot', 'veto-only'));
conformance(ccxtHost('swap', 'host-reads-position'));
conformance(ccxtHost('hedge', 'host-reads-position'));
