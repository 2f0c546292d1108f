/** A port in mode virtual-mac on one end of a segment, with what it delivered. */
import { monotonicUs } from '@locum/linux';
import type { Frame, Port, SendResult, StationOptions, TransportError, VirtualStation } from '@locum/transport';
import type { Carriage } from '../src/index.ts';
import { INTERFACE, type WireEnd } from './segment.ts';

const VRRP = 112;

export class RouterEnd {
  readonly end: WireEnd;
  readonly faults: TransportError[] = [];
  adverts = 0;
  #port!: Port;

  private constructor(end: WireEnd) {
    this.end = end;
  }

  static async open(end: WireEnd): Promise<RouterEnd> {
    const router = new RouterEnd(end);
    const options = {
      interfaceName: INTERFACE,
      filter: { ipProtocols: [VRRP] },
      groups: [Uint8Array.of(224, 0, 0, 18)],
      extra: { mode: 'virtual-mac' },
    };
    router.#port = await end.transport.open(options, router, { now: monotonicUs });
    return router;
  }

  get carriage(): Carriage {
    return (this.#port as Port & { readonly carriage: Carriage }).carriage;
  }

  get fd(): number {
    return this.#port.fd;
  }

  openStation(options: StationOptions): VirtualStation {
    return this.#port.openStation!(options);
  }

  send(frame: Uint8Array): SendResult {
    return this.#port.send(frame, 0, frame.length);
  }

  poll(): number {
    return this.#port.poll(64);
  }

  /** In the namespace, as the process that it stands for would be. */
  close(): void {
    this.#port.close();
  }

  onFrame(_frame: Frame): void {
    this.adverts++;
  }

  onFault(error: TransportError): void {
    this.faults.push(error);
  }
}
