/** Charts of a page: what a report and a dashboard have in common. Needs uPlot, and colours as custom properties. */
globalThis.charts = (() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const axis = (extra = {}) => ({
    stroke: colour('--soft'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
    ...extra,
  });

  /** A line. `kind` may be dashed, or a band's edge. */
  const line = (label, name, { dashed = false, width = 1.75, format } = {}) => ({
    label,
    stroke: colour(name),
    width,
    spanGaps: true,
    points: { show: false },
    ...(dashed ? { dash: [6, 4] } : {}),
    value: (_, value) => (value === null || value === undefined ? '-' : format(value)),
  });

  /** Places that have a chart, and what draws it again. */
  const drawn = new WeakMap();

  /** Draws a chart into a place, and again where its width or the colours change; where it has one, that shows the new data. */
  function draw(place, columns, options) {
    const known = drawn.get(place);
    if (known) {
      known(columns, options);
      return;
    }
    place.replaceChildren();
    let [chart, shown] = [null, { columns, options }];
    function make() {
      chart?.destroy();
      chart = chartIn(place, shown.columns, shown.options);
    }
    make();
    drawn.set(place, (latest, others) => {
      shown = { columns: latest, options: others };
      make();
    });
    let width = place.clientWidth;
    new ResizeObserver(() => {
      if (Math.abs(place.clientWidth - width) < 2) return;
      width = place.clientWidth;
      make();
    }).observe(place);
    addEventListener('theme', make);
  }

  function chartIn(
    place,
    columns,
    { name, height = 220, series, bands = [], scale = {}, format, hooks = {}, legend = true },
  ) {
    place.setAttribute('role', 'img');
    place.setAttribute('aria-label', name);
    return new uPlot(
      {
        width: Math.max(240, place.clientWidth),
        height,
        cursor: { drag: { x: true, y: false } },
        legend: { show: legend },
        scales: { y: scale },
        axes: [
          axis(),
          axis({
            size: 64,
            values: (_, values) => values.map((value) => (value === null ? '' : format(value))),
          }),
        ],
        series: [
          {
            label: 'UTC',
            value: (_, value) =>
              value ? new Date(value * 1000).toISOString().slice(0, 16).replace('T', ' ') : '-',
          },
          ...series(),
        ],
        bands: bands.map((each) => ({ ...each, fill: colour('--band') })),
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC'),
        hooks,
      },
      columns,
      place,
    );
  }

  /** Paints the colour of each stretch of time along the bottom of a chart. */
  const strip = (places, colours, height = 10) => ({
    drawClear: [
      (chart) => {
        const { ctx, bbox, data } = chart;
        const [times] = data;
        for (let i = 0; i < times.length; i += 1) {
          const from = chart.valToPos(times[i], 'x', true);
          const to = chart.valToPos(times[i + 1] ?? times[i], 'x', true);
          if (to < bbox.left || from > bbox.left + bbox.width) continue;
          ctx.fillStyle = colour(colours[places[i]] ?? '--unknown');
          const begin = Math.max(from, bbox.left);
          ctx.fillRect(
            begin,
            bbox.top + bbox.height - height,
            Math.max(1, Math.min(to, bbox.left + bbox.width) - begin + 0.5),
            height,
          );
        }
      },
    ],
  });

  return { colour, draw, line, strip };
})();
