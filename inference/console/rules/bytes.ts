// Bytes of a dead letter as a person reads them: offsets, hex, and the printable characters beside.
const PER_LINE = 16;
const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·');

export function bytesIn(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
export function hexLines(bytes: Uint8Array, most = 1024): string[] {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += PER_LINE) {
    const row = [...bytes.subarray(at, Math.min(at + PER_LINE, most))];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0'));
    const halves = [hex.slice(0, 8).join(' '), hex.slice(8).join(' ')].join('  ');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${halves.padEnd(PER_LINE * 3)}  ${row.map(printable).join('')}`);
  }
  return lines;
}
