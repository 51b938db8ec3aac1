import { crc32, deflateRawSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

/** A member of a tar: its content and what its header holds besides. */
export type TarMember = readonly [header: Partial<Header> & { name: string }, content?: Uint8Array | string];

/** The bytes of a tar archive with members of any kind. */
export async function tarWith(members: readonly TarMember[]): Promise<Buffer> {
  const archive = pack();
  for (const [header, content] of members) archive.entry(header, Buffer.from(content ?? ''));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Gives the member whose header is at an offset another type, which tar-stream does not write. */
export function retype(archive: Buffer, offset: number, type: string): Buffer {
  const changed = Buffer.from(archive);
  const header = changed.subarray(offset, offset + 512);
  header.write(type, 156, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return changed;
}

export interface ZipMember {
  readonly name: string;
  readonly content: Uint8Array | string;
  /** Compression method: 0 stored (default), 8 deflated. */
  readonly method?: number;
  readonly flags?: number;
  /** File type and permissions as in Unix. */
  readonly mode?: number;
}

/** The bytes of a zip archive (APPNOTE.TXT of PKWARE, sections 4.3.7, 4.3.12 and 4.3.16). */
export function zipOf(members: readonly ZipMember[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content, method = 0, flags = 0x800, mode = 0o100644 } of members) {
    const bytes = Buffer.from(content);
    const stored = method === 8 ? deflateRawSync(bytes) : bytes;
    const path = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(stored.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(path.length, 22);
    const entry = Buffer.alloc(46);
    entry.write('PK\x01\x02', 'latin1');
    entry.writeUInt16LE(0x0314, 4);
    common.copy(entry, 6);
    entry.writeUInt32LE((mode << 16) >>> 0, 38);
    entry.writeUInt32LE(offset, 42);
    central.push(entry, path);
    const whole = [Buffer.from('PK\x03\x04', 'latin1'), common, path, stored];
    local.push(...whole);
    offset += whole.reduce((sum, part) => sum + part.length, 0);
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(
    central.reduce((sum, part) => sum + part.length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, ...central, end]);
}
