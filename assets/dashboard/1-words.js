// Numbers and times as people read them; the same as dashboard/words.py, which a test compares.
window.hitrate = window.hitrate || {};
{
  const MISSING = "–";
  const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];
  const missing = (number) => number === null || number === undefined || Number.isNaN(number);

  // As Python rounds: half to even.
  const rounded = (number) => {
    const whole = Math.floor(number);
    const rest = number - whole;
    if (rest !== 0.5) return Math.round(number);
    return whole % 2 === 0 ? whole : whole + 1;
  };
  const grouped = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const count = (number) => (missing(number) ? MISSING : grouped(rounded(number)));

  const threeDigits = (number) => {
    const digits = Math.abs(number) < 9.995 ? 2 : Math.abs(number) < 99.95 ? 1 : 0;
    const text = number.toFixed(digits);
    return digits ? text.replace(/\.?0+$/, "") : grouped(text);
  };

  const size = (number) => {
    if (missing(number)) return MISSING;
    let unit = 0;
    while (Math.abs(number) >= 1023.5 && unit < UNITS.length - 1) {
      number /= 1024;
      unit += 1;
    }
    return `${threeDigits(number)} ${UNITS[unit]}`;
  };

  const rate = (fraction) => {
    if (missing(fraction)) return MISSING;
    const percent = fraction * 100;
    if (percent === 0 || percent === 100) return `${percent} %`;
    if (percent > 0 && percent < 0.1) return "<0.1 %";
    if (percent >= 99) return `${(Math.floor(percent * 100 + 1e-9) / 100).toFixed(2)} %`;
    return `${percent.toFixed(1)} %`;
  };

  const milliseconds = (number) => {
    if (missing(number)) return MISSING;
    if (number >= 999.5) return number < 9950 ? `${(number / 1000).toFixed(1)} s` : `${(number / 1000).toFixed(0)} s`;
    if (number > 0 && number < 0.05) return "<0.1 ms";
    return number < 9.95 ? `${number.toFixed(1)} ms` : `${number.toFixed(0)} ms`;
  };

  const ago = (seconds) => {
    if (seconds < 120) return `${Math.max(0, Math.floor(seconds))} s ago`;
    if (seconds < 7200) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 172800) return `${Math.floor(seconds / 3600)} h ago`;
    return `${Math.floor(seconds / 86400)} d ago`;
  };

  const iso = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19) + "Z";
  const clock = (seconds) => iso(seconds).slice(11, 16);
  const moment = (seconds) => {
    const month = new Date(seconds * 1000).toLocaleString("en-GB", { month: "short", timeZone: "UTC" }).slice(0, 3);
    return `${Number(iso(seconds).slice(8, 10))} ${month} ${clock(seconds)}`;
  };
  const span = (start, end) =>
    iso(start).slice(0, 10) === iso(Math.max(start, end - 1)).slice(0, 10)
      ? `${clock(start)}-${clock(end)} UTC`
      : `${moment(start)} to ${moment(end)} UTC`;

  window.hitrate.words = { MISSING, count, size, rate, milliseconds, ago, iso, clock, moment, span };

  // The grid's cells.
  const cells = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  cells.format_count = (params) => count(params.value);
  cells.format_size = (params) => size(params.value);
  cells.format_rate = (params) => rate(params.value);
  cells.format_milliseconds = (params) => milliseconds(params.value);
  cells.format_version = (params) => (missing(params.value) ? MISSING : `v${params.value}`);
  cells.format_time = (params) => {
    if (!/^\d{4}-/.test(params.value || "")) return params.value;
    const seconds = Date.parse(params.value) / 1000;
    const text = window.innerWidth < 1280 ? moment(seconds) : params.value.slice(0, 16).replace("T", " ");
    return params.data.unfinished ? `${text} unfinished` : text;
  };
  cells.hitrateGrid = {
    browserColorScheme: "inherit", // else the grid is light for good, and with it every token
    backgroundColor: "var(--card)",
    foregroundColor: "var(--ink)",
    headerTextColor: "var(--muted)",
    headerBackgroundColor: "var(--card)",
    borderColor: "var(--grid)",
    accentColor: "var(--accent)",
    rowHoverColor: "var(--nav-active-ground)",
    chromeBackgroundColor: "var(--card)",
    fontFamily: "var(--font)",
    fontSize: 14,
    headerFontSize: 12,
    headerFontWeight: 500,
    rowHeight: 32,
    headerHeight: 32,
    cellHorizontalPadding: 6,
    wrapperBorder: false,
    wrapperBorderRadius: 0,
    columnBorder: false,
    pinnedRowBorder: { width: 1, color: "var(--input-border)" },
  };
}
