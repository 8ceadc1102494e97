// The look of the report page.
export const STYLE = `
:root{color-scheme:light dark;--ground:#f6f7f9;--paper:#fff;--ink:#1b2330;--soft:#5d6878;--rule:#dfe3ea;--good:#17795e;--bad:#b3362b;--warn:#8a5a00;--hit:#2f8f74;--miss:#d2584b;--allowed:#e6eaf1}
@media (prefers-color-scheme:dark){:root{--ground:#12161d;--paper:#1a2029;--ink:#e4e9f1;--soft:#98a4b5;--rule:#2d3643;--good:#57c9a5;--bad:#f08478;--warn:#e5b45a;--hit:#2f8f74;--miss:#c2503f;--allowed:#28313e}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}
header,section{background:var(--paper);border:1px solid var(--rule);border-radius:12px;padding:22px 26px;margin:0 0 18px}
header{border-left:6px solid var(--soft)}header.good{border-left-color:var(--good)}header.bad{border-left-color:var(--bad)}header.warn{border-left-color:var(--warn)}
header li,header h1{color:var(--ink)}header li.warn{color:var(--warn)}header p{margin:0;color:var(--soft)}header .verdict{font-weight:650}header.good .verdict{color:var(--good)}header.bad .verdict{color:var(--bad)}header.warn .verdict{color:var(--warn)}
h1{font-size:1.75rem;line-height:1.2;margin:.15em 0 .2em}h2{font-size:1.2rem;margin:0 0 .6em}h3{font-size:1rem;margin:1.8em 0 .3em}h2 small,h3 small{font-weight:400;color:var(--soft)}
ul{margin:.6em 0 0;padding-left:1.2em}li{overflow-wrap:anywhere}.warn{color:var(--warn)}.quiet{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}
.badge{font-size:.75rem;font-weight:600;border:1px solid currentColor;border-radius:99px;padding:.15em .7em;vertical-align:.15em;white-space:nowrap}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:0 0 18px}
.tile{background:var(--paper);border:1px solid var(--rule);border-radius:12px;padding:12px 16px}.tile span,.tile small{display:block;color:var(--soft);font-size:.82rem}.tile b{font-size:1.45rem;font-weight:650}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.88rem}th,td{padding:.4em .7em;border-bottom:1px solid var(--rule);text-align:right;white-space:nowrap}th:first-child{text-align:left}thead th{color:var(--soft);font-weight:500}tbody th{font-weight:500}
.facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}.facts th{color:var(--soft);vertical-align:top;width:11em}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:20px;margin-top:16px}figure{margin:0}figcaption{color:var(--soft);margin-bottom:.3em}
.matrix{table-layout:fixed}.matrix th:first-child{width:42%}.matrix th{overflow:hidden;text-overflow:ellipsis}.matrix thead th{font-size:.78rem}.matrix thead th span{display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:15em;overflow:hidden;text-overflow:ellipsis;text-align:left}.matrix thead th:not(:first-child){text-align:center;vertical-align:bottom}.matrix thead th:first-child{vertical-align:bottom}.matrix td{text-align:center;padding:.5em .2em;border:2px solid var(--paper);border-radius:6px}
.matrix .hit{background:color-mix(in srgb,var(--hit) calc(var(--depth)*.7),transparent)}.matrix .miss{background:color-mix(in srgb,var(--miss) min(85%,calc(var(--depth)*2.5)),transparent)}.matrix .total{color:var(--soft)}
svg{display:block;width:100%;min-width:560px;max-width:820px;height:auto;margin:.6em 0 1em;font-size:12.5px}svg text{fill:var(--ink)}svg .name{text-anchor:end}svg .tick{text-anchor:middle;fill:var(--soft)}
svg .grid{stroke:var(--rule)}svg .zero{stroke:var(--soft)}svg .allowed{fill:var(--allowed)}svg g{stroke:currentColor;fill:currentColor;stroke-width:2}
@media print{body{background:#fff}header,section,.tile{break-inside:avoid}}
`;
