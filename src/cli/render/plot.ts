import { plot } from 'simple-ascii-chart';

/** Columns that the axis and its labels take. */
const AXIS = 10;

export interface PlotSize {
  /** Columns, with those of the axis; default 80. */
  readonly width?: number;
  readonly height?: number;
  /** Of the labels. */
  readonly decimals?: number;
  /** Lowest and highest value; default those of the curve. */
  readonly range?: readonly [number, number];
}

/** A curve in the terminal; null for one that is too short to draw. */
export function plotted(
  curve: readonly number[],
  { width = 80, height = 8, decimals = 1, range }: PlotSize = {},
): string | null {
  if (curve.length < 2) return null;
  const points = thinned(curve, width - AXIS).map((y, x): [number, number] => [x, y]);
  const drawn = plot(points, {
    width: width - AXIS,
    height,
    hideXAxis: true,
    ...(range === undefined ? {} : { yRange: [...range] as [number, number] }),
    formatter: (value) => value.toFixed(decimals),
  });
  return drawn
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => /[┤━]/.test(line))
    .join('\n');
}

function thinned(curve: readonly number[], most: number): number[] {
  if (curve.length <= most) return [...curve];
  return Array.from({ length: most }, (_, i) => curve[Math.round((i * (curve.length - 1)) / (most - 1))]!);
}
