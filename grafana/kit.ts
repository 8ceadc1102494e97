// What all dashboards share: the data sources by their uid, panels with our habits, and a dashboard from rows of them.
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import { AxisPlacement, BigValueGraphMode, BigValueTextMode, GraphDrawStyle, LegendDisplayMode, LegendPlacement, ReduceDataOptionsBuilder, ScaleDistribution, ScaleDistributionConfigBuilder, SortOrder, StackingConfigBuilder, StackingMode, TooltipDisplayMode, VisibilityMode, VizLegendOptionsBuilder, VizTooltipOptionsBuilder, type DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import { AnnotationQueryBuilder, DashboardBuilder, DashboardCursorSync, DashboardLinkBuilder, DashboardLinkType, QueryVariableBuilder, RowBuilder, VariableRefresh, type Dashboard, type Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as HeatmapPanel, HeatmapColorMode, HeatmapColorOptionsBuilder, YAxisConfigBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelinePanel } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as SeriesPanel } from '@grafana/grafana-foundation-sdk/timeseries';

export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: 'loop-prometheus' };
export const MYSQL: DataSourceRef = { type: 'mysql', uid: 'loop-mysql' };

/** One question and what its series are called. */
export type Ask = readonly [expr: string, legend: string];
export type About = { readonly title: string; readonly description?: string; readonly unit?: string; readonly min?: number; readonly max?: number; readonly span?: number; readonly height?: number };
type Common<P> = { title(title: string): P; description(text: string): P; span(columns: number): P; height(rows: number): P; datasource(ref: DataSourceRef): P; withTarget(target: Builder<Dataquery>): P; unit(unit: string): P };

const REF_IDS = 'ABCDEFGH';
const prometheus = ([expr, legend]: Ask, i: number): DataqueryBuilder => new DataqueryBuilder().refId(REF_IDS[i] ?? 'Z').datasource(PROMETHEUS).expr(expr).legendFormat(legend);
/** The SDK has no builder for the SQL data sources; this is what their editor stores. */
const mysql = (rawSql: string): Builder<Dataquery> => {
  const query = { refId: 'A', datasource: MYSQL, editorMode: 'code', format: 'table', rawQuery: true, rawSql };
  return { build: () => query as unknown as Dataquery };
};
function begin<P extends Common<P>>(panel: P, { title, description = '', span = 12, height = 8, unit }: About, source = PROMETHEUS): P {
  const begun = panel.title(title).description(description).span(span).height(height).datasource(source);
  return unit === undefined ? begun : begun.unit(unit);
}

/** Lines over time. */
export function series(about: About, ...asks: readonly Ask[]): SeriesPanel {
  const panel = begin(new SeriesPanel(), about).lineWidth(1).fillOpacity(8).showPoints(VisibilityMode.Never)
    .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true).calcs([]))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (about.min !== undefined) panel.min(about.min);
  if (about.max !== undefined) panel.max(about.max);
  for (const [i, ask] of asks.entries()) panel.withTarget(prometheus(ask, i).range());
  return panel;
}
export const stacked = (about: About, ...asks: readonly Ask[]): SeriesPanel => series({ min: 0, ...about }, ...asks).drawStyle(GraphDrawStyle.Bars).fillOpacity(60).lineWidth(0).stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
export const logarithmic = (panel: SeriesPanel): SeriesPanel => panel.scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(10));
export const stat = (about: About, ask: Ask, naming = false): StatPanel =>
  begin(new StatPanel(), { span: 4, height: 4, ...about }).withTarget(prometheus(ask, 0).range()).graphMode(BigValueGraphMode.None).textMode(naming ? BigValueTextMode.Name : BigValueTextMode.Auto).reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false).fields(''));
export const timeline = (about: About, ...asks: readonly Ask[]): TimelinePanel => {
  const panel = begin(new TimelinePanel(), { height: 5, ...about }).showValue(VisibilityMode.Never).mergeValues(true).fillOpacity(70).rowHeight(0.8);
  for (const [i, ask] of asks.entries()) panel.withTarget(prometheus(ask, i).range());
  return panel;
};
/** A histogram's buckets over time. */
export const buckets = (about: About, metric: string, selector = ''): HeatmapPanel =>
  begin(new HeatmapPanel(), about).calculate(false).color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme('Blues').steps(64).exponent(0.5).fill('dark-blue').reverse(false))
    .yAxis(new YAxisConfigBuilder().axisPlacement(AxisPlacement.Left).unit(about.unit ?? 'short'))
    .withTarget(prometheus([`sum by (le) (increase(${metric}_bucket${selector}[$__rate_interval]))`, '{{le}}'], 0).range().format(PromQueryFormat.Heatmap));
/** Counts by two labels as a matrix of coloured cells. */
export const matrix = (about: About, expr: string, rowLabel: string, columnLabel: string): TablePanel =>
  begin(new TablePanel(), about).withTarget(prometheus([expr, ''], 0).instant().format(PromQueryFormat.Table))
    .withTransformation({ id: 'groupingToMatrix', options: { rowField: rowLabel, columnField: columnLabel, valueField: 'Value', emptyValue: 'zero' } })
    .overrideByFieldType('number', [{ id: 'custom.cellOptions', value: { type: 'color-background', mode: 'gradient' } }, { id: 'color', value: { mode: 'continuous-blues' } }]);
/** Rows of a table in MySQL. */
export const rows = (about: About, rawSql: string): TablePanel => begin(new TablePanel(), about, MYSQL).withTarget(mysql(rawSql)).filterable(true);
export const quantiles = (metric: string, by = '', selector = ''): Ask[] => [['0.5', 'half'], ['0.99', '99 %']].map(([quantile = '', name = '']) => [`histogram_quantile(${quantile}, sum by (le${by === '' ? '' : `, ${by}`}) (rate(${metric}_bucket${selector}[$__rate_interval])))`, by === '' ? name : `{{${by}}} ${name}`]);

type Section = readonly [title: string, panels: readonly Builder<Panel>[]];
/** Facts of the ledger on every time axis: a promotion, an order for a retraining. time is in seconds. */
const mark = (name: string, colour: string, rawSql: string): AnnotationQueryBuilder => new AnnotationQueryBuilder().name(name).datasource(MYSQL).enable(true).iconColor(colour).target(mysql(rawSql));
const PROMOTIONS = `SELECT UNIX_TIMESTAMP(finished_at) AS time, CONCAT(COALESCE(champion_version, '-'), ' → ', model_version, ' promoted: ', COALESCE(outcome_reason, '')) AS text, cause AS tags FROM auto_training WHERE outcome = 'promoted' AND model_name = '$model' ORDER BY finished_at`;
const ORDERS = `SELECT UNIX_TIMESTAMP(requested_at) AS time, CONCAT('retraining ordered: ', retrain_id) AS text, cause AS tags FROM auto_training WHERE cause IN ('drift', 'schedule', 'manual') AND model_name = '$model' ORDER BY requested_at`;

export function dashboard(uid: string, title: string, description: string, sections: readonly Section[]): Dashboard {
  const builder = new DashboardBuilder(title).uid(uid).description(description).tags(['live-f1-loop']).editable().timezone('browser').tooltip(DashboardCursorSync.Crosshair).time({ from: 'now-30m', to: 'now' }).refresh('10s')
    .link(new DashboardLinkBuilder('The loop').type(DashboardLinkType.Dashboards).tags(['live-f1-loop']).keepTime(true).includeVars(true))
    .withVariable(new QueryVariableBuilder('model').label('model').datasource(PROMETHEUS).query('label_values(loop_champion, model_name)').refresh(VariableRefresh.OnDashboardLoad))
    .annotation(mark('promotions', 'green', PROMOTIONS)).annotation(mark('orders', 'orange', ORDERS));
  for (const [name, panels] of sections) {
    builder.withRow(new RowBuilder(name));
    for (const panel of panels) builder.withPanel(panel);
  }
  const built = builder.build();
  // Numbered from top to bottom; a row and a panel share the numbers.
  for (const [i, panel] of (built.panels ?? []).entries()) panel.id = i + 1;
  return built;
}
