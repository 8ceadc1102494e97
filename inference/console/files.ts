// The console's files, in a fixed list: what is not here is not served. Names that end in .ts are served as JavaScript under the same name.
// rules/ decides and knows no browser; dom/ shows and asks. Only what the browser loads stands here: rules/wire.ts is types alone.
const RULES = ['bytes', 'evidence', 'f1Chart', 'format', 'keys', 'matrix', 'pace', 'problem', 'purging', 'queue', 'runs', 'scale', 'sse', 'statusLine', 'tabs', 'trial'];
const DOM = ['app', 'choices', 'client', 'confirm', 'deadLettersPage', 'element', 'evidencePicture', 'f1Picture', 'helpDialog', 'labelPage', 'livePage', 'main', 'matrixTable', 'modelsPage', 'morph', 'notices', 'runDetails', 'saying', 'signIn', 'stream', 'theme', 'tryPage'];
export const CONSOLE_FILES: readonly string[] = ['index.html', 'style.css', ...RULES.map((name) => `rules/${name}.ts`), ...DOM.map((name) => `dom/${name}.ts`)];
