// The console's files, in a fixed list: what is not here is not served. Names that end in .ts are served as JavaScript under the same name.
export const CONSOLE_FILES = ['index.html', 'style.css'] as const;
