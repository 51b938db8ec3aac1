/** `profile.html`: the whole profile of a step in one file that needs nothing else. */

import {
  bytesText,
  countText,
  durationText,
  flopsText,
  percentText,
  significant,
} from '../../common/format.ts';
import { escapeMarkup } from '../../common/markup.ts';
import { peakText } from './bound.ts';
import { liveBytes } from './live-bytes.ts';
import { memorySvg } from './memory-svg.ts';
import { layerList } from './page-layers.ts';
import { anchorOf, badge, dispatchList, operatorBars, type Provenance, timeline } from './page-parts.ts';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import { type StepProfile, timingText } from './profile.ts';
import { rooflineSvg } from './roofline-svg.ts';
import { inOrder, type Summary, summarise } from './summary.ts';

/** The profile as an HTML document. */
export function profilePage(profile: StepProfile): string {
  const { title, adapter, timer, roofline, memory, dispatches } = profile;
  const provenance = timer === 'estimate' ? 'modelled' : 'measured';
  const timed = badge(provenance);
  const summary = summarise(profile);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Profile: ${escapeMarkup(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(title)}</h1>
<p class="soft">${escapeMarkup(adapter)} · ${timingText(profile)}</p>
<dl class="tiles">${tiles(profile, summary)}</dl>
</header>
<main>
<section><h2>Operators</h2>
<p class="soft">Times ${timed} add up to those of all dispatches. A share of the roofline ${badge('modelled')} compares them with the least times of their dispatches.</p>
${operatorBars(summary.operators)}
</section>
<section><h2>Layers</h2>
<p class="soft">In the order of the forward pass; what belongs to no layer has the name of its operator. Times and their shares ${timed}; of the roofline ${badge('modelled')}.</p>
${layerList(profile)}
</section>
<section><h2>Timeline</h2>
<p class="soft">Calls of operators, and their dispatches below, laid end to end ${timed}. Choose one to see its details.</p>
${timeline(summary)}
</section>
<section><h2>Roofline</h2>
<p class="soft">Peaks and rates ${timed}, arithmetic and least traffic of each dispatch ${badge('exact')}. Right of the ridge arithmetic is the bound, left of it memory ${badge('modelled')}: there, caches can lift a dispatch above the roof.</p>
<div class="scroll" tabindex="0">${inline(rooflineSvg(summary.dispatches, roofline, (index) => `#${anchorOf(index)}`))}</div>
</section>
<section><h2>Dispatches</h2>
${dispatchList(inOrder(summary.dispatches, 'time'), provenance)}
</section>
<section><h2>Memory</h2>
<p class="soft">Each intermediate from its first to its last dispatch at its place in the arena ${badge('exact')}. What a dispatch reads and what it writes lie in different blocks, because WebGPU binds a buffer either for reading or for writing.</p>
<div class="scroll" tabindex="0">${inline(memorySvg(memory, dispatches))}</div>
</section>
</main>
<footer><h2>Where the numbers come from</h2>
${timer === 'estimate' ? '' : `<p>${badge('measured')} by a clock on this adapter: ${timingText(profile)}; the peaks by kernels that only compute or only copy, the best of all measurements; “at least” where a dispatch of the step computed faster still.</p>`}
<p>${badge('exact')} counted from shapes: arithmetic as the kernels that were chosen do it, with two operations a multiply-add, and the bytes that must be moved at least once. Caches and repeated reads are not counted.</p>
<p>${badge('modelled')} by the roofline: a dispatch takes at least its arithmetic at the peak rate or its bytes at the peak bandwidth, whichever is longer. WebGPU has no counters of caches or stalls.${timer === 'estimate' ? ' The times are a model as well: the roofline with published peaks, the workgroups that do not divide among the cores, the invocations in flight, and the launch of each dispatch. Nothing was run.' : ''}</p>
</footer>
<script>${pageScript}</script>
</body>
</html>
`;
}

/** In HTML an SVG needs no namespace. */
function inline(svg: string): string {
  return svg.replace(/ xmlns="[^"]*"/, '');
}

function tiles(profile: StepProfile, { total, dispatches, calls }: Summary): string {
  const { stepMicroseconds, roofline, memory, timer } = profile;
  const isEstimate = timer === 'estimate';
  const timed = isEstimate ? 'modelled' : 'measured';
  const arena = memory.blocks.reduce((sum, bytes) => sum + bytes, 0);
  const peak = Math.max(0, ...liveBytes(memory));
  const list: (readonly [name: string, value: string, remark: string, kind: Provenance])[] = [
    isEstimate
      ? ['a step', durationText(stepMicroseconds), 'its dispatches added up', timed]
      : ['a step, replayed', durationText(stepMicroseconds), 'wall clock', timed],
    ...(isEstimate
      ? []
      : [['its dispatches', durationText(total.microseconds), 'one by one, added up', timed] as const]),
    ['arithmetic', flopsText(total.flops), `${bytesText(total.bytes)} to move at least`, 'exact'],
    [
      'rate',
      `${significant(total.flops / (1e3 * stepMicroseconds))} GFLOP/s`,
      isEstimate
        ? `${percentText(total.flops / (1e3 * stepMicroseconds * roofline.gflops))} of the peak`
        : 'of a replayed step',
      timed,
    ],
    [
      'at the roofline',
      durationText(total.leastMicroseconds),
      `${percentText(total.share)} of the roofline reached by its dispatches`,
      'modelled',
    ],
    [
      'roofline',
      peakText(roofline),
      `${significant(roofline.gigabytesPerSecond)} GB/s`,
      isEstimate ? 'published' : 'measured',
    ],
    ['dispatches', String(dispatches.length), `of ${countText(calls.length, 'operator call')}`, 'exact'],
    [
      'memory of intermediates',
      bytesText(arena),
      `${bytesText(peak)} live at most: ${percentText(arena > 0 ? peak / arena : 1)} of the arena`,
      'exact',
    ],
  ];
  return list
    .map(
      ([name, value, remark, kind]) =>
        `<div><dt>${name} ${badge(kind)}</dt><dd>${value}<small>${remark}</small></dd></div>`,
    )
    .join('');
}
