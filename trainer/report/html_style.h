// The style sheet of report.html. Not a program's text but the page's: kept apart from what fills
// it.
#pragma once

namespace stoker {

inline constexpr const char* kReportStyle = R"css(
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1c2126; --muted: #667079; --grid: #dfe3e8;
  --line-1: #2563c9; --line-2: #d0561a; --line-3: #15803d; --line-4: #9333a8; --cell: 37, 99, 201; }
@media (prefers-color-scheme: dark) { :root {
  --page: #14171a; --card: #1e2226; --text: #e6e9ec; --muted: #98a2ab; --grid: #343a40;
  --line-1: #6ea8fe; --line-2: #f29b68; --line-3: #5cc98a; --line-4: #cf8ee0; --cell: 110, 168, 254; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 20px; background: var(--page); color: var(--text);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 2px; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 0 0 10px; }
p { margin: 0 0 12px; color: var(--muted); }
.row { display: grid; gap: 14px; align-items: start; margin: 14px 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); }
.row > .card:last-child:nth-child(odd):not(.figure) { grid-column: 1 / -1; }
.figures { align-items: stretch; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
.card { background: var(--card); border: 1px solid var(--grid); border-radius: 8px; padding: 14px 16px; min-width: 0; }
.wide { margin: 14px 0; }
.figure b { display: block; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
.figure span { color: var(--muted); font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13.5px; }
td, th { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--grid); font-weight: normal; white-space: nowrap; }
thead th { color: var(--muted); vertical-align: bottom; }
td:first-child, th:first-child { text-align: left; padding-left: 0; }
.options td + td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.names td:nth-child(2), .names th:nth-child(2) { text-align: left; }
.confusion td { text-align: center; padding: 0; width: 30px; height: 24px; border: 1px solid var(--card); font-size: 12px; }
.confusion th { border: 0; font-size: 12px; padding: 2px 6px; }
.confusion thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; padding: 6px 2px; }
.small td { width: 7px; min-width: 7px; height: 7px; border: 0; font-size: 0; }
.small th { font-size: 0; padding: 0; }
.gallery { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); }
.gallery figure { margin: 0; min-width: 0; font-size: 12.5px; }
.gallery img, .gallery .none { display: block; width: 112px; height: 112px; object-fit: contain; background: var(--grid); border-radius: 4px; margin-bottom: 4px; }
.gallery figcaption { overflow-wrap: anywhere; }
.gallery b { font-weight: 600; }
.gallery .wrong { color: var(--line-2); }
.gallery small { display: block; color: var(--muted); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.bar { display: flex; height: 22px; border-radius: 4px; overflow: hidden; margin: 4px 0 10px; background: var(--grid); }
.bar i { display: block; }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 5px; margin-right: 6px; }
.chart { width: 100%; height: auto; display: block; }
.chart text { fill: var(--text); font: 12px system-ui, sans-serif; }
.chart .tick { fill: var(--muted); font-size: 11px; }
.chart .grid { stroke: var(--grid); }
.chart path { fill: none; stroke-width: 1.8; }
.l1 { stroke: var(--line-1); } .l2 { stroke: var(--line-2); } .l3 { stroke: var(--line-3); } .l4 { stroke: var(--line-4); }
.c1 { fill: var(--line-1); } .c2 { fill: var(--line-2); } .c3 { fill: var(--line-3); } .c4 { fill: var(--line-4); }
)css";

}  // namespace stoker
