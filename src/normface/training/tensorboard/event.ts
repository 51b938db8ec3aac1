/**
 * Events as TensorBoard reads them: messages in the wire format of Protocol Buffers, with the numbers of TensorFlow's `event.proto`,
 * `summary.proto`, `tensor.proto` and of `plugin_data.proto` of TensorBoard's plugin for hyper-parameters.
 */

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** What an event says. */
export type EventContent =
  /** The first event of a file. */
  | { readonly kind: 'version' }
  /** Training begins, or goes on: what readers have of this step or later ones is void. */
  | { readonly kind: 'start' }
  | { readonly kind: 'scalars'; readonly values: ReadonlyMap<string, number> }
  /** Markdown. */
  | { readonly kind: 'text'; readonly tag: string; readonly text: string }
  | { readonly kind: 'settings'; readonly values: ReadonlyMap<string, string | number | boolean> };

/** Of this version on, a `start` makes void what comes before it. */
const fileVersion = 'brain.Event:2';

/** `DataClass` of `summary.proto`. */
const dataClassTensor = 2;
/** `DataType` of `types.proto`. */
const [float32, string] = [1, 7];
/** `SessionLog.START`. */
const sessionStart = 1;
/** The name by which the plugin finds the settings of a run. */
const settingsTag = '_hparams_/session_start_info';

/**
 * An event's bytes.
 *
 * @param wallTime in seconds since 1970
 * @param step a whole number
 */
export function encodeEvent(wallTime: number, step: number, content: EventContent): Uint8Array {
  const event = new BinaryWriter();
  event.tag(1, WireType.Bit64).double(wallTime);
  event.tag(2, WireType.Varint).int64(step);
  switch (content.kind) {
    case 'version':
      event.tag(3, WireType.LengthDelimited).string(fileVersion);
      break;
    case 'start':
      message(event, 7, (log) => log.tag(1, WireType.Varint).int32(sessionStart));
      break;
    case 'scalars':
      message(event, 5, (summary) => {
        for (const [tag, value] of content.values)
          message(summary, 1, (entry) => {
            entry.tag(1, WireType.LengthDelimited).string(tag);
            // Numbers beyond the range of f32 are infinite there.
            entry.tag(2, WireType.Bit32).raw(new Uint8Array(Float32Array.of(value).buffer));
          });
      });
      break;
    case 'text':
      message(event, 5, (summary) => text(summary, content.tag, content.text));
      break;
    case 'settings':
      message(event, 5, (summary) => settings(summary, wallTime, content.values));
  }
  return event.finish();
}

/** Writes a message within another one. */
function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

/** `SummaryMetadata` of a value that a plugin shows. */
function metadata(entry: BinaryWriter, plugin: string, content: (data: BinaryWriter) => void): void {
  message(entry, 9, (meta) => {
    message(meta, 1, (data) => {
      data.tag(1, WireType.LengthDelimited).string(plugin);
      content(data);
    });
    meta.tag(4, WireType.Varint).int32(dataClassTensor);
  });
}

/** A text is a tensor without extents. */
function text(summary: BinaryWriter, tag: string, markdown: string): void {
  message(summary, 1, (entry) => {
    entry.tag(1, WireType.LengthDelimited).string(tag);
    message(entry, 8, (tensor) => {
      tensor.tag(1, WireType.Varint).int32(string);
      message(tensor, 2, () => {});
      tensor.tag(8, WireType.LengthDelimited).string(markdown);
    });
    metadata(entry, 'text', () => {});
  });
}

/** `HParamsPluginData` with `SessionStartInfo`; what the plugin wants as the value is a zero that it does not read. */
function settings(
  summary: BinaryWriter,
  startSeconds: number,
  values: ReadonlyMap<string, string | number | boolean>,
): void {
  message(summary, 1, (entry) => {
    entry.tag(1, WireType.LengthDelimited).string(settingsTag);
    message(entry, 8, (tensor) => {
      tensor.tag(1, WireType.Varint).int32(float32);
      message(tensor, 2, () => {});
      message(tensor, 5, (packed) => packed.float(0));
    });
    metadata(entry, 'hparams', (data) =>
      message(data, 2, (plugin) =>
        message(plugin, 3, (info) => {
          for (const [name, value] of values)
            message(info, 1, (pair) => {
              pair.tag(1, WireType.LengthDelimited).string(name);
              message(pair, 2, (wrapped) => scalar(wrapped, value));
            });
          info.tag(5, WireType.Bit64).double(startSeconds);
        }),
      ),
    );
  });
}

/** `google.protobuf.Value`. */
function scalar(wrapped: BinaryWriter, value: string | number | boolean): void {
  if (typeof value === 'number') wrapped.tag(2, WireType.Bit64).double(value);
  else if (typeof value === 'string') wrapped.tag(3, WireType.LengthDelimited).string(value);
  else wrapped.tag(4, WireType.Varint).bool(value);
}
