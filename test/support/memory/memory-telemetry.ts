// Telemetry that keeps what it gets, for tests and the simulation.

import { AsyncLocalStorage } from "node:async_hooks";
import {
  readTraceparent,
  spanName,
  type Attributes,
  type AvailabilityResult,
  type SpanOptions,
  type Telemetry,
} from "../../../shared/platform/telemetry/telemetry.ts";

interface KeptSpan {
  readonly name: string;
  readonly attributes: Attributes;
  readonly traceparent: string;
  readonly parent: string | undefined;
  readonly options: SpanOptions;
  readonly isFailed: boolean;
}

interface KeptSignal {
  readonly name: string;
  readonly value: number;
  readonly attributes: Attributes;
}

export interface MemoryTelemetry extends Telemetry {
  /** In the order in which they ended. */
  readonly spans: readonly KeptSpan[];
  readonly metrics: readonly KeptSignal[];
  readonly events: readonly Omit<KeptSignal, "value">[];
  readonly results: readonly (AvailabilityResult & { readonly name: string })[];
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** Trace and span ids are counted from 1, so that a run repeats itself exactly. */
export function memoryTelemetry(): MemoryTelemetry {
  const [spans, metrics, events, results]: [
    KeptSpan[],
    KeptSignal[],
    Omit<KeptSignal, "value">[],
    (AvailabilityResult & { readonly name: string })[],
  ] = [[], [], [], []];
  const active = new AsyncLocalStorage<string>();
  let ids = 0;
  const next = (): number => (ids += 1);
  const begin = (options: SpanOptions) => {
    const parent = readTraceparent(options.parent) === undefined ? active.getStore() : options.parent;
    const traceId = readTraceparent(parent)?.traceId ?? hex(next(), 32);
    return { parent, traceparent: `00-${traceId}-${hex(next(), 16)}-01` };
  };
  return {
    spans,
    metrics,
    events,
    results,
    async span({ pattern }, given, work, options = {}) {
      const { parent, traceparent } = begin(options);
      let [attributes, isFailed]: [Attributes, boolean] = [{ ...given }, true];
      let isMarked = false;
      const name = spanName(pattern, attributes);
      try {
        const span = {
          set: (more: object) => void (attributes = { ...attributes, ...more }),
          fail: () => void (isMarked = true),
        };
        const outcome = await active.run(traceparent, () => work(span));
        isFailed = isMarked;
        return outcome;
      } finally {
        spans.push({ name, attributes, traceparent, parent, options, isFailed });
      }
    },
    count: ({ name }, attributes) => void metrics.push({ name, value: 1, attributes }),
    record: ({ name }, value, attributes) => void metrics.push({ name, value, attributes }),
    event: (name, attributes) => void events.push({ name, attributes }),
    availability: ({ name }, result) => void results.push({ name, ...result }),
    traceparent: () => active.getStore(),
    close: async () => {},
  };
}
