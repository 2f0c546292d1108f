/**
 * keepalived's `use_vmac` and the keywords around it, as the transport that gives a router a MAC of its own.
 */
import { isInterfaceName } from './address.ts';
import { shown } from './argument.ts';
import { isBuiltIn } from './built-in-transport.ts';
import type { DiagnosticList } from './diagnostic.ts';
import type { InstanceBlock } from './instance-block.ts';
import type { TransportSettings } from './settings.ts';
import { hasVirtualMac } from './transport.ts';

export interface VirtualMacSettings {
  readonly transport: TransportSettings;
  /** Name wanted for the device with the virtual MAC. */
  readonly deviceName: string | undefined;
}

/** Words of `use_vmac` without meaning here; the one after `group` belongs to it. */
const IDLE_WORDS: readonly string[] = ['name', 'netlink_notify_msg', 'group'];
const MAC = /^([0-9a-f]{1,2}:){4,5}[0-9a-f]{1,2}$/i;

/** What an instance uses: its own transport, what `use_vmac` stands for, or the `standard` one. */
export function virtualMacOf(
  block: InstanceBlock,
  standard: TransportSettings,
  diagnostics: DiagnosticList,
): VirtualMacSettings {
  const own = block.transport;
  const argument = block.given.get('use_vmac');
  reportTransmission(block, diagnostics);
  if (argument === undefined) return { transport: own ?? standard, deviceName: undefined };
  const { place } = argument.keyword;
  const deviceName = deviceNameOf(block, diagnostics);
  if (own !== undefined) {
    if (isBuiltIn(own.name) && !hasVirtualMac(own)) {
      diagnostics.warning(
        'use-vmac-ignored',
        place,
        `use_vmac has no effect with transport ${own.name}${own.name === 'tap' ? ' in mode port' : ''}`,
        'Remove one of them, or write transport tap { mode virtual-mac }.',
      );
    }
    return { transport: own, deviceName };
  }
  diagnostics.notice(
    'virtual-mac-in-userspace',
    place,
    'use_vmac stands for transport tap { mode virtual-mac }: what is sent to the virtual MAC passes through the engine process',
    'Nothing to do for ordinary traffic; where the virtual router forwards a lot, measure it.',
  );
  return { transport: { name: 'tap', options: { mode: 'virtual-mac' }, directory: '/', place }, deviceName };
}

function deviceNameOf(block: InstanceBlock, diagnostics: DiagnosticList): string | undefined {
  const { words } = block.given.get('use_vmac')!;
  let name: string | undefined;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (IDLE_WORDS.includes(word.text)) {
      if (word.text === 'group') index++;
    } else if (MAC.test(word.text)) {
      diagnostics.warning(
        'vmac-address',
        word.place,
        `${word.text} has no effect: the virtual MAC is the one of the RFC`,
        'Remove it here and on the other machines.',
      );
    } else if (name === undefined && isInterfaceName(word.text)) {
      name = word.text;
    } else {
      diagnostics.error(
        'bad-interface',
        word.place,
        `'${shown(word)}' cannot be the name of the device`,
        'Write one name of at most 15 characters, or none.',
      );
    }
  }
  return name;
}

function reportTransmission({ given, peersPlace }: InstanceBlock, diagnostics: DiagnosticList): void {
  const argument = given.get('vmac_xmit_base');
  if (argument === undefined || peersPlace !== undefined) return;
  diagnostics.warning(
    'vmac-xmit-base',
    argument.keyword.place,
    given.get('use_vmac') === undefined
      ? 'vmac_xmit_base has no effect without use_vmac'
      : 'adverts leave by the interface itself in any case, with the virtual MAC as their source',
    'Remove it.',
  );
}
