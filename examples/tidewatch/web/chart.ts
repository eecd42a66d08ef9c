/** Draws the tide curve of the last day on a canvas. */

export interface Reading {
  at: number; // milliseconds since the epoch
  heightCm: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Keeps the readings of the last day, oldest first. */
export function lastDay(readings: Reading[], now: number): Reading[] {
  return readings.filter((r) => now - r.at <= DAY_MS).sort((a, b) => a.at - b.at);
}

/** Maps heights in centimetres to pixels, with a margin so that high water does not touch the edge. */
export class HeightScale {
  constructor(
    private readonly lowCm: number,
    private readonly highCm: number,
    private readonly pixels: number,
    private readonly margin = 8,
  ) {}

  y(heightCm: number): number {
    const share = (heightCm - this.lowCm) / (this.highCm - this.lowCm || 1);
    return this.pixels - this.margin - share * (this.pixels - 2 * this.margin);
  }
}

/** Draws the curve; a gap of more than ten minutes is left open instead of bridged. */
export function drawCurve(canvas: HTMLCanvasElement, readings: Reading[], now: number): void {
  const day = lastDay(readings, now);
  const context = canvas.getContext("2d");
  if (!context || day.length === 0) return;
  const heights = day.map((r) => r.heightCm);
  const scale = new HeightScale(Math.min(...heights), Math.max(...heights), canvas.height);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.beginPath();
  day.forEach((reading, i) => {
    const x = canvas.width * (1 - (now - reading.at) / DAY_MS);
    const gap = i === 0 || reading.at - day[i - 1].at > 10 * 60 * 1000;
    if (gap) context.moveTo(x, scale.y(reading.heightCm));
    else context.lineTo(x, scale.y(reading.heightCm));
  });
  context.stroke();
}
