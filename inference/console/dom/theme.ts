// Light, dark, or as the system has it; remembered by the browser.
const KEY = 'console-theme';
const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const stored = (): Theme => THEMES.find((one) => one === localStorage.getItem(KEY)) ?? 'auto';

function put(theme: Theme, toggle: HTMLElement): void {
  if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', theme);
  toggle.textContent = { auto: '◐ Auto', light: '○ Light', dark: '● Dark' }[theme];
  toggle.setAttribute('aria-label', `Colours: ${theme}. Change`);
}
export function keepTheme(toggle: HTMLElement): void {
  put(stored(), toggle);
  toggle.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(stored()) + 1) % THEMES.length] ?? 'auto';
    localStorage.setItem(KEY, next);
    put(next, toggle);
  });
}
