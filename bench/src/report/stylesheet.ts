/**
 * How the page looks; colours are variables that `html.ts` sets for a light and a dark screen.
 */
export const stylesheet = `
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 "Segoe UI",system-ui,"DejaVu Sans",sans-serif}
main{max-width:1000px;margin:0 auto;padding:32px 20px 80px}
header{border-bottom:3px solid var(--ours);padding-bottom:10px;margin-bottom:24px}
h1{font-size:32px;margin:0;letter-spacing:-.5px}h1 span{font-weight:300;color:var(--faint)}
header p{margin:4px 0 0;color:var(--faint)}
h2{font-size:22px;margin:48px 0 4px;text-transform:capitalize}
section>p{color:var(--faint);max-width:80ch;margin:0 0 16px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(225px,1fr));gap:14px}
article{background:var(--ground);border:1px solid var(--grid);border-radius:10px;padding:12px 16px}
article h3{font-size:12.5px;font-weight:600;margin:0;color:var(--faint);min-height:38px}
article h3 small{font-weight:400}
article p{margin:4px 0 0}
.figure{font-size:30px;font-weight:700;color:var(--ours);line-height:1.2}
.figure small{font-size:15px;font-weight:400;color:var(--faint)}
.pill{display:inline-block;border-radius:20px;padding:0 9px;font-size:12px;border:1px solid var(--grid);white-space:nowrap}
.pill.good{border-color:#2f9e62;color:#2f9e62}.pill.far{border-color:var(--peer);color:var(--peer)}
figure{margin:0 0 16px;border:1px solid var(--grid);border-radius:10px;overflow:hidden}
figure svg{display:block;width:100%;height:auto}
details{border:1px solid var(--grid);border-radius:10px;padding:8px 14px}
summary{cursor:pointer;color:var(--faint)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:12.5px;width:100%;margin-top:8px}
th{text-align:left;color:var(--faint);font-weight:600;position:sticky;top:0;background:var(--paper)}
th,td{padding:3px 10px 3px 0;white-space:nowrap}
tr.first td{border-top:1px solid var(--grid)}
td.number{text-align:right;font-variant-numeric:tabular-nums}
.ours-name{color:var(--ours);font-weight:600}
tr.broken td,.broken{color:#d92d20;font-weight:600}tr.not-run td{color:var(--faint)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 20px;font-size:13.5px}
dt{color:var(--faint)}dd{margin:0}
`;
