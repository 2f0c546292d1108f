/**
 * Drawings as images, for documents that cannot hold SVG with classes.
 */
import { LIGHT, plotStyle } from './palette.ts';

/** Points to pixels, so that it is sharp on a fine screen. */
const ZOOM = 2;

/**
 * @param svg a drawing of this folder
 * @throws Error when the renderer is not installed: it is a development dependency
 */
export async function renderPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const styled = svg.replace('>', `><style>${plotStyle(LIGHT)}</style>`);
  const renderer = new Resvg(styled, {
    fitTo: { mode: 'zoom', value: ZOOM },
    font: { loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans' },
  });
  return renderer.render().asPng();
}
